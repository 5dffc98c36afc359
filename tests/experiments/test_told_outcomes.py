"""What runs of one kind found, over seeds, and which of two questions is answered better."""

import numpy as np
import pytest

from helpers.evaluation.row import Row
from helpers.experiments.outcomes import Outcome, save_outcome
from helpers.experiments.told_outcomes import ToldRuns, compared
from helpers.training.emoji_recipes import FINE_TUNES, SEEDS


def row(gap, seed):
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((2, 200))
    return Row(noise[0] + gap, noise[1], 50, 1)


@pytest.fixture
def runs(tmp_path):
    for seed in SEEDS:
        recipe = FINE_TUNES[f"emoji-full-seed-{seed}"]
        rows = {("strong", "500"): row(2, seed), ("weak", "500"): row(0.5, seed), ("weak again", "500"): row(0.5, seed)}
        rows["strong", "1000"] = row(3, seed)
        rows["strong", "1000 x 0.5"] = row(1, seed)
        about = {"experiment": recipe.to_json(), "failed": ""}
        save_outcome(recipe.name, Outcome(about, rows, {"copied.500": seed / 10}), tmp_path)
    return ToldRuns("full", tmp_path)


def test_runs_have_one_row_a_seed_with_its_metrics(runs):
    found = runs.runs("strong")
    assert found["seed"].tolist() == list(SEEDS)
    assert found["AUC"].tolist() == [float(r.report.auc) for r in runs.rows("strong")]
    estimate = runs.estimate("strong")
    assert float(estimate) == pytest.approx(found["AUC"].mean())
    assert estimate.low < float(estimate) < estimate.high
    assert runs.quality("copied.500") == [0, 0.1, 0.2]
    assert runs.steps() == [500, 1000]


def test_the_better_question_wins_on_every_seed_and_equal_ones_on_none(runs):
    found = compared(runs, [("strong", "weak"), ("weak", "strong"), ("weak", "weak again")])
    assert found[["for A", "for B"]].to_numpy().tolist() == [[3, 0], [0, 3], [0, 0]]
    assert found["difference"][0].low > 0
    assert float(found["difference"][1]) == pytest.approx(-float(found["difference"][0]))
    assert float(found["difference"][2]) == 0


def test_a_question_that_was_not_asked_then_is_refused(runs):
    with pytest.raises(ValueError, match="full was not asked 'weak' at 1000 with seed 0"):
        runs.rows("weak", "1000")


def test_scores_that_are_not_there_say_how_to_make_them(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no scores of .*; run `.* maintain fine-tunes emoji-full-seed-0`"):
        ToldRuns("full", tmp_path).rows("strong")
    with pytest.raises(ValueError, match="unknown fine-tune nothing"):
        ToldRuns("nothing", tmp_path).rows("strong")
