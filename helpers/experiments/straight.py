"""Does a model that was trained along a straight path remember as a DDPM does, and at the same amount of noise?

    train -> at checkpoints: SimA, and the quality of samples -> at the end: every attack, and two of them along the path

What an attack chooses it chooses on the calibration part; its scores are those of the evaluation part. All models draw their
samples in the same way, whatever their path: from the same noise, at equal distances of σ, without fresh noise.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from helpers.attacks import Loss, SimA, registry
from helpers.attacks.base import score_part
from helpers.data.catalogue import load_split
from helpers.data.splits import MembershipSplit
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.metrics import METRICS, evaluate
from helpers.evaluation.quality import judge_samples
from helpers.experiments.contest import CALIBRATION_TIMESTEPS, Entry, contest
from helpers.experiments.measure import CLASSIFIER_STEPS, SHOWN, classifiers_for
from helpers.experiments.outcomes import OUTCOMES, Outcome
from helpers.experiments.prompted import row_from_json, row_to_json
from helpers.experiments.runs import about, all_of, along, found_by, waiting_among
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.models.flow import straight_down
from helpers.models.reverse import reverse_process
from helpers.training.denoiser import train_denoiser
from helpers.training.path_recipe import PathRecipe
from helpers.training.straight_recipes import STRAIGHT

STRAIGHT_RUNS = Path("_build/runs/straight")
STRAIGHT_OUTCOMES = OUTCOMES / "straight"
ALONG_THE_PATH = (0, 5, 10, 20, 30, 40, 50, 60, 80, 100, 130, 160, 200, 260, 330, 420, 520, 630, 750, 880)
FOLLOWED: dict[str, Any] = {"SimA": SimA(), "Loss, 4 draws": Loss(draws=4)}
SAMPLED_IN = (1, 4, 20, 50)  # steps, for the pictures
JUDGED_IN = 20  # steps, for the quality of samples at checkpoints


def measure_straight(
    recipe: PathRecipe,
    split: MembershipSplit,
    attacks: Mapping[str, Entry],
    classifiers: list[Classifier],
    folder: Path | None = None,
    progress: bool = True,
) -> Outcome:
    """Train on the members and measure; see the module.

    Returns:
        Rows ("SimA", step) for each checkpoint and (attack, "end") for each of `attacks`; as quality what
        `helpers.evaluation.quality.SampleQuality` holds, "NAME.STEP" at checkpoints, "METRIC of NAME at T" for those that are
        followed along the path, and "frechet in N" for samples in N steps; pictures "in N", the first samples.
    """
    sima = Entry(SimA(), tuple(t for t in ALONG_THE_PATH if t))

    def probe(denoiser: Denoiser) -> dict:
        samples = draw(recipe, denoiser, len(split.held_out), JUDGED_IN, split)
        quality = judge_samples(classifiers, samples, split.held_out, split.members).to_dict()
        return {"row": row_to_json(contest(sima, denoiser, split)), "quality": quality}

    run = train_denoiser(recipe, split.members, folder, probe, progress)
    rows = {("SimA", str(at["step"])): row_from_json(at["row"]) for at in run.probes}
    quality, denoiser = along(run), run.denoiser
    for name, entry in attacks.items():
        if entry.timestep_of:
            entry = replace(entry, attack=replace(entry.attack, timestep=rows[entry.timestep_of, "end"].timestep))
        rows[name, "end"] = contest(entry, denoiser, split)
    for name, attack in FOLLOWED.items():
        for t in ALONG_THE_PATH:
            found = evaluate(*score_part(replace(attack, timestep=t), denoiser, split.evaluation), bootstrap=0)
            quality |= {f"{metric} of {name} at {t}": float(found.estimate(metric)) for metric in METRICS}
    pictures = {}
    for steps in SAMPLED_IN:
        samples = draw(recipe, denoiser, len(split.held_out), steps, split)
        quality[f"frechet in {steps}"] = judge_samples(classifiers, samples, split.held_out, split.members).frechet
        pictures[f"in {steps}"] = to_8_bits(samples[:SHOWN, 0])
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


def draw(recipe: PathRecipe, denoiser: Denoiser, n: int, steps: int, split: MembershipSplit) -> Tensor:
    """n samples in [-1, 1], in so many steps at equal distances of σ; the recipe's seed decides the noise."""
    start = torch.randn(n, *split.image_shape, generator=torch.Generator().manual_seed(recipe.seed))
    return reverse_process(denoiser, start, straight_down(steps, denoiser.alphas_cumprod)).images.clamp(-1, 1)


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
    split = load_split(recipe.dataset, recipe.split_seed)
    classifiers = classifiers_for(recipe, split, folder, progress, CLASSIFIER_STEPS)
    return measure_straight(recipe, split, players(), classifiers, folder, progress)


def waiting(names: Sequence[str], scores: Path = STRAIGHT_OUTCOMES) -> list[PathRecipe]:
    """Those whose names begin so and whose scores are not there yet; "all" for all.

    Raises:
        ValueError: a name with which none begins.
    """
    return waiting_among(STRAIGHT.values(), names, scores, "digits, digits-flow, fashion-ddpm-seed-0")


def straight_outcome(dataset: str, kind: str, seed: int, scores: Path = STRAIGHT_OUTCOMES) -> Outcome:
    """What a run found.

    Raises:
        FileNotFoundError: it is not there; the message says how to make it.
    """
    return found_by(STRAIGHT[dataset, kind, seed], scores, "straight")
