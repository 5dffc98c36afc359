"""Runs of one size are read together: along their training, and when each got how far."""

import numpy as np
import pytest

from helpers.experiments.clock_outcomes import COLUMNS, growth, of_batch, of_size
from helpers.experiments.outcomes import Outcome, save_outcome
from helpers.training.clock_recipes import CLOCK
from helpers.training.experiment_recipes import SEEDS


@pytest.fixture
def runs(tmp_path):
    """Of 150 members: AUC rises by a fortieth a checkpoint, and a little faster with each seed; the distance halves once."""
    for seed in SEEDS:
        recipe, quality = CLOCK["digits", 150, seed], {}
        for k in range(1, 21):
            at = 100 * k
            quality[f"{COLUMNS['AUC']}.{at}"] = min(1.0, 0.5 + k * (1 + seed / 10) / 40)
            quality[f"{COLUMNS['TPR at 1% FPR']}.{at}"] = k / 20
            quality[f"frechet.{at}"] = 8.0 if k < 5 else 4.0
            quality[f"near_copies.{at}"] = 0.3
            quality[f"near_copies_of_real.{at}"] = 0.01 * (1 + seed)
        save_outcome(recipe.name, Outcome({"experiment": recipe.to_json(), "failed": ""}, {}, quality), tmp_path)
    return of_size("digits", 150, tmp_path)


def test_all_seeds_are_read_along_the_training(runs):
    along = runs.along()
    assert list(runs.outcomes) == list(SEEDS)
    assert list(along["step"]) == runs.steps == list(range(100, 2001, 100))
    assert along["visits"].iloc[-1] == pytest.approx(2000 * 128 / 150)
    last = along["AUC"].iloc[9]
    assert last.low < last < last.high
    assert float(last) == pytest.approx(np.mean([0.5 + 10 * (1 + s / 10) / 40 for s in SEEDS]))
    assert float(along["frechet"].iloc[3]) == pytest.approx(8.0)
    assert runs.values("AUC").shape == (3, 20)
    assert runs.chance() == pytest.approx(0.02)


def test_a_level_is_reached_between_two_checkpoints_on_a_straight_line(runs):
    # 0.5 + step / 4000 · (1 + seed / 10) = 0.61
    assert runs.reached("AUC", 0.61) == pytest.approx([440 / (1 + s / 10) for s in SEEDS])
    assert runs.reached("AUC", 0.51) == pytest.approx([40 / (1 + s / 10) for s in SEEDS])  # before the first checkpoint
    assert runs.reached("frechet", 6.0) == pytest.approx([450.0] * 3)
    assert runs.reached("frechet", 9.0) == [100.0] * 3
    assert np.isnan(runs.reached("frechet", 3.0)).all()


def test_between_checkpoints_a_curve_is_straight(runs):
    assert runs.at([450.0, 450.0, 450.0], "frechet") == pytest.approx([6.0] * 3)
    assert runs.at(runs.reached("AUC", 0.61), "AUC") == pytest.approx([0.61] * 3)
    with pytest.raises(ValueError, match="zip"):
        runs.at([450.0], "AUC")


def test_the_exponent_is_that_of_a_power():
    sizes, seeds = (75, 150, 300), np.array([1.0, 1.5, 2.0])
    for power in (0.0, 1.0, -0.5):
        found = growth(sizes, np.array(sizes)[:, None] ** power * seeds)
        assert float(found) == pytest.approx(power, abs=1e-9)
        assert found.high - found.low == pytest.approx(0, abs=1e-9)
    spread = growth((10, 100), np.array([[1.0, 1.0, 1.0], [10.0, 12.0, 8.0]]))
    assert spread.low < 1 < spread.high


@pytest.mark.parametrize(("sizes", "times"), [((75,), [[1.0, 2.0]]), ((75, 150), [[1.0], [0.0]]), ((75, 150), [1.0, 2.0])])
def test_times_without_an_exponent_are_refused(sizes, times):
    with pytest.raises(ValueError, match="positive times"):
        growth(sizes, np.array(times))


@pytest.mark.parametrize(("dataset", "n"), [("digits", 100), ("emoji", 75)])
def test_a_size_that_there_is_not_is_refused(dataset, n):
    with pytest.raises(ValueError, match=f"no runs of {n} members of '{dataset}'"):
        of_size(dataset, n)


def test_scores_that_are_missing_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="maintain memory clock-digits-75-seed-0"):
        of_size("digits", 75, tmp_path).outcomes  # noqa: B018


def test_batches_of_another_size_have_runs_of_their_own(tmp_path):
    with pytest.raises(FileNotFoundError, match="maintain memory clock-batch-32-seed-0"):
        of_batch(32, tmp_path).outcomes  # noqa: B018
    with pytest.raises(ValueError, match="no runs with batches of 64; there are 32"):
        of_batch(64)
