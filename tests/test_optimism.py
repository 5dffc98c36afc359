"""Optimism is what it claims to be: never negative for a maximum, and large where there is only noise to choose from."""

import numpy as np
import pytest

from helpers.optimism import measure_optimism


def pure_noise(timesteps=21, images=200):
    rng = np.random.default_rng(0)
    return rng.normal(size=(timesteps, images)), rng.normal(size=(timesteps, images))


def test_the_best_over_the_test_data_is_never_worse():
    rows = measure_optimism(*pure_noise(), images=50, splits=5)
    assert len(rows) == 5 * 3
    assert all(row["optimism"] >= 0 and row["images"] == 50 for row in rows)


def test_on_scores_without_signal_the_calibrated_auc_is_one_half_and_the_best_is_not():
    auc = [row for row in measure_optimism(*pure_noise(), images=100, splits=40) if row["metric"] == "AUC"]
    assert abs(np.mean([row["calibrated"] for row in auc]) - 0.5) < 0.02
    assert np.mean([row["best"] for row in auc]) > 0.55


def test_with_one_timestep_there_is_nothing_to_choose_but_the_threshold():
    rows = measure_optimism(*pure_noise(timesteps=1), images=50, splits=5)
    assert all(row["optimism"] == 0 for row in rows if row["metric"] != "ASR")
    assert any(row["optimism"] > 0 for row in rows if row["metric"] == "ASR")


def test_too_many_images_or_no_split_are_refused():
    with pytest.raises(ValueError, match=r"images must be in \[1, 100\] and splits at least 1, got 101 and 5"):
        measure_optimism(*pure_noise(), images=101, splits=5)
    with pytest.raises(ValueError, match="got 10 and 0"):
        measure_optimism(*pure_noise(), images=10, splits=0)
