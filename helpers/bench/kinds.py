"""Does every kind of recipe train on the device, and as it does on the processor?"""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from helpers.bench.devices import training_on
from helpers.bench.machine import precision
from helpers.bench.results import Context
from helpers.data.catalogue import load_split, member_labels
from helpers.training.class_recipe import ClassRecipe
from helpers.training.denoiser import train_denoiser
from helpers.training.path_recipe import PathRecipe
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.recipes import PaperRecipe, Recipe

STEPS = 4  # one is not enough: what a step leaves on the device meets the next one
_SMALL: dict[str, Any] = {"channels": (16, 32), "norm_groups": 4, "steps": STEPS, "batch_size": 16}
KINDS: dict[str, Recipe] = {
    "plain": Recipe("plain", **_SMALL),
    "at paper scale": PaperRecipe("paper", **_SMALL | {"dropout": 0.0}),
    "told classes": ClassRecipe("classes", **_SMALL, classes=10),
    "DDPM, timesteps": PathRecipe("ddpm", **_SMALL, path="ddpm", times="timesteps"),
    "DDPM, uniform": PathRecipe("ddpm-uniform", **_SMALL, path="ddpm"),
    "flow": PathRecipe("flow", **_SMALL),
    "flow, timesteps": PathRecipe("flow-timesteps", **_SMALL, times="timesteps"),
    "private": PrivateRecipe("private", **_SMALL, noise_multiplicity=2, augmentation_multiplicity=2),
    "private, batch clipped": PrivateRecipe("broken", **_SMALL, noise_multiplicity=1, broken="batch-clipping"),
}


def trained_alike(kind: str, context: Context) -> dict:
    """A few steps of a kind of `KINDS` on the device, against the same on the processor."""
    recipe = KINDS[kind]
    labels = member_labels(recipe.dataset) if isinstance(recipe, ClassRecipe) else None
    train = partial(train_denoiser, replace(recipe, checkpoint_every=STEPS), load_split(recipe.dataset).members, progress=False)
    losses = []
    with precision("float32", context.device):
        for device in (torch.device("cpu"), context.device):
            with training_on(device):
                run = train(labels=labels)
            losses.append(np.array(run.losses))
    relative = np.abs(losses[1] - losses[0]) / losses[0]
    return {
        "largest relative difference": float(relative.max()),
        "within tolerance": bool(relative.max() <= 1e-3),
        "device": run.device,
    }
