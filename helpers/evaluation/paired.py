"""Does attack A beat attack B, or did it meet luckier images?

Both score the same images, so that one draw of the bootstrap resamples both, and the difference is taken within the draw:

    d_b = m(A; draw b) - m(B; draw b),     p = 2 min(P(d_b <= 0), P(d_b >= 0))

Overlapping intervals of A and of B would not answer the question: on the same images their errors go together.
Whoever asks many questions gets some answers by luck; Holm's correction multiplies the i-th smallest of m p-values by
m - i + 1, and so keeps the probability of even one false "A beats B" at the level.
Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 16; Holm, "A simple sequentially
rejective multiple test procedure" (1979).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate, Report

LEVEL = 0.05


@dataclass(frozen=True)
class Difference:
    """m(A) - m(B) with its 95% interval, and the two-sided p-value of "no difference" before any correction."""

    value: Estimate
    p: float


def paired_difference(a: Report, b: Report, metric: str) -> Difference:
    """How much better A is than B in a metric of `helpers.evaluation.metrics.METRICS`, on the images that both were evaluated on.

    Raises:
        ValueError: reports with other numbers of images, another bootstrap or none, or an unknown metric.
    """
    first, second = a.resamples(metric), b.resamples(metric)
    images = [(len(r.member_scores), len(r.held_out_scores), r.seed, r.bootstrap) for r in (a, b)]
    if images[0] != images[1] or len(first) < 2:
        raise InvalidInput(
            "A and B must be evaluated on the same images with the same seed and bootstrap > 0; "
            f"got (members, held-out, seed, bootstrap) {images[0]} and {images[1]}"
        )
    difference = first - second
    low, high = np.percentile(difference[1:], [2.5, 97.5])
    draws = len(difference) - 1
    tails = [(1 + side.sum()) / (1 + draws) for side in (difference[1:] <= 0, difference[1:] >= 0)]
    return Difference(Estimate(difference[0], low, high), float(min(1, 2 * min(tails))))


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's adjusted p-values, in the order given: (m,), each in [0, 1].

    Raises:
        ValueError: a p-value outside [0, 1].
    """
    p = np.asarray(p_values, dtype=float)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise InvalidInput(f"p_values must be numbers in [0, 1], got {p_values}")
    order = np.argsort(p)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))))
    return adjusted


def verdict(difference: float, adjusted_p: float) -> str:
    """ "better", "worse" or "undecided": A against B at the 5% level, after correction."""
    if adjusted_p >= LEVEL:
        return "undecided"
    return "better" if difference > 0 else "worse"
