"""Which runs stand behind the chapter *Straight paths*?

A kind is a path, the times at which it is trained, and a network; each learns from the members of three splits, for as many
steps as the book's DDPM of the same images. A seed draws the split, the weights' start and every step.

Those of emoji learn from latents (4, 8, 8), behind an autoencoder of public pictures, for as many steps as the book's DDPM of
emoji that is told categories.
"""

from typing import Any

from helpers.training.experiment_recipes import SEEDS
from helpers.training.path_recipe import PathRecipe

KINDS: dict[str, dict[str, Any]] = {
    "ddpm": {"path": "ddpm", "times": "timesteps"},
    "flow": {"path": "flow", "times": "uniform"},
    # Path and times exchanged, so that they are told apart.
    "ddpm-uniform": {"path": "ddpm", "times": "uniform"},
    "flow-timesteps": {"path": "flow", "times": "timesteps"},
    "flow-u-shaped": {"path": "flow", "times": "u-shaped"},
    "flow-logit-normal": {"path": "flow", "times": "logit-normal"},
    # And the architecture.
    "ddpm-dit": {"path": "ddpm", "times": "timesteps", "network": "dit"},
    "flow-dit": {"path": "flow", "times": "uniform", "network": "dit"},
}
_OF_DATA: dict[str, dict[str, Any]] = {
    "digits": {},
    "fashion": {"channels": (32, 32, 64), "batch_size": 64, "steps": 5400, "checkpoint_every": 900},
    "emoji": {"batch_size": 64, "steps": 2000, "checkpoint_every": 500},
}
KINDS_OF_DATA = {
    "digits": tuple(KINDS),
    "fashion": ("ddpm", "flow", "flow-timesteps", "flow-u-shaped"),
    "emoji": ("ddpm", "flow", "ddpm-uniform", "flow-timesteps"),
}


def _recipe(dataset: str, kind: str, seed: int) -> PathRecipe:
    name = f"{dataset}-{kind}-seed-{seed}"
    return PathRecipe(name, dataset, split_seed=seed, seed=seed, **_OF_DATA[dataset], **KINDS[kind])


STRAIGHT = {
    (dataset, kind, seed): _recipe(dataset, kind, seed)
    for dataset, kinds in KINDS_OF_DATA.items()
    for seed in SEEDS
    for kind in kinds
}
