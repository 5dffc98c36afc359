"""What can be told of a model by somebody who sees nothing but images that it drew?

    train -> draw 20,000 samples -> among the first N: how near does one come to each member and each held-out image?
                                                       how many members come out?
                                 -> and what do attacks say of the samples themselves?

No setting is tuned: nearest samples have none, and a density's bandwidth follows from auxiliary images, which are also what
ratios are taken to. As much hangs on it, two are tried, and both are shown. Attacks that ask the model do so as their code has
them.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.attacks import PIA, Loss, NearestSample, ReDiffuse, SampleDensity, SimA
from helpers.attacks.base import Attack, score_part
from helpers.attacks.sample_density import usual_bandwidth
from helpers.data.catalogue import load_split
from helpers.data.splits import LabelledPart
from helpers.evaluation.extraction import copied_image, extracted
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.metrics import evaluate
from helpers.evaluation.row import Row
from helpers.experiments.clock import draw
from helpers.experiments.measure import CLASSIFIER_STEPS, classifiers_for
from helpers.experiments.outcomes import OUTCOMES, Outcome
from helpers.experiments.runs import about, all_of, found_by, waiting_among
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.training.clock_recipes import ClockRecipe, nested, whole_split
from helpers.training.denoiser import train_denoiser
from helpers.training.duplicate_recipes import DuplicateRecipe, repeated_images, training_set
from helpers.training.recipes import Recipe
from helpers.training.sampled_recipes import SAMPLED

SAMPLED_RUNS = Path("_build/runs/samples")
SAMPLED_OUTCOMES = OUTCOMES / "samples"
STOPS = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)  # N
WATCHED = (1, 2, 5, 10, 20, 50, *STOPS)  # N at which nearest samples are kept as pictures
WATCHED_IMAGES = 12  # of the members, and of the held-out images: the first ones
DRAWN_AT_ONCE = 500
ASKED_ABOUT = 1000  # samples that other attacks are asked about
SAMPLES_ALONE = (
    *("nearest, pixels", "nearest, features", "nearest, calibrated"),
    *("density, wide", "density, narrow", "density ratio, wide", "density ratio, narrow"),
)
NARROW = 0.25  # of the usual bandwidth
ASKING: dict[str, Attack] = {"SimA": SimA(), "PIA": PIA(), "loss": Loss(draws=4), "ReDiffuse": ReDiffuse()}


def measure_samples(
    recipe: Recipe,
    classifiers: list[Classifier],
    folder: Path | None = None,
    progress: bool = True,
    stops: Sequence[int] = STOPS,
) -> Outcome:
    """Train what the recipe asks for, draw samples, and measure; see the module.

    Args:
        classifiers: whose features a nearest sample is sought in.
        folder: for checkpoints.
        stops: N, rising.

    Returns:
        Quality "AUC of NAME.N" and "TPR of NAME.N" (at 1 % FPR) for each of `SAMPLES_ALONE`; "extracted.N" and, as chance,
        "extracted held-out.N", shares of the members and of the held-out images, which lie in one pool for that, so that the
        rule treats them alike; "extracted K.N" of members that stand there K times. Rows (NAME, "N") of `SAMPLES_ALONE` at the
        last stop; (NAME, "members"), (NAME, "samples") and (NAME, "no copies") of `ASKING`, where samples, all or those that are
        no copies of a member, stand in the members' place. Pictures "members" and "held-out" (`WATCHED_IMAGES`, N of `WATCHED`,
        h, w): the nearest of the first N samples.
    """
    images, part, reference = trained_on(recipe)
    run = train_denoiser(recipe, images, folder, progress=progress)
    samples = draw_many(run.denoiser, stops[-1], tuple(images.shape[1:]), recipe.seed, progress)
    copied = copied_image(samples, torch.cat([part.members, part.held_out]))
    quality = extraction(recipe, copied, part, stops)
    rows: dict[tuple[str, str], Row] = {}
    for n in stops:
        for name, attack in samples_alone(samples[:n], reference, classifiers).items():
            rows[name, str(n)] = row = row_of(attack, run.denoiser, part)
            report = evaluate(row.members, row.held_out, bootstrap=0)
            quality |= {f"AUC of {name}.{n}": float(report.auc), f"TPR of {name}.{n}": float(report.tpr_at_fpr(0.01))}
    rows = {key: row for key, row in rows.items() if key[1] == str(stops[-1])}
    return Outcome(
        about(recipe, run), rows | asked_about_samples(run.denoiser, part, samples, copied), quality, watched(samples, part)
    )


def trained_on(recipe: Recipe) -> tuple[Tensor, LabelledPart, Tensor]:
    """The images that are trained on (n, c, h, w), the different members with the held-out images, and auxiliary images."""
    if isinstance(recipe, ClockRecipe):
        split = nested(whole_split(recipe), recipe.n)
        images, members = split.members, split.members
    else:
        assert isinstance(recipe, DuplicateRecipe)
        split = load_split(recipe.dataset, recipe.split_seed)
        images, members = training_set(recipe, split.members)[0], repeated_images(recipe, split.members)
    assert split.auxiliary is not None
    return images, LabelledPart(members, split.held_out), split.auxiliary


def draw_many(denoiser: Denoiser, n: int, image_shape: tuple[int, ...], seed: int, progress: bool = True) -> Tensor:
    """n samples (n, c, h, w) as `helpers.experiments.clock.draw` draws them; the first ones are the same for every n."""
    channels, height, width = image_shape
    parts = []
    with tqdm(desc="drawing", total=n, unit=" samples", disable=not progress, mininterval=1) as bar:
        for k in range(-(-n // DRAWN_AT_ONCE)):
            parts.append(draw(denoiser, DRAWN_AT_ONCE, (channels, height, width), 1_000_003 * (seed + 1) + k).cpu())
            bar.update(DRAWN_AT_ONCE)
    return torch.cat(parts)[:n]


def samples_alone(samples: Tensor, reference: Tensor, classifiers: Sequence[Classifier]) -> dict[str, Attack]:
    """The attacks of `SAMPLES_ALONE` that see these samples (N, c, h, w), and reference images (k, c, h, w)."""

    def features(images: Tensor) -> Tensor:
        return torch.cat([network(images) for network in classifiers], 1)

    nearest = NearestSample(samples), NearestSample(samples, features=features), NearestSample(samples, reference)
    wide = usual_bandwidth(samples, reference)
    densities = [SampleDensity(samples, of, bandwidth=h) for of in (None, reference) for h in (wide, NARROW * wide)]
    return dict(zip(SAMPLES_ALONE, (*nearest, *densities), strict=True))


def extraction(recipe: Recipe, copied: Tensor, part: LabelledPart, stops: Sequence[int]) -> dict[str, float]:
    """The shares that are "extracted"; see `measure_samples`.

    Args:
        copied: (N,), rows of the members and then of the held-out images.
    """
    shares: dict[str, float] = {}
    for n, found in zip(stops, extracted(copied, stops), strict=True):
        rows = found[found < len(part.members)]
        others = len(found) - len(rows)
        shares |= {f"extracted.{n}": len(rows) / len(part.members), f"extracted held-out.{n}": others / len(part.held_out)}
        if isinstance(recipe, DuplicateRecipe):
            times = recipe.times
            shares |= {f"extracted {k}.{n}": (times[rows] == k).sum().item() / count for k, count in recipe.groups}
    return shares


def asked_about_samples(denoiser: Denoiser, part: LabelledPart, samples: Tensor, copied: Tensor) -> dict[tuple[str, str], Row]:
    """The rows of `ASKING`; see `measure_samples`."""
    own, of = samples[:ASKED_ABOUT], copied[:ASKED_ABOUT]
    is_copy = (of >= 0) & (of < len(part.members))
    rows = {}
    for name, attack in ASKING.items():
        row = row_of(attack, denoiser, part)
        scores = attack.score(denoiser, own).double().cpu().numpy()
        asked_at = row.timestep, row.queries
        rows[name, "members"] = row
        rows[name, "samples"] = Row(scores, row.held_out, *asked_at)
        rows[name, "no copies"] = Row(scores[~is_copy.numpy()], row.held_out, *asked_at)
    return rows


def row_of(attack: Attack, denoiser: Denoiser, part: LabelledPart) -> Row:
    """The attack's scores of the part."""
    members, held_out = (scores.double().cpu().numpy() for scores in score_part(attack, denoiser, part))
    return Row(members, held_out, getattr(attack, "timestep", 0), attack.queries)


def watched(samples: Tensor, part: LabelledPart) -> dict[str, np.ndarray]:
    """The pictures of `measure_samples`, in 8 bits."""
    found = {}
    for name, images in (("members", part.members), ("held-out", part.held_out)):
        distance = torch.cdist(images[:WATCHED_IMAGES].double().flatten(1), samples.double().flatten(1))
        nearest = [samples[distance[:, :n].argmin(1)] for n in WATCHED if n <= len(samples)]
        found[name] = to_8_bits(torch.stack(nearest, 1)[:, :, 0])
    return found


def measure_recipe(recipe: Recipe, folder: Path = SAMPLED_RUNS, progress: bool = True) -> Outcome:
    """`measure_samples` with the classifiers of the recipe's split."""
    split = whole_split(recipe) if isinstance(recipe, ClockRecipe) else load_split(recipe.dataset, recipe.split_seed)
    return measure_samples(recipe, classifiers_for(recipe, split, folder, progress, CLASSIFIER_STEPS), folder, progress)


def run_samples(
    names: Sequence[str], folder: Path = SAMPLED_RUNS, scores: Path = SAMPLED_OUTCOMES, progress: bool = True, jobs: int = 1
) -> Iterator[Path]:
    """Train and measure those whose names begin so, and whose scores are not there yet. Raises as `waiting`.

    Args:
        jobs: as of `helpers.experiments.runs.all_of`.
    """
    measure = partial(measure_recipe, folder=folder, progress=progress and jobs == 1)
    yield from all_of(measure, waiting(names, scores), scores, jobs)


def waiting(names: Sequence[str], scores: Path = SAMPLED_OUTCOMES) -> list[Recipe]:
    """Those of `SAMPLED` whose names begin so and whose scores are not there yet; "all" for all.

    Raises:
        ValueError: a name with which none begins.
    """
    return waiting_among(SAMPLED.values(), names, scores, "clock-digits-600, duplicates-same-seed-0")


def sampled_outcome(kind: str, seed: int, scores: Path = SAMPLED_OUTCOMES) -> Outcome:
    """What a run of `helpers.training.sampled_recipes` found.

    Raises:
        FileNotFoundError: it is not there; the message says how to make it.
    """
    return found_by(SAMPLED[kind, seed], scores, "samples")
