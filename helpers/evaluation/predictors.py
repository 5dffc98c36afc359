"""Could it have been known before training which images a model will remember?

What the training set alone says of its image x, one of n of d pixels:

    nearest            min over other members s of ||x - s|| / √d
    nearest five       the same, a mean over the nearest five
    density            log of the mean over other members s of exp(-||x - s||² / (2 v)),   v = (1 - ᾱ_t) / ᾱ_t
    class frequency    the share of members of its class
    from the mean      ||x - mean image|| / √d
    norm               ||x|| / √d, counted from the background, -1
    complexity         bytes of its 8-bit pixels, compressed

v is the width of the closed form's kernel at timestep t (`helpers.models.closed_form`). What they explain is measured on images
that the regression did not see: R² = 1 - Σ (y - ŷ)² / Σ (y - mean y)², over five folds.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike
from scipy.stats import pearsonr, rankdata
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate, check_scores
from helpers.files import to_8_bits
from helpers.models.schedule import linear_scheduler

NEIGHBOURS = 5
FOLDS = 5
PENALTIES = np.logspace(-3, 3, 13)
TREES = 100


def predictors(members: Tensor, labels: Tensor, timestep: int = 50) -> pd.DataFrame:
    """The module's predictors of each member: n rows, one column a predictor.

    Args:
        members: (n, c, h, w) in [-1, 1], more than `NEIGHBOURS`.
        labels: the class of each, (n,) of whole numbers, 0 or more.
        timestep: of the linear schedule; how wide the kernel of the density is.

    Raises:
        ValueError: bad images or too few, another number of labels, or labels that are no whole numbers.
    """
    check_images(members, "members")
    n = len(members)
    if n <= NEIGHBOURS:
        raise InvalidInput(f"there must be more than {NEIGHBOURS} members, so that each has neighbours, got {n}")
    if labels.shape != (n,) or labels.is_floating_point() or (labels < 0).any():
        raise InvalidInput(f"labels must be {n} whole numbers, 0 or more, got {tuple(labels.shape)} of {labels.dtype}")
    flat = members.detach().cpu().double().flatten(1)
    distance = torch.cdist(flat, flat, compute_mode="donot_use_mm_for_euclid_dist").fill_diagonal_(torch.inf)
    near, root = distance.topk(NEIGHBOURS, largest=False).values, flat.shape[1] ** 0.5
    columns = {
        "nearest": near[:, 0] / root,
        "nearest five": near.mean(1) / root,
        "density": log_density(distance, timestep),
        "class frequency": torch.bincount(labels)[labels].double() / n,
        "from the mean": (flat - flat.mean(0)).norm(dim=1) / root,
        "norm": (flat + 1).norm(dim=1) / root,
        "complexity": torch.tensor([complexity(image) for image in to_8_bits(members)], dtype=torch.float64),
    }
    return pd.DataFrame({name: column.numpy() for name, column in columns.items()})


def log_density(distance: Tensor, timestep: int) -> Tensor:
    """The log of the mean kernel of the other images, (n,), for distances (n, n) with infinity on the diagonal."""
    alpha_bar = linear_scheduler().alphas_cumprod[timestep].double()
    variance = (1 - alpha_bar) / alpha_bar
    others = torch.tensor(len(distance) - 1, dtype=torch.float64)
    return torch.logsumexp(-distance.square() / (2 * variance), 1) - others.log()


def complexity(pixels: np.ndarray) -> int:
    """How many bytes the pixels, uint8 of any shape, take when compressed (zlib, level 9)."""
    return len(zlib.compress(np.ascontiguousarray(pixels).tobytes(), 9))


@dataclass(frozen=True)
class Explained:
    """What predictors explain of a target, such as the log of each score.

    Args:
        ridge, forest: R² on images that the regression did not see; at most 1, and about 0 or less where nothing is explained.
        ranks: by the predictor's name its `rank_correlation` with the target.
    """

    ridge: float
    forest: float
    ranks: dict[str, Estimate]


def explained(predictors: pd.DataFrame, target: ArrayLike) -> Explained:
    """How much of the target do the predictors explain, in a ridge regression and in a random forest?

    Args:
        predictors: n rows.
        target: (n,), finite.

    Raises:
        ValueError: a target that is not finite, of another length, or of fewer than two images a fold.
    """
    wanted, given = check_scores(target, "target"), predictors.to_numpy()
    if len(wanted) != len(predictors) or len(wanted) < 2 * FOLDS:
        raise InvalidInput(
            f"there must be a target for each of at least {2 * FOLDS} rows, got {len(wanted)} for {len(predictors)}"
        )
    # The penalty is chosen within the other folds.
    ridge = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    forest = RandomForestRegressor(TREES, min_samples_leaf=3, random_state=0)
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    of_ridge, of_forest = (r2_score(wanted, cross_val_predict(model, given, wanted, cv=folds)) for model in (ridge, forest))
    ranks = {name: rank_correlation(column, wanted) for name, column in zip(predictors, given.T, strict=True)}
    return Explained(float(of_ridge), float(of_forest), ranks)


def rank_correlation(a: ArrayLike, b: ArrayLike) -> Estimate:
    """Spearman's correlation of two numbers of each image, (n,) both, with Fisher's 95% interval; NaN where one is constant.

    Raises:
        ValueError: numbers that are not finite, of two lengths, or of fewer than 4 images.
    """
    first, second = check_scores(a, "a"), check_scores(b, "b")
    if len(first) != len(second) or len(first) < 4:
        raise InvalidInput(f"a and b must hold a number for each of at least 4 images, got {len(first)} and {len(second)}")
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return Estimate(np.nan, np.nan, np.nan)
    found = pearsonr(rankdata(first), rankdata(second))
    interval = found.confidence_interval()
    return Estimate(found.statistic, interval.low, interval.high)


def agreement(scores: Mapping[str, ArrayLike]) -> pd.DataFrame:
    """The Spearman rank correlation between the scores (n,) of each two runs: a matrix with the runs' names.

    Raises:
        ValueError: no run, bad scores, or another number of them for another run.
    """
    known = {name: check_scores(of_run, f"scores of {name}") for name, of_run in scores.items()}
    if len({len(of_run) for of_run in known.values()}) != 1:
        raise InvalidInput(f"all runs must score the same images, got {[len(of_run) for of_run in known.values()]}")
    return pd.DataFrame(known).corr("spearman")
