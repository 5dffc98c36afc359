"""What comes out of an experiment?

    train the autoencoder -> train the denoiser on members -> attack -> judge the quality -> one small file of scores

What each attack chooses it chooses on the calibration part; its scores are those of the evaluation part. Weights are rounded
to half precision first, so that the weights that are kept give the scores that are kept.
``python -m helpers.sweeps NAME ...`` runs experiments or groups of them, one by one; what was interrupted goes on.
"""

import hashlib
import sys
import time
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers import __version__, latent_zoo
from helpers.attacks import PIA, Loss, SecMI, SimA
from helpers.autoencoder_training import train_autoencoder
from helpers.autoencoders import Autoencoder, AutoencoderRecipe, encode_all, scaling_factor
from helpers.checkpoints import write_safetensors
from helpers.classifier import Classifier, train_classifier
from helpers.data import DATASETS, MembershipSplit, auxiliary_labels
from helpers.denoisers import UNetDenoiser
from helpers.experiments import EXPERIMENTS, GROUPS, Experiment, experiment
from helpers.latent import LatentDenoiser
from helpers.league import Entry, contest
from helpers.outcomes import SCORES, Outcome, is_done, save_outcome
from helpers.quality import compare_reconstructions, judge_samples
from helpers.training import TrainingRun, train_denoiser
from helpers.zoo import continue_shorter

RUNS = Path("_build/runs/sweeps")
TIMESTEPS = (10, 20, 40, 60, 100, 150, 200, 300)
ATTACKS = {
    "SimA": Entry(SimA(), TIMESTEPS),
    "PIA": Entry(PIA(), TIMESTEPS),
    "Loss": Entry(Loss(draws=4), TIMESTEPS),
    "SecMI": Entry(SecMI(), (20, 60, 100)),
}
SAMPLING_STEPS = 50
CLASSIFIERS = 4
SHOWN = 16  # pictures that are kept of each kind


def train(e: Experiment, folder: Path = RUNS, progress: bool = True) -> tuple[UNetDenoiser | LatentDenoiser | None, dict]:
    """The experiment's denoiser, and what there is to say about its training; None where the autoencoder's run failed."""
    split = DATASETS[e.denoiser.dataset](e.denoiser.split_seed)
    about = {"experiment": e.to_json(), "version": __version__, "failed": ""}
    autoencoder, seconds = None, 0.0
    if e.autoencoder:
        training = train_autoencoder(e.autoencoder, images_for(e.autoencoder, split), folder / _key(e.autoencoder), progress)
        seconds += training.seconds
        if training.failed:
            return None, about | {"failed": training.failed, "seconds": round(seconds)}
        autoencoder = training.autoencoder
        round_to_half(autoencoder)
    denoiser, training = train_on(e, autoencoder, split, folder, progress)
    last = training.losses[-100:]
    seconds = round(seconds + training.seconds)
    return denoiser, about | {"device": training.device, "final_loss": sum(last) / len(last), "seconds": seconds}


def run(e: Experiment, folder: Path = RUNS, progress: bool = True) -> tuple[Outcome, UNetDenoiser | LatentDenoiser | None]:
    """Train what the experiment asks for, attack it, judge it; there is no denoiser where the autoencoder's run failed."""
    denoiser, about = train(e, folder, progress)
    if denoiser is None:
        return Outcome(about), None
    split = DATASETS[e.denoiser.dataset](e.denoiser.split_seed)
    classifiers = classifiers_for(e, split, folder, progress)
    started = time.perf_counter()
    rows, quality, pictures = attack(denoiser, split), *judge(denoiser, split, classifiers, e.seed)
    about["seconds_measuring"] = round(time.perf_counter() - started)
    return Outcome(about, rows, quality, pictures), denoiser


def images_for(recipe: AutoencoderRecipe, split: MembershipSplit) -> Tensor:
    """What the recipe's autoencoder trains on: its threat model."""
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
    place = folder / (f"{_key(e.autoencoder)}-{e.latents}" if autoencoder else f"pixels-seed-{e.seed}")
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


def attack(denoiser: UNetDenoiser | LatentDenoiser, split: MembershipSplit) -> dict:
    """Every attack's row at the posterior's mean, and SimA's at a sample of the posterior where there is one."""
    images = len(split.calibration.members)
    rows = {(name, "mean"): contest(entry, denoiser, split, images) for name, entry in ATTACKS.items()}
    if isinstance(denoiser, LatentDenoiser) and isinstance(denoiser.autoencoder, AutoencoderKL):
        sampled = LatentDenoiser(denoiser.autoencoder, denoiser.denoiser, denoiser.scaling_factor, "sample")
        rows["SimA", "sample"] = contest(ATTACKS["SimA"], sampled, split, images)
    return rows


@torch.inference_mode()
def judge(
    denoiser: UNetDenoiser | LatentDenoiser, split: MembershipSplit, classifiers: list[Classifier], seed: int
) -> tuple[dict[str, float], dict]:
    """The quality of reconstructions and of as many samples as there are held-out images, and some pictures."""
    pictures, quality = {"originals": split.held_out[:SHOWN]}, {}
    if isinstance(denoiser, LatentDenoiser):
        quality |= information(denoiser.autoencoder, split.held_out)
        for prefix, images in (("", split.held_out), ("member_", split.members)):
            decoded = denoiser.decode(denoiser.encode(images)).clamp(-1, 1)
            of = compare_reconstructions(images, decoded)
            quality |= {f"{prefix}psnr": of.psnr, f"{prefix}ssim": of.ssim}
            if not prefix:
                pictures["reconstructions"] = decoded[:SHOWN]
    samples = denoiser.sample(len(split.held_out), torch.Generator().manual_seed(seed), SAMPLING_STEPS)
    pictures["samples"] = samples[:SHOWN]
    quality |= judge_samples(classifiers, samples, split.held_out, split.members).to_dict()
    return quality, {name: ((x[:, 0] + 1) * 127.5).round().to(torch.uint8).numpy() for name, x in pictures.items()}


def information(autoencoder: Autoencoder, images: Tensor) -> dict[str, float]:
    """How much of a latent is noise: "noise_share", E σ² / (Var μ + E σ²); with σ > 0 also "kl", in nats per image."""
    mean, spread = encode_all(autoencoder, images)
    noise = spread.square().mean()
    share = {"noise_share": (noise / (mean.var() + noise)).item()}
    if not noise:
        return share
    divergence = (mean.square() + spread.square() - 1 - 2 * spread.log()) / 2
    return share | {"kl": divergence.flatten(1).sum(1).mean().item()}


def classifiers_for(e: Experiment, split: MembershipSplit, folder: Path, progress: bool) -> list[Classifier]:
    """The classifiers of the experiment's split, trained once."""
    dataset, seed = e.denoiser.dataset, e.denoiser.split_seed
    networks = []
    for i in range(CLASSIFIERS):
        path, network = folder / f"classifier-{dataset}-{seed}-{i}.safetensors", Classifier()
        try:
            network.load_state_dict(load_file(path))
        except (OSError, RuntimeError, SafetensorError):  # not there, of another network, or damaged
            network = train_classifier(split.auxiliary, auxiliary_labels(dataset, seed), 10 * seed + i, progress=progress)
            write_safetensors(network.state_dict(), path, {})
        networks.append(network.eval())
    return networks


def main(names: list[str], folder: Path = RUNS, scores: Path = SCORES) -> None:
    """Run experiments, or groups of them; by default all. A run that came to its end in `folder` before is not repeated.

    With "--missing" among the names, only those run whose scores are not kept yet.
    """
    missing, names = "--missing" in names, [name for name in names if name != "--missing"]
    wanted = dict.fromkeys(e for name in names or GROUPS for e in GROUPS.get(name) or [experiment(name)])
    places = (scores,) if missing else (scores, folder / "scores")
    waiting = [e for e in wanted if not all(is_done(e.name, place) for place in places)]
    bar = tqdm(waiting, desc="experiments")
    for e in bar:
        bar.set_postfix_str(e.name)
        outcome, denoiser = run(e, folder, progress=False)
        if e.name in latent_zoo.COMMITTED and denoiser:
            latent_zoo.save(e, denoiser)
        for place in (scores, folder / "scores"):
            save_outcome(e.name, outcome, place)
        if outcome.failed:
            tqdm.write(f"{e.name} failed: {outcome.failed}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")
