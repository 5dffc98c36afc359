"""Does a model that was trained along a straight path remember as a DDPM does, and at the same amount of noise?

    train -> at checkpoints: SimA, and the quality of samples -> at the end: every attack, and two of them along the path

What an attack chooses it chooses on the calibration part; its scores are those of the evaluation part. All models draw their
samples in the same way, whatever their path: from the same noise, at equal distances of σ, without fresh noise.

Models of emoji stand behind an autoencoder that saw public pictures only: they learn from latents, and what they draw is decoded.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL
from torch import Tensor

from helpers.attacks import Loss, SimA, registry
from helpers.attacks.base import score_part
from helpers.data.catalogue import load_split
from helpers.data.splits import MembershipSplit
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.metrics import METRICS, evaluate
from helpers.evaluation.quality import judge_samples
from helpers.experiments.contest import CALIBRATION_TIMESTEPS, Entry, contest
from helpers.experiments.drawn import emoji_classifiers
from helpers.experiments.measure import CLASSIFIER_STEPS, SHOWN, SWEPT_TIMESTEPS, classifiers_for
from helpers.experiments.outcomes import OUTCOMES, Outcome
from helpers.experiments.prompted import row_from_json, row_to_json
from helpers.experiments.runs import about, all_of, along, found_by, waiting_among
from helpers.files import to_8_bits
from helpers.models.autoencoders import encode_all
from helpers.models.denoisers import Denoiser
from helpers.models.flow import straight_down
from helpers.models.kept import Kept
from helpers.models.latent import LatentDenoiser
from helpers.models.paths import PathDenoiser
from helpers.models.reverse import reverse_process
from helpers.training.denoiser import train_denoiser
from helpers.training.emoji_recipes import EMOJI_BASE, split_of_seed
from helpers.training.path_recipe import PathRecipe
from helpers.training.straight_recipes import STRAIGHT
from helpers.zoo.told_models import load_told

STRAIGHT_RUNS = Path("_build/runs/straight")
STRAIGHT_OUTCOMES = OUTCOMES / "straight"
ALONG_THE_PATH = (0, 5, 10, 20, 30, 40, 50, 60, 80, 100, 130, 160, 200, 260, 330, 420, 520, 630, 750, 880)
FOLLOWED: dict[str, Any] = {"SimA": SimA(), "Loss, 4 draws": Loss(draws=4)}
SAMPLED_IN = (1, 4, 20, 50)  # steps, for the pictures
JUDGED_IN = 20  # steps, for the quality of samples at checkpoints
SHOWN_IN_COLOUR = 8  # three channels take three times the room
ON_LATENTS = ("SimA", "PIA", "SecMI", "Loss, 4 draws")


def measure_straight(
    recipe: PathRecipe,
    split: MembershipSplit,
    attacks: Mapping[str, Entry],
    classifiers: list[Classifier],
    folder: Path | None = None,
    progress: bool = True,
    autoencoder: AutoencoderKL | None = None,
) -> Outcome:
    """Train on the members and measure; see the module.

    Args:
        autoencoder: with its scaling factor, for a model that learns from latents; None for one of pixels.

    Returns:
        Rows ("SimA", step) for each checkpoint and (attack, "end") for each of `attacks`; as quality what
        `helpers.evaluation.quality.SampleQuality` holds, "NAME.STEP" at checkpoints, "METRIC of NAME at T" for those that are
        followed along the path, "frechet in N" for samples in N steps, and with an autoencoder "frechet of decoded", of
        members that it encoded and decoded: hardly any samples can be expected to beat it; pictures "in N", the first samples.
    """
    sima = Entry(SimA(), tuple(t for t in ALONG_THE_PATH if t))
    images, spread, kept = split.members, None, Kept()
    if autoencoder:
        factor = autoencoder.config.scaling_factor
        images, spread = (factor * part for part in encode_all(autoencoder, split.members))

    def attacked(denoiser: PathDenoiser) -> PathDenoiser | LatentDenoiser:
        return LatentDenoiser(autoencoder, denoiser, factor, kept=kept) if autoencoder else denoiser

    def probe(trained: PathDenoiser) -> dict:
        denoiser = attacked(trained)
        samples = draw(recipe, denoiser, len(split.held_out), JUDGED_IN, split)
        quality = judge_samples(classifiers, samples, split.held_out, split.members).to_dict()
        return {"row": row_to_json(contest(sima, denoiser, split)), "quality": quality}

    run = train_denoiser(recipe, images, folder, probe, progress, spread)
    rows = {("SimA", str(at["step"])): row_from_json(at["row"]) for at in run.probes}
    quality, denoiser = along(run), attacked(run.denoiser)
    for name, entry in attacks.items():
        if entry.timestep_of:
            entry = replace(entry, attack=replace(entry.attack, timestep=rows[entry.timestep_of, "end"].timestep))
        rows[name, "end"] = contest(entry, denoiser, split)
    for name, attack in FOLLOWED.items():
        for t in ALONG_THE_PATH:
            found = evaluate(*score_part(replace(attack, timestep=t), denoiser, split.evaluation), bootstrap=0)
            quality |= {f"{metric} of {name} at {t}": float(found.estimate(metric)) for metric in METRICS}
    pictures, shown = {}, SHOWN if split.image_shape[0] == 1 else SHOWN_IN_COLOUR
    for steps in SAMPLED_IN:
        samples = draw(recipe, denoiser, len(split.held_out), steps, split)
        quality[f"frechet in {steps}"] = judge_samples(classifiers, samples, split.held_out, split.members).frechet
        pictures[f"in {steps}"] = to_8_bits(samples[:shown].squeeze(1))
    if isinstance(denoiser, LatentDenoiser):
        decoded = redrawn(denoiser, split.members)
        quality["frechet of decoded"] = judge_samples(classifiers, decoded, split.held_out, split.members).frechet
    return Outcome(about(recipe, run), rows, quality, pictures)


def players() -> dict[str, Entry]:
    """The league's attacks, but for those that need shadow models, which are DDPMs; and the loss calibrated by complexity."""
    return {
        name: Entry(
            known.made(), CALIBRATION_TIMESTEPS if known.has_timestep and not known.timestep_of else (), known.timestep_of
        )
        for name, known in registry.ATTACKS.items()
        if known.plays_on_pixels and "shadow models" not in known.needs and (known.league or name == "Loss, calibrated")
    }


@torch.inference_mode()
def draw(recipe: PathRecipe, denoiser: Denoiser, n: int, steps: int, split: MembershipSplit) -> Tensor:
    """n samples in [-1, 1], in so many steps at equal distances of σ; the recipe's seed decides the noise.

    On its way a sample stays in the range of images; one of latents in that of the members' latents, until it is decoded.
    """
    generator, down = torch.Generator().manual_seed(recipe.seed), straight_down(steps, denoiser.alphas_cumprod)
    if not isinstance(denoiser, LatentDenoiser):
        return reverse_process(denoiser, torch.randn(n, *split.image_shape, generator=generator), down).images.clamp(-1, 1)
    latents = denoiser.encode(split.members)
    start, largest = torch.randn(n, *latents.shape[1:], generator=generator), latents.abs().max().item()
    return denoiser.decode(reverse_process(denoiser, start, down, largest=largest).images).clamp(-1, 1)


@torch.inference_mode()
def redrawn(denoiser: LatentDenoiser, images: Tensor) -> Tensor:
    """The images (n, c, h, w), encoded and decoded."""
    return denoiser.decode(denoiser.encode(images)).clamp(-1, 1)


def players_on_latents() -> dict[str, Entry]:
    """Those of `players` that ask a model of latents, with the timesteps that the book's other latent models are asked at."""
    return {name: replace(entry, timesteps=SWEPT_TIMESTEPS) for name, entry in players().items() if name in ON_LATENTS}


def run_straight(
    names: Sequence[str], folder: Path = STRAIGHT_RUNS, scores: Path = STRAIGHT_OUTCOMES, progress: bool = True, jobs: int = 1
) -> Iterator[Path]:
    """Train and measure those of `helpers.training.straight_recipes` whose names begin so, and whose scores are not there yet.

    Args:
        jobs: as of `helpers.experiments.runs.all_of`.
    """
    measure = partial(_measure, folder=folder, progress=progress and jobs == 1)
    yield from all_of(measure, waiting(names, scores), scores, jobs)


def _measure(recipe: PathRecipe, folder: Path, progress: bool) -> Outcome:
    if recipe.dataset == "emoji":
        # What the autoencoder saw is public, whatever the seed.
        emoji, autoencoder = split_of_seed(recipe.split_seed), load_told(EMOJI_BASE.name).autoencoder
        return measure_straight(recipe, emoji, players_on_latents(), emoji_classifiers(), folder, progress, autoencoder)
    split = load_split(recipe.dataset, recipe.split_seed)
    classifiers = classifiers_for(recipe, split, folder, progress, CLASSIFIER_STEPS)
    return measure_straight(recipe, split, players(), classifiers, folder, progress)


def waiting(names: Sequence[str], scores: Path = STRAIGHT_OUTCOMES) -> list[PathRecipe]:
    """Those whose names begin so and whose scores are not there yet; "all" for all.

    Raises:
        ValueError: a name with which none begins.
    """
    return waiting_among(STRAIGHT.values(), names, scores, "digits, digits-flow, emoji-ddpm-seed-0")


def straight_outcome(dataset: str, kind: str, seed: int, scores: Path = STRAIGHT_OUTCOMES) -> Outcome:
    """What a run found.

    Raises:
        FileNotFoundError: it is not there; the message says how to make it.
    """
    return found_by(STRAIGHT[dataset, kind, seed], scores, "straight")
