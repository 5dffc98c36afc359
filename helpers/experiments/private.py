"""What does training with a promise give away, and what does it cost?

    train by DP-SGD -> at each checkpoint: ε so far, SimA, the loss, and samples -> at the end: every image's scores

Attacks ask at timesteps that were fixed beforehand. Of a run with canaries (`helpers.training.canaries`) they are asked about
those alone: canaries that are in stand for members, and those that are out for held-out images.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from helpers.attacks import Loss
from helpers.attacks.base import score_part
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.errors import InvalidInput
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.metrics import evaluate
from helpers.evaluation.one_run import epsilon_of_one_run, guess
from helpers.evaluation.quality import judge_samples
from helpers.evaluation.row import Row
from helpers.experiments.clock import KEPT_TIMESTEP, SAMPLES, SHOWN, TIMESTEPS, draw
from helpers.experiments.measure import CLASSIFIER_STEPS, classifiers_for
from helpers.experiments.outcomes import OUTCOMES, Outcome
from helpers.experiments.runs import about, all_of, along, found_by, sima_rows, waiting_among
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.training.canaries import CanaryRecipe, draw_canaries, with_canaries
from helpers.training.denoiser import train_denoiser
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.private_recipes import PRIVATE, private_split

PRIVATE_RUNS = Path("_build/runs/private")
PRIVATE_OUTCOMES = OUTCOMES / "private"
LOSS = Loss(timestep=100, draws=4)
GUESSED = 6  # of so many canaries one is guessed to be in, and one to be out: of 300, 50 and 50


def measure_private(
    recipe: PrivateRecipe,
    split: MembershipSplit,
    classifiers: list[Classifier],
    folder: Path | None = None,
    progress: bool = True,
) -> Outcome:
    """Train with the recipe's promise on the split's members, and measure; see the module.

    Args:
        classifiers: that judge samples.
        folder: for checkpoints.

    Returns:
        Quality "NAME.STEP" for each checkpoint: "epsilon" so far, "AUC of SimA" and "TPR of SimA" (at 1 % FPR, at
        `KEPT_TIMESTEP`), the same "of Loss", and what `helpers.evaluation.quality.SampleQuality` holds. Rows ("SimA at",
        timestep) for each of `TIMESTEPS`, and ("Loss at", timestep), of all members and held-out images, or of canaries; picture
        "samples", the first ones of the end. `about` says as "privacy" what was promised.
    """
    images, part = asked_about(recipe, split)
    real = split.held_out[:SAMPLES]

    def probe(denoiser: Denoiser) -> dict[str, Any]:
        samples = draw(denoiser, len(real), split.image_shape, recipe.seed)
        quality = leak(denoiser, part) | judge_samples(classifiers, samples, real, images).to_dict()
        return {"quality": quality, "samples": to_8_bits(samples[:SHOWN, 0]).tolist()}

    run = train_denoiser(recipe, images, folder, probe, progress)
    spent = {f"epsilon.{at['step']}": recipe.claimed_epsilon(at["step"]) for at in run.probes}
    rows = {("SimA at", str(t)): row for t, row in sima_rows(run.denoiser, part, TIMESTEPS).items()}
    rows["Loss at", str(LOSS.timestep)] = loss_row(run.denoiser, part)
    shown = np.array(run.probes[-1]["samples"], dtype=np.uint8)
    return Outcome(about(recipe, run), rows, along(run) | spent, {"samples": shown})


def asked_about(recipe: PrivateRecipe, split: MembershipSplit) -> tuple[torch.Tensor, LabelledPart]:
    """The images that are trained on, (n, c, h, w), and those that attacks are asked about."""
    if not isinstance(recipe, CanaryRecipe):
        return split.members, LabelledPart(split.members, split.held_out)
    drawn = draw_canaries(recipe, split.members)
    return with_canaries(recipe, drawn), LabelledPart(drawn.images[drawn.included], drawn.images[~drawn.included])


def leak(denoiser: Denoiser, part: LabelledPart) -> dict[str, float]:
    """ "AUC of NAME" and "TPR of NAME", the TPR at 1 % FPR, for SimA at `KEPT_TIMESTEP` and for the loss."""
    rows = {"SimA": sima_rows(denoiser, part, (KEPT_TIMESTEP,))[KEPT_TIMESTEP], "Loss": loss_row(denoiser, part)}
    found: dict[str, float] = {}
    for name, row in rows.items():
        report = evaluate(row.members, row.held_out, bootstrap=0)
        found |= {f"AUC of {name}": float(report.auc), f"TPR of {name}": float(report.tpr_at_fpr(0.01))}
    return found


def loss_row(denoiser: Denoiser, part: LabelledPart) -> Row:
    """The row of `LOSS`, of all images of the part."""
    members, held_out = (scores.double().cpu().numpy() for scores in score_part(LOSS, denoiser, part))
    return Row(members, held_out, LOSS.timestep, LOSS.queries)


def refuted_epsilon(recipe: CanaryRecipe, row: Row, confidence: float = 0.95) -> float:
    """What ε is at least, at the recipe's δ, by what one run's canaries show: 0 or more; see `helpers.evaluation.one_run`.

    Args:
        row: of the run's outcome, of canaries that are in and of those that are out.

    Raises:
        ValueError: a row of other images than the recipe's canaries, or a confidence outside (0, 1).
    """
    scores = np.concatenate([row.members, row.held_out])
    if len(scores) != recipe.canaries:
        raise InvalidInput(f"{recipe.name} has {recipe.canaries} canaries, got the scores of {len(scores)} images")
    each_way = max(1, recipe.canaries // GUESSED)
    included = np.arange(len(scores)) < len(row.members)
    return epsilon_of_one_run(guess(scores, included, each_way, each_way), recipe.delta, confidence)


def run_private(
    names: Sequence[str], folder: Path = PRIVATE_RUNS, scores: Path = PRIVATE_OUTCOMES, progress: bool = True, jobs: int = 1
) -> Iterator[Path]:
    """Train and measure those of `helpers.training.private_recipes` whose names begin so, and whose scores are not there yet.

    Args:
        jobs: as of `helpers.experiments.runs.all_of`.
    """
    measure = partial(_measure, folder=folder, progress=progress and jobs == 1)
    yield from all_of(measure, waiting(names, scores), scores, jobs)


def _measure(recipe: PrivateRecipe, folder: Path, progress: bool) -> Outcome:
    split = private_split(recipe)
    classifiers = classifiers_for(recipe, split, folder, progress, CLASSIFIER_STEPS)
    return measure_private(recipe, split, classifiers, folder, progress)


def waiting(names: Sequence[str], scores: Path = PRIVATE_OUTCOMES) -> list[PrivateRecipe]:
    """Those whose names begin so and whose scores are not there yet; "all" for all.

    Raises:
        ValueError: a name with which none begins.
    """
    return waiting_among(PRIVATE.values(), names, scores, "private, private-noise-2, canaries-honest-seed-0")


def private_outcome(kind: str, seed: int, scores: Path = PRIVATE_OUTCOMES) -> Outcome:
    """What a run found.

    Raises:
        FileNotFoundError: it is not there; the message says how to make it.
    """
    return found_by(PRIVATE[kind, seed], scores, "private")
