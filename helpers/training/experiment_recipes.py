"""Which runs stand behind the chapters on latent space, and behind the one on paper scale?

An experiment is a denoiser's recipe, in pixels or behind an autoencoder's recipe; a group answers one question, over
three seeds. A seed draws the split, the weights' start and every step, so that an interval over seeds holds all of that.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any, Literal

from helpers.errors import InvalidInput
from helpers.models.autoencoders import DISCRIMINATORS, FAMILIES, AutoencoderRecipe
from helpers.training.recipes import PaperRecipe, Recipe

SEEDS = (0, 1, 2)
DISCRIMINATOR_WEIGHTS = (1e-3, 1e-2, 1e-1)  # of the discriminator
TRAINING_SETTINGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "dropout": {"dropout": 0.1},
    "flips": {"flips": True},
    "slow": {"learning_rate": 2e-4},
}  # paper's
STEPS = (1500, 3000, 6000)  # points of one run, early, middle, late
BETAS = (1e-4, 1e-3, 1e-2, 10**-1.5, 1e-1, 10**-0.5, 1.0, 10**0.5, 10.0)


@dataclass(frozen=True)
class Experiment:
    """A denoiser trained on members, seen through an autoencoder if there is one.

    Args:
        latents: what the denoiser trains on, the posterior's "mean" or a "sample" drawn anew in each step, both scaled to
            variance 1; or the "unscaled" mean.
    """

    name: str
    denoiser: Recipe
    autoencoder: AutoencoderRecipe | None = None
    latents: Literal["mean", "sample", "unscaled"] = "sample"

    def to_json(self) -> str:
        """The canonical text that is compared, byte for byte, with the one stored beside scores and weights."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def seed(self) -> int:
        return self.denoiser.seed


def _denoiser(seed: int, steps: int = 3000) -> Recipe:
    training: dict[str, Any] = {"batch_size": 64, "learning_rate": 2e-3, "steps": steps, "checkpoint_every": 500}
    return Recipe(f"steps-{steps}", "fashion", split_seed=seed, seed=seed, channels=(32, 32), **training)


def _autoencoder(seed: int, name: str = "", **changes: Any) -> AutoencoderRecipe:
    recipe = AutoencoderRecipe("", split_seed=seed, seed=seed, **changes)
    return replace(recipe, name=name or f"kl-{beta_name(recipe.beta)}")


def beta_name(beta: float) -> str:
    """β as it stands in names: "1e-4", "3.2e-1"."""
    mantissa, exponent = f"{beta:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def _over_seeds(make: Callable[[int], Iterator[Experiment]]) -> tuple[Experiment, ...]:
    return tuple(e for seed in SEEDS for e in make(seed))


def _betas(seed: int) -> Iterator[Experiment]:
    for beta in BETAS:
        yield Experiment(f"beta-{beta_name(beta)}-seed-{seed}", _denoiser(seed), _autoencoder(seed, beta=beta))


def _means(seed: int) -> Iterator[Experiment]:
    for beta in (1e-3, 1e-1, 1.0, 10.0):
        autoencoder = _autoencoder(seed, beta=beta)
        yield Experiment(f"mean-beta-{beta_name(beta)}-seed-{seed}", _denoiser(seed), autoencoder, "mean")


def _unscaled(seed: int) -> Iterator[Experiment]:
    for beta in (1e-1, 1.0, 10.0):
        autoencoder = _autoencoder(seed, beta=beta)
        yield Experiment(f"unscaled-beta-{beta_name(beta)}-seed-{seed}", _denoiser(seed), autoencoder, "unscaled")


def _pixels(seed: int) -> Iterator[Experiment]:
    for steps in STEPS:
        yield Experiment(f"pixels-{steps}-seed-{seed}", _denoiser(seed, steps))


def _lengths(seed: int) -> Iterator[Experiment]:
    for steps in (STEPS[0], STEPS[-1]):
        yield Experiment(f"latents-{steps}-seed-{seed}", _denoiser(seed, steps), _autoencoder(seed, beta=1e-3))
    for steps in (6000, 12000):  # does noise keep a secret, or only for a while?
        yield Experiment(f"latents-{steps}-beta-1e-1-seed-{seed}", _denoiser(seed, steps), _autoencoder(seed, beta=1e-1))


def _families(seed: int) -> Iterator[Experiment]:
    for family in FAMILIES:
        for side, channels in ((8, (16, 32)), (4, (16, 32, 32))):
            if (family, side) != ("kl", 8):  # that one is in the group "beta"
                autoencoder = _autoencoder(seed, f"{family}-{side}x{side}", family=family, channels=channels)
                yield Experiment(f"{family}-4x{side}x{side}-seed-{seed}", _denoiser(seed), autoencoder)


def _threats(seed: int) -> Iterator[Experiment]:
    for subset in ("members", "both"):
        autoencoder = _autoencoder(seed, f"kl-{subset}", subset=subset)
        yield Experiment(f"autoencoder-on-{subset}-seed-{seed}", _denoiser(seed), autoencoder)


def _adversaries(seed: int) -> Iterator[Experiment]:
    for beta, discriminator, weight in product((1e-3, 1e-1), DISCRIMINATORS[1:], DISCRIMINATOR_WEIGHTS):
        name = f"{discriminator}-{beta_name(weight)}-beta-{beta_name(beta)}"
        critic = {"discriminator": discriminator, "discriminator_weight": weight, "warm_up": 400}
        yield Experiment(f"{name}-seed-{seed}", _denoiser(seed), _autoencoder(seed, name, beta=beta, **critic))


def _settings(seed: int) -> Iterator[Experiment]:
    plain: dict[str, Any] = {
        "channels": (32, 64),
        "dropout": 0.0,
        "warm_up": 0,
        "flips": False,
        "clip": None,
        "weight_decay": 0.01,
    }
    for name, change in TRAINING_SETTINGS.items():
        sizes: dict[str, Any] = {"members": 600, "held_out": 600, "image_size": 8}
        recipe = PaperRecipe(f"digits-{name}", "digits", split_seed=seed, seed=seed, **sizes, **plain | change)
        yield Experiment(f"{recipe.name}-seed-{seed}", recipe)


EXPERIMENT_GROUPS: dict[str, tuple[Experiment, ...]] = {
    "beta": _over_seeds(_betas),
    "mean": _over_seeds(_means),
    "unscaled": _over_seeds(_unscaled),
    "pixels": _over_seeds(_pixels),
    "lengths": _over_seeds(_lengths),
    "families": _over_seeds(_families),
    "threats": _over_seeds(_threats),
    "adversaries": _over_seeds(_adversaries),
    "settings": _over_seeds(_settings),
}
EXPERIMENTS = {e.name: e for group in EXPERIMENT_GROUPS.values() for e in group}


def experiment(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        ValueError: no such experiment.
    """
    if name not in EXPERIMENTS:
        raise InvalidInput(
            f"unknown experiment {name!r}; there are the groups {', '.join(EXPERIMENT_GROUPS)}, "
            f"and such as {', '.join([*EXPERIMENTS][:3])}"
        )
    return EXPERIMENTS[name]
