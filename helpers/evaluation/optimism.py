"""What is gained by choosing the timestep on the very images that the figure is reported on?

    optimism = max_t m(t; evaluation)  -  m(t*; evaluation),   t* = argmax_t m(t; calibration)

The first term is what the attacks' published code prints: the best over timesteps, each metric with its own. For the
ASR the threshold, too, is chosen on the calibration part in the second term. The split is redrawn many times.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import METRICS, Report, balanced_accuracy, evaluate


def measure_optimism(
    member_scores: ArrayLike, held_out_scores: ArrayLike, sizes: Sequence[int], splits: int = 50, seed: int = 0
) -> pd.DataFrame:
    """Best-over-test minus calibrated, for each metric, over random splits into calibration and evaluation parts.

    Args:
        member_scores, held_out_scores: (T, n) and (T, m), one row a timestep.
        sizes: numbers of images of each kind in each part to try; each at most n / 2 and m / 2.
        splits: how many are drawn for each size.
        seed: of the drawing.

    Returns:
        One row per size, split and metric; columns images, metric, best, calibrated, optimism.

    Raises:
        ValueError: too few images for two parts, or no split.
    """
    members, held_out = np.asarray(member_scores), np.asarray(held_out_scores)
    most = min(members.shape[1], held_out.shape[1]) // 2
    if not sizes or not all(1 <= size <= most for size in sizes) or splits < 1:
        raise InvalidInput(f"sizes must be in [1, {most}] and splits at least 1, got {sizes} and {splits}")
    rng = np.random.default_rng(seed)
    rows = []
    for size in np.repeat(sizes, splits):
        order, other = rng.permutation(members.shape[1]), rng.permutation(held_out.shape[1])
        calibration = members[:, order[:size]], held_out[:, other[:size]]
        evaluation = members[:, order[size : 2 * size]], held_out[:, other[size : 2 * size]]
        rows += [{"images": size, **row} for row in _one_split(calibration, evaluation)]
    return pd.DataFrame(rows)


def _one_split(calibration: tuple, evaluation: tuple) -> list[dict]:
    chosen_on, reported_on = (_reports(*part) for part in (calibration, evaluation))
    rows = []
    for name in METRICS:
        t = int(np.argmax([report.resamples(name)[0] for report in chosen_on]))
        best = max(report.resamples(name)[0] for report in reported_on)
        if name == "ASR":
            calibrated = balanced_accuracy(evaluation[0][t], evaluation[1][t], chosen_on[t].best_threshold)
        else:
            calibrated = reported_on[t].resamples(name)[0]
        rows.append({"metric": name, "best": best, "calibrated": calibrated, "optimism": best - calibrated})
    return rows


def _reports(members: np.ndarray, held_out: np.ndarray) -> list[Report]:
    return [evaluate(m, h, bootstrap=0) for m, h in zip(members, held_out, strict=True)]
