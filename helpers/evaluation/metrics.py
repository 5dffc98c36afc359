"""How well do scores tell members from held-out images, and how sure can we be?

Scores are higher for members. For a threshold τ, TPR(τ) = P(member score >= τ) and FPR(τ) = P(held-out score >= τ);

    AUC = P(member score > held-out score) + P(equal) / 2
    ASR = max_τ (TPR(τ) + 1 - FPR(τ)) / 2                          (best balanced accuracy)
    TPR at FPR f = max { TPR(τ) : FPR(τ) <= f }                    (no interpolation)

Intervals are 95% percentile intervals of a bootstrap stratified by label.
Source: Carlini et al., "Membership Inference Attacks From First Principles" (arXiv 2112.03570), for TPR at a low FPR.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike

from helpers.errors import InvalidInput

METRICS = ("AUC", "ASR", "TPR at 1% FPR")
AT_ONCE = 500  # resamples whose counts are held in memory together


class Estimate(float):
    """A float that carries its 95% interval: ``auc``, ``auc.low``, ``auc.high``."""

    low: float
    high: float

    def __new__(cls, value: float, low: float, high: float):
        self = super().__new__(cls, value)
        self.low, self.high = float(low), float(high)
        return self

    def __getnewargs__(self):
        return self.triple

    @property
    def triple(self) -> tuple[float, float, float]:
        """Value, low, high as plain floats."""
        return float(self), self.low, self.high

    def text(self, digits: int = 3, signed: bool = False) -> str:
        """As pages and reports write it, "0.83 [0.80, 0.86]", with so many digits after the point."""
        form = f"{'+' if signed else ''}.{digits}f"
        value, low, high = (format(x, form) for x in self.triple)
        return f"{value} [{low}, {high}]"

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__


@dataclass(frozen=True)
class Report:
    """What `evaluate` returns: the ROC and its summaries, each with an interval that is computed when it is asked for."""

    member_scores: np.ndarray  # (n,)
    held_out_scores: np.ndarray  # (m,)
    bootstrap: int
    seed: int  # two reports on the same images with the same seed and bootstrap draw the same images

    @cached_property
    def thresholds(self) -> np.ndarray:
        """(k,): +inf, then the distinct scores, falling; an image is called a member where score >= threshold."""
        return np.concatenate([[np.inf], np.unique(np.concatenate([self.member_scores, self.held_out_scores]))[::-1]])

    @property
    def tpr(self) -> np.ndarray:
        """(k,), from 0 to 1."""
        return self._positives(0)[0][0] / len(self.member_scores)

    @property
    def fpr(self) -> np.ndarray:
        """(k,), from 0 to 1."""
        return self._positives(0)[1][0] / len(self.held_out_scores)

    @property
    def auc(self) -> Estimate:
        return self.estimate("AUC")

    @property
    def asr(self) -> Estimate:
        return self.estimate("ASR")

    def tpr_at_fpr(self, fpr: float) -> Estimate:
        """The largest TPR at a false-positive rate of at most `fpr`, a number in [0, 1]."""
        if not 0 <= fpr <= 1:
            raise InvalidInput(f"fpr must be in [0, 1], got {fpr}")
        return _estimate(_tpr_at_fpr(*self._positives(self.bootstrap), fpr))

    def estimate(self, metric: str) -> Estimate:
        """One of METRICS with its interval."""
        return _estimate(self.resamples(metric))

    def resamples(self, metric: str) -> np.ndarray:
        """One of METRICS on the data, then on each bootstrap resample: (1 + bootstrap,)."""
        if metric not in METRICS:
            raise InvalidInput(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
        return self._resamples[metric]

    @cached_property
    def _resamples(self) -> dict[str, np.ndarray]:
        n, m = len(self.member_scores), len(self.held_out_scores)
        parts = []
        for start in range(0, 1 + self.bootstrap, AT_ONCE):
            true, false = self._positives(self.bootstrap, slice(start, start + AT_ONCE))
            area = (0.5 * (true[:, 1:] + true[:, :-1]) * np.diff(false, axis=1)).sum(1) / (n * m)
            accuracy = ((true / n - false / m).max(1) + 1) / 2
            parts.append([area, accuracy, _tpr_at_fpr(true, false, 0.01)])
        return dict(zip(METRICS, np.concatenate(parts, axis=1), strict=True))

    def _positives(self, bootstrap: int, rows: slice = slice(None)) -> tuple[np.ndarray, np.ndarray]:
        """Images called members at each threshold, (1 + bootstrap, k) of members and of held-out images; row 0 is the data."""
        draws = _draws(len(self.member_scores), len(self.held_out_scores), bootstrap, self.seed)
        scores = (self.member_scores, self.held_out_scores)
        members, held_out = (_cumulated(s, d[rows], self.thresholds) for s, d in zip(scores, draws, strict=True))
        return members, held_out

    @property
    def best_threshold(self) -> float:
        """The threshold at which the ASR is reached: an image is called a member where score >= it."""
        return float(self.thresholds[np.argmax(self.tpr - self.fpr)])

    def __str__(self) -> str:
        return f"AUC {self.auc}, ASR {self.asr}, TPR@1%FPR {self.tpr_at_fpr(0.01)}"


@lru_cache(maxsize=4)
def _draws(n: int, m: int, bootstrap: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """How often each of n members and of m held-out images is drawn: (1 + bootstrap, n) and (1 + bootstrap, m)."""
    rng = np.random.default_rng(seed)
    counts = (rng.multinomial(size, np.full(size, 1 / size), bootstrap) for size in (n, m))
    members, held_out = (np.vstack([np.ones(c.shape[1], int), c]).astype(np.int32) for c in counts)
    return members, held_out


def _cumulated(scores: np.ndarray, draws: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    cumulated = np.zeros((len(draws), len(scores) + 1), np.int32)
    np.cumsum(draws[:, order], axis=1, out=cumulated[:, 1:])
    return cumulated[:, np.searchsorted(-scores[order], -thresholds, side="right")]


def _tpr_at_fpr(true: np.ndarray, false: np.ndarray, fpr: float) -> np.ndarray:
    # Counts, not rates: 3 of 300 is exactly 1%, but 3 / 300 <= 0.01 depends on rounding.
    allowed = np.floor(fpr * false[:, -1:] + 1e-9)
    return np.where(false <= allowed, true, 0).max(1) / true[:, -1]


def _estimate(values: np.ndarray) -> Estimate:
    low, high = np.percentile(values[1:], [2.5, 97.5]) if len(values) > 1 else (values[0], values[0])
    return Estimate(values[0], low, high)


def check_scores(scores: ArrayLike, name: str) -> np.ndarray:
    """The scores as float64 (n,), or a ValueError: not one-dimensional, empty, or NaN."""
    if isinstance(scores, torch.Tensor):  # numpy reads none that lies on a device, or is in half precision
        scores = scores.detach().double().cpu()
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise InvalidInput(f"{name} must have shape (n,) with n > 0, got {array.shape}")
    if np.isnan(array).any():
        raise InvalidInput(f"{name} holds {int(np.isnan(array).sum())} NaN; check the model and its input")
    return array


def evaluate(member_scores: ArrayLike, held_out_scores: ArrayLike, bootstrap: int = 1000, seed: int = 0) -> Report:
    """ROC, AUC, ASR and TPR at fixed FPR of two sets of scores (higher = member), with 95% intervals.

    Args:
        member_scores, held_out_scores: (n,) and (m,), finite or infinite.
        bootstrap: resamples, each drawing n members and m held-out images with replacement; 0 for no interval.
        seed: of the resampling.

    Raises:
        ValueError: empty, not one-dimensional, or NaN scores.
    """
    members, held_out = check_scores(member_scores, "member_scores"), check_scores(held_out_scores, "held_out_scores")
    return Report(members, held_out, bootstrap, seed)


def compare(reports: Mapping[str, Report]) -> pd.DataFrame:
    """One row a report, its name before it: AUC, ASR and TPR at 1% FPR with their intervals, as text."""
    cells = [[str(r.estimate(metric)) for metric in METRICS] for r in reports.values()]
    return pd.DataFrame(cells, index=list(reports), columns=list(METRICS))


def balanced_accuracy(member_scores: ArrayLike, held_out_scores: ArrayLike, threshold: float) -> float:
    """(TPR + 1 - FPR) / 2 at a threshold that was chosen elsewhere; with the best one on these scores it is the ASR."""
    members, held_out = check_scores(member_scores, "member_scores"), check_scores(held_out_scores, "held_out_scores")
    return float(((members >= threshold).mean() + 1 - (held_out >= threshold).mean()) / 2)


def calibrated_timestep(
    member_scores: Collection[ArrayLike], held_out_scores: Collection[ArrayLike], timesteps: Sequence[int]
) -> int:
    """The timestep with the highest AUC on *calibration* scores, (T, n) and (T, m); ties go to the smallest.

    Raises:
        ValueError: another number of rows than of timesteps, or no timestep.
    """
    if not len(timesteps) or len(member_scores) != len(timesteps) or len(held_out_scores) != len(timesteps):
        raise InvalidInput(
            f"one row of scores per timestep: got {len(member_scores)} and {len(held_out_scores)} for {len(timesteps)}"
        )
    auc = [evaluate(m, h, bootstrap=0).auc for m, h in zip(member_scores, held_out_scores, strict=True)]
    return int(timesteps[int(np.argmax(auc))])
