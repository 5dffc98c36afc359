"""What predicts the noise in an image? Networks, closed forms, latent models, and what others have trained."""

from helpers.models.autoencoders import AutoencoderRecipe, build_autoencoder
from helpers.models.closed_form import CloudDenoiser, EmpiricalDenoiser
from helpers.models.denoisers import Denoiser, UNetDenoiser
from helpers.models.geometry import influence, jacobian
from helpers.models.inversion import invert
from helpers.models.latent import LatentDenoiser
from helpers.models.pretrained import LoadedModel, load_pipeline
from helpers.models.reverse import ReversePath, reverse_process
from helpers.models.schedule import add_noise, linear_scheduler

__all__ = [
    "AutoencoderRecipe",
    "CloudDenoiser",
    "Denoiser",
    "EmpiricalDenoiser",
    "LatentDenoiser",
    "LoadedModel",
    "ReversePath",
    "UNetDenoiser",
    "add_noise",
    "build_autoencoder",
    "influence",
    "invert",
    "jacobian",
    "linear_scheduler",
    "load_pipeline",
    "reverse_process",
]
