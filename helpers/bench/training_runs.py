"""What comes out when a model is trained on the device: how long, how well, and how much of its members shows?

A run is trained in stretches, each from the checkpoint of the one before, so that it stops in time with a model, a loss and
an AUC. The AUC is that of SimA on the evaluation part, its timestep chosen on the calibration part.
"""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from helpers import zoo
from helpers.attacks import SimA
from helpers.bench.devices import training_on
from helpers.bench.machine import precision
from helpers.bench.results import ALWAYS, Context, LeftOut, Measurement
from helpers.data.catalogue import load_fashion, load_split
from helpers.data.splits import MembershipSplit
from helpers.evaluation.metrics import evaluate
from helpers.experiments.contest import CALIBRATION_TIMESTEPS, Entry, contest
from helpers.models.autoencoders import AutoencoderRecipe, encode_all, scaling_factor
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.training.autoencoder import train_autoencoder
from helpers.training.denoiser import TrainingRun, train_denoiser
from helpers.training.recipes import Recipe

_LARGER: dict[str, Any] = {
    "dataset": "fashion",
    "batch_size": 128,
    "learning_rate": 5e-4,
    "ema_decay": 0.999,
    "checkpoint_every": 1000,
}
FASHION_RECIPE = Recipe("ddpm-fashion-32", channels=(64, 128, 128), steps=12_000, **_LARGER)
LATENT_RECIPE = Recipe("ldm-fashion-32", channels=(64, 128), steps=12_000, **_LARGER)
AUTOENCODER = AutoencoderRecipe("kl-fashion-32", channels=(32, 64, 64), beta=1e-2, steps=1500, batch_size=128)
FIRST, FIRST_SMALL = 20, 4  # steps of the first stretch, which says how long one takes; and on a processor
STRETCHES = 10
MEASURING = 3.0  # seconds kept at first for the AUC and the checkpoint at the end of a stretch
FEW = 64  # images of each kind of which a processor takes the AUC


def digits(context: Context) -> list[Measurement]:
    """The zoo's largest recipe for the digits."""
    return [Measurement("ddpm-digits-large", large_digits, 2 * MEASURING)]


def fashion(context: Context) -> list[Measurement]:
    """A denoiser of 32x32 pictures of clothes."""
    return [Measurement("ddpm-fashion-32", large_fashion, 10 * MEASURING)]


def latent(context: Context) -> list[Measurement]:
    """The same behind an autoencoder."""
    return [Measurement("ldm-fashion-32", latent_fashion, 20 * MEASURING)]


def text_to_image(context: Context) -> list[Measurement]:
    """A fine-tune of the text-to-image model."""
    return [Measurement("text to image, fine-tuned", _missing, ALWAYS)]


def _missing(context: Context) -> dict:
    raise LeftOut("the project has no such model yet")


def large_digits(context: Context) -> dict:
    """The zoo's largest recipe for the digits, trained."""
    return trained(zoo.recipe("ddpm-digits-large"), load_split("digits"), context)


def large_fashion(context: Context) -> dict:
    """A denoiser of 32x32 pictures of clothes, trained."""
    return trained(FASHION_RECIPE, load_fashion(size=32), context)


def trained(recipe: Recipe, split: MembershipSplit, context: Context) -> dict:
    """Train on the members' pixels until the steps or the time are used up."""
    return in_stretches(recipe, split.members, context, partial(auc, split=measured_on(split, context)))


def measured_on(split: MembershipSplit, context: Context, few: int = FEW) -> MembershipSplit:
    """The split whose AUC is taken: all of it, or on a processor a few images."""
    return MembershipSplit(split.members[:few], split.held_out[:few]) if context.small else split


def latent_fashion(
    context: Context, autoencoder_recipe: AutoencoderRecipe = AUTOENCODER, recipe: Recipe = LATENT_RECIPE, few: int = FEW
) -> dict:
    """An autoencoder on auxiliary images, then a denoiser on the members' latents."""
    split = load_fashion(size=32)
    assert split.auxiliary is not None
    with precision("float32", context.device), training_on(context.device):
        training = train_autoencoder(autoencoder_recipe, split.auxiliary, progress=False)
    if training.failed:
        raise RuntimeError(training.failed)
    autoencoder = training.autoencoder
    mean, spread = encode_all(autoencoder, split.members)
    s = scaling_factor(mean, spread)
    autoencoder.register_to_config(scaling_factor=s)

    def measure(denoiser: UNetDenoiser) -> dict:
        return auc(LatentDenoiser(autoencoder, denoiser, s), measured_on(split, context, few))

    found = in_stretches(recipe, s * mean, context, measure, s * spread)
    last = training.losses[-100:]
    return found | {"autoencoder, seconds": training.seconds, "autoencoder, squared error": sum(last) / len(last)}


class Pace:
    """How long a step takes, and what is done between two stretches; what is known of the last stretch."""

    def __init__(self):
        self.step, self.between = 0.0, MEASURING

    def steps_in(self, seconds: float) -> float:
        """How many steps fit into so many seconds, the work after them included."""
        return (seconds - self.between) / max(self.step, 1e-6)


def in_stretches(
    recipe: Recipe,
    images: Tensor,
    context: Context,
    measure: Callable[[UNetDenoiser], dict],
    spread: Tensor | None = None,
    first: int | None = None,
    stretches: int = STRETCHES,
) -> dict:
    """Train to the recipe's end or to the section's; `measure` is asked about the model at the end of each stretch.

    Args:
        first: steps of the first stretch, by default fewer on a processor.
        stretches: into which the recipe is cut.
    """
    if first is None:
        first = FIRST_SMALL if context.small else FIRST
    folder, pace, by_steps = context.folder / recipe.name, Pace(), {}
    began, steps, trained_for = time.monotonic(), 0, 0.0
    while steps < recipe.steps and (not steps or pace.steps_in(context.left()) >= first):
        further = min(recipe.steps // stretches, pace.steps_in(context.left())) if steps else first
        further = int(min(further, recipe.steps - steps))
        started = time.monotonic()
        run = _stretch(recipe, steps + further, images, context, folder, spread)
        steps += further
        by_steps[steps] = measure(run.denoiser)
        pace.step = (run.seconds - trained_for) / further
        pace.between = 1.2 * (time.monotonic() - started - further * pace.step)
        trained_for = run.seconds
    last = run.losses[-100:]
    return {
        **by_steps[steps],
        "steps": steps,
        "of": recipe.steps,
        "training seconds": run.seconds,
        "seconds with measuring": time.monotonic() - began,
        "images/s": recipe.batch_size * steps / run.seconds,
        "final loss": sum(last) / len(last),
        "members": len(images),
        "trained on": run.device,
        "recipe": json.loads(recipe.to_json()),
        "by steps": by_steps,
    }


def _stretch(recipe: Recipe, steps: int, images: Tensor, context: Context, folder: Path, spread: Tensor | None) -> TrainingRun:
    part = replace(recipe, steps=steps, checkpoint_every=steps)
    with precision("float32", context.device), training_on(context.device):
        return train_denoiser(part, images, folder, progress=False, spread=spread)


@torch.no_grad()
def auc(denoiser: UNetDenoiser | LatentDenoiser, split: MembershipSplit) -> dict:
    """SimA's AUC on the evaluation part with its 95% interval, at the timestep that the calibration part chose."""
    row = contest(Entry(SimA(batch_size=1024), CALIBRATION_TIMESTEPS), denoiser, split, len(split.calibration.members))
    value, low, high = evaluate(row.members, row.held_out).auc.triple
    return {"AUC": value, "low": low, "high": high, "timestep": row.timestep}
