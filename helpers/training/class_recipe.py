"""What is a model told that is told the class of each image?

The counterpart of guided diffusion: of each image its class is learned as a vector that is added to that of the timestep, and
one number more stands for "not told".
Source: Nichol and Dhariwal, "Improved Denoising Diffusion Probabilistic Models" (2021), section 4; Ho and Salimans (2022).
"""

from dataclasses import dataclass

import torch
from diffusers import UNet2DModel

from helpers.training.recipes import Recipe, build_unet


@dataclass(frozen=True)
class ClassRecipe(Recipe):
    """A recipe for a network that is told of each image which of `classes` classes it is in.

    Args:
        classes: numbered from 0; number `classes` stands for "not told".
        no_label: the share of images of which the class is not told, so that the model can be asked without one, too.
    """

    classes: int = 8
    no_label: float = 0.1


def build_class_unet(recipe: ClassRecipe, image_shape: tuple[int, int, int]) -> UNet2DModel:
    """The recipe's network, untrained: `helpers.training.recipes.build_unet`, and a vector for each class and for none."""
    config = build_unet(recipe, image_shape).config
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        own = {name: value for name, value in config.items() if not name.startswith("_")}
        return UNet2DModel(**own | {"num_class_embeds": recipe.classes + 1})
