"""How is a denoiser trained, or an autoencoder, from a recipe that says everything?"""

from helpers.training.autoencoder import AutoencoderRun, train_autoencoder
from helpers.training.denoiser import TrainingRun, train_denoiser
from helpers.training.recipes import PaperRecipe, Recipe, build_unet

__all__ = [
    "AutoencoderRun",
    "PaperRecipe",
    "Recipe",
    "TrainingRun",
    "build_unet",
    "train_autoencoder",
    "train_denoiser",
]
