"""How are the paper's pixel-space models trained, and what does that cost?

Four data sets, each with as many held-out images as members, one network; and a small sibling of each that a single
GPU finishes within an hour. A training step costs about three forward passes (one forward, two for the gradients):

    hours = 3 · FLOPs(image) · batch size · steps / (utilisation · peak FLOP/s · 3600)

Source: the SimA paper (arXiv 2509.25003) and its public training code, which has no flips for STL10-U, clips gradients and
uses Adam (AdamW without decay); Ho et al. (2020) for the network. That code draws batches epoch by epoch, ours with replacement.
"""

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from helpers.data.catalogue import DATASETS
from helpers.training.recipes import PaperRecipe, Recipe, build_unet

PEAK = 67e12  # FLOP/s of one H100 (SXM) in float32 without tensor cores, by its data sheet; bfloat16 is far above
UTILISATION = 0.34  # of the peak, as measured on that card in float32: `helpers.experiments.gpu`


def _paper(name: str, dataset: str, each: int, **changes: Any) -> PaperRecipe:
    settings: dict[str, Any] = {
        "channels": (128, 256, 256, 256),
        "norm_groups": 32,
        "layers_per_block": 2,
        "steps": 800_000,
        "batch_size": 128,
        "learning_rate": 2e-4,
        "ema_decay": 0.9999,
        "checkpoint_every": 5000,
    }
    return PaperRecipe(name, dataset, members=each, held_out=each, **settings | changes)


def _small(recipe: PaperRecipe) -> PaperRecipe:
    """A tenth of the members, half the width and depth, and as many steps as one hour allows."""
    return replace(
        recipe,
        name=f"{recipe.name}-small",
        members=recipe.members // 10,
        held_out=recipe.held_out // 10,
        channels=(64, 128, 128, 128),
        layers_per_block=1,
        steps=60_000,
        warm_up=1000,
        ema_decay=0.999,
        checkpoint_every=1000,
    )


_FULL = (
    _paper("cifar10", "cifar10", 25_000),
    _paper("cifar100", "cifar100", 25_000),
    _paper("stl10u", "stl10u", 50_000, flips=False),
    _paper("celeba", "celeba", 30_000),
)
PAPER_RECIPES = {r.name: r for full in _FULL for r in (full, _small(full))}


@dataclass(frozen=True)
class Cost:
    """What a recipe costs, before it is run.

    Args:
        parameters: of the network.
        flops: of one forward pass, per image; a multiplication with an addition counts as two.
        hours: on one GPU of `PEAK` at `UTILISATION`: an estimate.
    """

    parameters: int
    flops: int
    hours: float


def cost(recipe: Recipe, image_shape: tuple[int, int, int] = (3, 32, 32)) -> Cost:
    """Parameters, FLOPs and hours of a recipe, from its network; nothing is trained."""
    unet = build_unet(recipe, image_shape)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        unet(torch.zeros(1, *image_shape), torch.zeros(1, dtype=torch.long))
    flops = counter.get_total_flops()
    hours = 3 * flops * recipe.batch_size * recipe.steps / (UTILISATION * PEAK * 3600)
    return Cost(sum(p.numel() for p in unet.parameters()), flops, hours)


def passes(recipe: Recipe, images: int) -> float:
    """How often training sees each of so many images, on average."""
    return recipe.steps * recipe.batch_size / images


def describe(recipe: Recipe, images: int) -> dict[str, object]:
    """Name, training images, parameters, passes over each image and cost of a recipe that trains on so many images."""
    found = cost(recipe, DATASETS[recipe.dataset].image_shape)
    return {
        "recipe": recipe.name,
        "images": images,
        "parameters": found.parameters,
        "parameters per image": round(found.parameters / images),
        "passes": round(passes(recipe, images)),
        "GFLOPs": round(found.flops / 1e9, 4),
        "GPU hours (estimate)": float(f"{found.hours:.2g}"),
    }
