"""What comes out of an experiment?

    train -> attack -> judge the quality -> one small file of scores

What each attack chooses it chooses on the calibration part; its scores are those of the evaluation part.
``python -m helpers maintain sweep NAME ...`` runs experiments or groups of them, one by one; what was interrupted goes on.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from tqdm.auto import tqdm

from helpers.attacks import PIA, Loss, SecMI, SimA
from helpers.data.catalogue import auxiliary_labels, load_split
from helpers.data.splits import MembershipSplit
from helpers.evaluation.feature_network import Classifier, train_classifier
from helpers.evaluation.quality import compare_reconstructions, judge_samples
from helpers.experiments.contest import Entry, contest
from helpers.experiments.outcomes import OUTCOMES, Outcome, is_done, save_outcome
from helpers.experiments.train import SWEEP_RUNS, train_experiment
from helpers.files import to_8_bits
from helpers.models.autoencoders import Autoencoder, encode_all
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.training.checkpoints import write_safetensors
from helpers.training.experiment_recipes import Experiment
from helpers.training.recipes import Recipe
from helpers.zoo import latent_models

SWEPT_TIMESTEPS = (10, 20, 40, 60, 100, 150, 200, 300)
SWEPT_ATTACKS = {
    "SimA": Entry(SimA(), SWEPT_TIMESTEPS),
    "PIA": Entry(PIA(), SWEPT_TIMESTEPS),
    "Loss": Entry(Loss(draws=4), SWEPT_TIMESTEPS),
    "SecMI": Entry(SecMI(), (20, 60, 100)),
}
SAMPLING_STEPS = 50
CLASSIFIER_STEPS = 1000
CLASSIFIERS = 4
USUAL_SIZES = (600, 600)  # members and held-out images of the book's splits
SHOWN = 16  # pictures that are kept of each kind


def measure_experiment(
    e: Experiment,
    folder: Path = SWEEP_RUNS,
    progress: bool = True,
    attacks: Mapping[str, Entry] = SWEPT_ATTACKS,
    sampling_steps: int = SAMPLING_STEPS,
    classifier_steps: int = CLASSIFIER_STEPS,
) -> tuple[Outcome, UNetDenoiser | LatentDenoiser | None]:
    """Train what the experiment asks for, attack it, judge it; there is no denoiser where the autoencoder's run failed.

    Args:
        folder: for checkpoints.
        attacks: SimA among them.
        sampling_steps, classifier_steps: how carefully samples are drawn, and how long those learn that judge them.
    """
    denoiser, about = train_experiment(e, folder, progress)
    if denoiser is None:
        return Outcome(about), None
    split = load_split(e.denoiser.dataset, e.denoiser.split_seed)
    classifiers = classifiers_for(e.denoiser, split, folder, progress, classifier_steps)
    started = time.perf_counter()
    rows, quality, pictures = attack(denoiser, split, attacks), *judge(denoiser, split, classifiers, e.seed, sampling_steps)
    about["seconds_measuring"] = round(time.perf_counter() - started)
    return Outcome(about, rows, quality, pictures), denoiser


def attack(denoiser: UNetDenoiser | LatentDenoiser, split: MembershipSplit, attacks: Mapping[str, Entry]) -> dict:
    """Every attack's row at the posterior's mean, and SimA's at a sample of the posterior where there is one."""
    images = len(split.calibration.members)
    rows = {(name, "mean"): contest(entry, denoiser, split, images) for name, entry in attacks.items()}
    if isinstance(denoiser, LatentDenoiser) and isinstance(denoiser.autoencoder, AutoencoderKL):
        sampled = LatentDenoiser(denoiser.autoencoder, denoiser.denoiser, denoiser.scaling_factor, "sample")
        rows["SimA", "sample"] = contest(attacks["SimA"], sampled, split, images)
    return rows


@torch.inference_mode()
def judge(
    denoiser: UNetDenoiser | LatentDenoiser,
    split: MembershipSplit,
    classifiers: list[Classifier],
    seed: int,
    sampling_steps: int,
) -> tuple[dict[str, float], dict]:
    """The quality of reconstructions and of as many samples as there are held-out images, and some pictures."""
    pictures, quality = {"originals": split.held_out[:SHOWN]}, dict[str, float]()
    if isinstance(denoiser, LatentDenoiser):
        quality |= information(denoiser.autoencoder, split.held_out)
        for prefix, images in (("", split.held_out), ("member_", split.members)):
            decoded = denoiser.decode(denoiser.encode(images)).clamp(-1, 1)
            of = compare_reconstructions(images, decoded)
            quality |= {f"{prefix}psnr": of.psnr, f"{prefix}ssim": of.ssim}
            if not prefix:
                pictures["reconstructions"] = decoded[:SHOWN]
    samples = denoiser.sample(len(split.held_out), torch.Generator().manual_seed(seed), sampling_steps)
    pictures["samples"] = samples[:SHOWN]
    quality |= judge_samples(classifiers, samples, split.held_out, split.members).to_dict()
    return quality, {name: to_8_bits(x[:, 0]) for name, x in pictures.items()}


def information(autoencoder: Autoencoder, images: Tensor) -> dict[str, float]:
    """How much of a latent is noise: "noise_share", E σ² / (Var μ + E σ²); with σ > 0 also "kl", in nats per image."""
    mean, spread = encode_all(autoencoder, images)
    noise = spread.square().mean()
    share = {"noise_share": (noise / (mean.var() + noise)).item()}
    if not noise:
        return share
    divergence = (mean.square() + spread.square() - 1 - 2 * spread.log()) / 2
    return share | {"kl": divergence.flatten(1).sum(1).mean().item()}


def classifiers_for(recipe: Recipe, split: MembershipSplit, folder: Path, progress: bool, steps: int) -> list[Classifier]:
    """The classifiers of the split of the recipe, trained once."""
    dataset, seed = recipe.dataset, recipe.split_seed
    sizes = (len(split.members), len(split.held_out))
    assert split.auxiliary is not None
    # Another split of the same seed has other auxiliary images.
    of_split = f"{dataset}-{seed}" if sizes == USUAL_SIZES else f"{dataset}-{sizes[0]}-{sizes[1]}-{seed}"
    networks = []
    for i in range(CLASSIFIERS):
        path, network = folder / f"classifier-{of_split}-{i}.safetensors", Classifier()
        try:
            network.load_state_dict(load_file(path))
        except (OSError, RuntimeError, SafetensorError):  # not there, of another network, or damaged
            labels = auxiliary_labels(dataset, seed, *sizes)
            network = train_classifier(split.auxiliary, labels, 10 * seed + i, steps, progress)
            write_safetensors(network.state_dict(), path, {})
        networks.append(network.eval())
    return networks


def sweep(
    experiments: Sequence[Experiment],
    missing: bool = False,
    folder: Path = SWEEP_RUNS,
    scores: Path = OUTCOMES,
    measure: Callable[..., tuple] = measure_experiment,
) -> None:
    """Measure experiments one by one and keep their scores. A run that came to its end in `folder` before is not repeated.

    Args:
        missing: only those whose scores are not kept yet.
        folder: for checkpoints, and a second copy of the scores.
        measure: what measures one; see `measure_experiment`.
    """
    places = (scores,) if missing else (scores, folder / "scores")
    waiting = [e for e in experiments if not all(is_done(e.name, place) for place in places)]
    bar = tqdm(waiting, desc="experiments")
    for e in bar:
        bar.set_postfix_str(e.name)
        outcome, denoiser = measure(e, folder, progress=False)
        if e.name in latent_models.COMMITTED_LATENT and denoiser:
            latent_models.save(e, denoiser)
        for place in (scores, folder / "scores"):
            save_outcome(e.name, outcome, place)
        if outcome.failed:
            tqdm.write(f"{e.name} failed: {outcome.failed}")
