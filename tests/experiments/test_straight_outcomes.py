"""Runs of one kind are read together: along the path, along their training, and where they are as good as others."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.evaluation.metrics import METRICS
from helpers.evaluation.row import Row
from helpers.experiments import straight_outcomes
from helpers.experiments.outcomes import Outcome, save_outcome
from helpers.experiments.straight import ALONG_THE_PATH
from helpers.experiments.straight_outcomes import StraightRuns
from helpers.training.straight_recipes import STRAIGHT

LEAK = {"ddpm": 0.5, "flow": 1.5}  # by how much members are ahead at the end
FRECHET = {"ddpm": (9.0, 6.0, 4.0), "flow": (5.0, 4.0, 2.0)}  # by checkpoint
STEPS = (300, 600, 900)


def row(ahead, seed, n=60):
    scores = np.random.default_rng(seed).normal(size=(2, n))
    return Row(scores[0] + ahead, scores[1], 50, 1)


def outcome(recipe, kind):
    rows = {("SimA", str(step)): row(LEAK[kind] * (i + 1) / 3, recipe.seed) for i, step in enumerate(STEPS)}
    rows |= {("SimA", "end"): rows["SimA", "900"], ("PIA", "end"): row(0, recipe.seed)}
    quality = {f"frechet.{step}": value + recipe.seed / 10 for step, value in zip(STEPS, FRECHET[kind], strict=True)}
    for t in ALONG_THE_PATH:
        quality |= {f"{metric} of SimA at {t}": 0.9 - abs(t - 60 - 10 * recipe.seed) / 2000 for metric in METRICS}
    return Outcome({"experiment": recipe.to_json(), "failed": ""}, rows, quality)


@pytest.fixture
def folder(tmp_path):
    for (dataset, kind, _), recipe in STRAIGHT.items():
        if dataset == "digits" and kind in LEAK:
            save_outcome(recipe.name, outcome(recipe, kind), tmp_path)
    return tmp_path


@pytest.fixture
def flow(folder):
    return StraightRuns("digits", "flow", folder)


def test_all_seeds_are_read_and_their_mean_has_an_interval(flow):
    assert list(flow.outcomes) == [0, 1, 2]
    estimate = flow.estimate()
    assert estimate.low < estimate < estimate.high
    assert float(estimate) == pytest.approx(flow.runs()["AUC"].mean())
    assert float(flow.estimate("PIA")) < float(estimate)
    assert flow.steps() == list(STEPS)
    assert flow.quality("frechet.900") == pytest.approx([2.0, 2.1, 2.2])


def test_along_the_path_there_is_one_estimate_a_place_and_a_peak_a_seed(flow):
    along = flow.along()
    assert len(along) == len(ALONG_THE_PATH)
    assert flow.peaks() == [60, 60, 80]  # nearest to 60, 70 and 80; of two as near, the first
    assert max(along) == max(along, key=float)


def test_the_trail_falls_in_distance_and_rises_in_leak(flow):
    trail = flow.trail()
    assert trail["step"].tolist() == list(STEPS)
    assert (np.diff(trail["AUC"].astype(float)) > 0).all()
    assert (np.diff(trail["frechet"].astype(float)) < 0).all()


def test_the_first_checkpoint_that_is_as_good_is_taken(flow):
    found = flow.once_as_good(4.15)
    assert found["step"].tolist() == [600, 600, 900]
    aucs = [*flow.runs(when="600")["AUC"][:2], flow.runs(when="900")["AUC"][2]]
    assert found["AUC"].tolist() == pytest.approx(aucs)
    assert flow.once_as_good(2.05)["failed"].tolist() == ["", "never as good", "never as good"]


def test_what_is_not_there_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="no runs of 'spiral' on 'digits'; there are ddpm, "):
        _ = StraightRuns("digits", "spiral", folder).outcomes
    with pytest.raises(FileNotFoundError, match="run `python -m helpers maintain straight digits-flow-dit-seed-0`"):
        _ = StraightRuns("digits", "flow-dit", folder).outcomes
    with pytest.raises(ValueError, match="digits-flow was not attacked by 'GSA' at end with seed 0"):
        StraightRuns("digits", "flow", folder).runs("GSA")


def test_scores_of_another_recipe_are_refused(folder, monkeypatch):
    changed = {key: replace(recipe, steps=7) for key, recipe in STRAIGHT.items()}
    monkeypatch.setattr(straight_outcomes, "STRAIGHT", changed)
    monkeypatch.setattr("helpers.experiments.straight.STRAIGHT", changed)
    with pytest.raises(ValueError, match="belong to another recipe"):
        _ = StraightRuns("digits", "flow", folder).outcomes
