"""How is an experiment trained?

    train the autoencoder -> encode the members -> train the denoiser on their latents; or the denoiser on their pixels

Weights are rounded to half precision, so that the weights that are kept give the scores that are kept.
"""

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers import __version__
from helpers.data.catalogue import load_split
from helpers.data.splits import MembershipSplit
from helpers.models.autoencoders import Autoencoder, AutoencoderRecipe, encode_all, scaling_factor
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.training.autoencoder import train_autoencoder
from helpers.training.book_recipes import continue_shorter
from helpers.training.denoiser import TrainingRun, train_denoiser
from helpers.training.experiment_recipes import EXPERIMENTS, Experiment

SWEEP_RUNS = Path("_build/runs/sweeps")


def train_experiment(
    e: Experiment, folder: Path = SWEEP_RUNS, progress: bool = True
) -> tuple[UNetDenoiser | LatentDenoiser | None, dict]:
    """The experiment's denoiser, and what there is to say about its training; None where the autoencoder's run failed."""
    split = load_split(e.denoiser.dataset, e.denoiser.split_seed)
    about = {"experiment": e.to_json(), "version": __version__, "failed": ""}
    autoencoder, seconds = None, 0.0
    if e.autoencoder:
        training = train_autoencoder(e.autoencoder, threat_images(e.autoencoder, split), folder / _key(e.autoencoder), progress)
        seconds += training.seconds
        if training.failed:
            return None, about | {"failed": training.failed, "seconds": round(seconds)}
        autoencoder = training.autoencoder
        round_to_half(autoencoder)
    denoiser, run = train_on(e, autoencoder, split, folder, progress)
    last = run.losses[-100:]
    seconds = round(seconds + run.seconds)
    return denoiser, about | {"device": run.device, "final_loss": sum(last) / len(last), "seconds": seconds}


def threat_images(recipe: AutoencoderRecipe, split: MembershipSplit) -> Tensor:
    """What the recipe's autoencoder trains on: its threat model."""
    assert split.auxiliary is not None
    parts = {"auxiliary": [split.auxiliary], "members": [split.members], "both": [split.members, split.auxiliary]}
    return torch.cat(parts[recipe.subset])


def round_to_half(network: nn.Module) -> None:
    """Round each weight to half precision; the network goes on computing in single."""
    network.load_state_dict({name: value.half().float() for name, value in network.state_dict().items()})


def _key(recipe: AutoencoderRecipe) -> str:
    """A name for this very recipe: two of one name, of today and of yesterday, must not meet."""
    return f"{recipe.name}-seed-{recipe.seed}-{hashlib.sha256(recipe.to_json().encode()).hexdigest()[:8]}"


def train_on(
    e: Experiment, autoencoder: Autoencoder | None, split: MembershipSplit, folder: Path, progress: bool
) -> tuple[UNetDenoiser | LatentDenoiser, TrainingRun]:
    """The experiment's denoiser, trained on the members' pixels or on their latents."""
    place = folder / (f"{_key(e.autoencoder)}-{e.latents}" if e.autoencoder else f"pixels-seed-{e.seed}")
    continue_shorter(e.denoiser, place, [other.denoiser for other in EXPERIMENTS.values()])
    if autoencoder is None:
        training = train_denoiser(e.denoiser, split.members, place, progress=progress)
        round_to_half(training.denoiser.unet)
        return training.denoiser, training
    mean, spread = encode_all(autoencoder, split.members)
    if e.latents != "sample":
        spread = torch.zeros_like(spread)
    s = 1.0 if e.latents == "unscaled" else scaling_factor(mean, spread)
    autoencoder.register_to_config(scaling_factor=s)
    training = train_denoiser(e.denoiser, s * mean, place, progress=progress, spread=s * spread)
    round_to_half(training.denoiser.unet)
    return LatentDenoiser(autoencoder, training.denoiser, s), training
