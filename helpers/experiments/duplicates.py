"""Does an image that stands twice in the training set give itself away more, and one that stands there a hundred times?

    train on images that stand there 1, 2, 5, 20 and 100 times -> SimA, and copies among samples, group by group

The closed form of the same training set, `helpers.models.closed_form.EmpiricalDenoiser`, says what theory expects: an image that
stands there k times has k times the weight. Where the kernel is so narrow that a member has all the weight anyhow, as at small
timesteps, that changes nothing. Held-out images are the same for all groups, and so is the threshold at 1 % FPR.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from helpers.data.near_copies import nearest
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.evaluation.metrics import evaluate
from helpers.evaluation.row import Row
from helpers.experiments.clock import KEPT_TIMESTEP, draw
from helpers.experiments.outcomes import Outcome
from helpers.experiments.runs import about, along, sima_rows
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import Denoiser
from helpers.training.denoiser import train_denoiser
from helpers.training.duplicate_recipes import DuplicateRecipe, repeated_images, training_set

AT_THE_END = (20, 50, 100, 200, 300, 500)  # timesteps: at the first of them, the closed form sees no neighbour of a member
QUANTILE = 0.01  # as in `helpers.data.near_copies.near_copies`


def measure_duplicates(
    recipe: DuplicateRecipe, split: MembershipSplit, folder: Path | None = None, progress: bool = True
) -> Outcome:
    """Train on images that stand there several times, and measure; see the module.

    Returns:
        Quality "NAME K.STEP" for images that stand there K times: what `figures_of_groups` and `copied_shares` find at each
        checkpoint; and "copied K.held-out", the share among held-out images, which is chance. Rows ("SimA at", timestep) and
        ("closed form", timestep) at the end: the different images, in the order of `repeated_images`, and held-out ones.
    """
    images, source = training_set(recipe, split.members)
    part = LabelledPart(repeated_images(recipe, split.members), split.held_out)

    def copied(samples: Tensor) -> dict[str, float]:
        return copied_shares(recipe, samples, part.members, images, source)

    def probe(denoiser: Denoiser) -> dict[str, Any]:
        row = sima_rows(denoiser, part, (KEPT_TIMESTEP,))[KEPT_TIMESTEP]
        samples = draw(denoiser, len(part.held_out), split.image_shape, recipe.seed)
        return {"quality": figures_of_groups(recipe, row) | copied(samples)}

    run = train_denoiser(recipe, images, folder, probe, progress)
    asked = {"SimA at": run.denoiser, "closed form": EmpiricalDenoiser(images)}
    rows = {(name, str(t)): row for name, of in asked.items() for t, row in sima_rows(of, part, AT_THE_END).items()}
    chance = {f"{name}.held-out": share for name, share in copied(part.held_out).items()}
    return Outcome(about(recipe, run), rows, along(run) | chance)


def by_group(recipe: DuplicateRecipe, scores: np.ndarray) -> dict[int, np.ndarray]:
    """Scores (k,) in the order of `repeated_images`, by how often the images stand in the training set."""
    ends = np.cumsum([images for _, images in recipe.groups])
    parts: Sequence[np.ndarray] = np.split(scores, ends[:-1])
    return {times: part for (times, _), part in zip(recipe.groups, parts, strict=True)}


def figures_of_groups(recipe: DuplicateRecipe, row: Row) -> dict[str, float]:
    """Of a row of SimA, for images that stand there K times: "log-norm K", "AUC K" and "TPR K", the TPR at 1 % FPR.

    The log-norm is the mean of log(-score), and "log-norm held-out" that of held-out images.
    """
    found = {"log-norm held-out": log_norm(row.held_out)}
    for times, scores in by_group(recipe, row.members).items():
        report = evaluate(scores, row.held_out, bootstrap=0)
        found |= {f"log-norm {times}": log_norm(scores)}
        found |= {f"AUC {times}": float(report.auc), f"TPR {times}": float(report.tpr_at_fpr(0.01))}
    return found


def log_norm(scores: np.ndarray) -> float:
    """The mean of log(-score); a norm that is rounded to 0 counts as the smallest that a float32 holds."""
    return float(np.log(np.maximum(-scores, np.finfo(np.float32).tiny)).mean())


def copied_shares(
    recipe: DuplicateRecipe, samples: Tensor, different: Tensor, images: Tensor, source: Tensor
) -> dict[str, float]:
    """The share of samples (n, c, h, w) that are near copies of an image that stands there K times: "copied K".

    A copy of a shifted copy is one, too. How near is near, the different images say, as in
    `helpers.data.near_copies.near_copies`: all but a share `QUANTILE` of them are farther from each other.

    Args:
        different: the different images, (k, c, h, w).
        images, source: the training set, as `training_set` returns it.
    """
    found, limit = nearest(samples, images), nearest(different).distance.quantile(QUANTILE)
    near = (found.distance < limit) | (found.distance == 0)
    times = recipe.times[source[found.index]]
    return {f"copied {k}": (near & (times == k)).double().mean().item() for k, _ in recipe.groups}
