"""Optimism is what it claims to be: never negative for a maximum, and large where there is only noise to choose from."""

import numpy as np
import pytest

from helpers.evaluation.optimism import measure_optimism


def pure_noise(timesteps=21, images=200):
    rng = np.random.default_rng(0)
    return rng.normal(size=(timesteps, images)), rng.normal(size=(timesteps, images))


def of(frame, metric):
    return frame[frame["metric"] == metric]


def test_the_best_over_the_test_data_is_never_worse_than_the_calibrated_timestep():
    frame = measure_optimism(*pure_noise(), sizes=[50, 20], splits=5)
    assert frame["images"].value_counts().to_dict() == {50: 5 * 3, 20: 5 * 3}
    assert (frame["optimism"] >= 0).all()
    assert frame["optimism"].tolist() == pytest.approx((frame["best"] - frame["calibrated"]).tolist())


def test_on_scores_without_signal_the_calibrated_auc_is_one_half_and_the_best_is_not():
    auc = of(measure_optimism(*pure_noise(), sizes=[100], splits=40), "AUC")
    assert abs(auc["calibrated"].mean() - 0.5) < 0.02
    assert auc["best"].mean() > 0.55


def test_with_one_timestep_there_is_nothing_to_choose_but_the_threshold():
    frame = measure_optimism(*pure_noise(timesteps=1), sizes=[50], splits=5)
    assert (frame.loc[frame["metric"] != "ASR", "optimism"] == 0).all()
    assert (of(frame, "ASR")["optimism"] > 0).any()


def test_too_many_images_or_no_split_are_refused():
    with pytest.raises(ValueError, match=r"sizes must be in \[1, 100\] and splits at least 1, got \[101\] and 5"):
        measure_optimism(*pure_noise(), sizes=[101], splits=5)
    with pytest.raises(ValueError, match=r"got \[10\] and 0"):
        measure_optimism(*pure_noise(), sizes=[10], splits=0)
    with pytest.raises(ValueError, match=r"got \[\] and 5"):
        measure_optimism(*pure_noise(), sizes=[], splits=5)
