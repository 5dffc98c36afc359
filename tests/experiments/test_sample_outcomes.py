"""What samples gave away is gathered over seeds, with intervals that stay in their range."""

import numpy as np
import pytest

from helpers.evaluation.row import Row
from helpers.experiments.outcomes import Outcome, save_outcome
from helpers.experiments.over_seeds import over_seeds
from helpers.experiments.sample_outcomes import SampledRuns
from helpers.experiments.samples import SAMPLES_ALONE, STOPS
from helpers.training.sampled_recipes import SAMPLED


@pytest.fixture
def runs(tmp_path):
    for seed in range(3):
        recipe = SAMPLED["duplicates", seed]
        quality = {f"{m} of {a}.{n}": 0.5 + 0.1 * seed for m in ("AUC", "TPR") for a in SAMPLES_ALONE for n in STOPS}
        quality |= {f"extracted{whose}.{n}": n / 40_000 for whose in ("", " held-out", " 100") for n in STOPS}
        members = np.arange(100.0) + 20 * seed
        rows = {("SimA", "members"): Row(members, np.arange(100.0), 50, 1)}
        save_outcome(recipe.name, Outcome({"experiment": recipe.to_json(), "failed": ""}, rows, quality), tmp_path)
    return SampledRuns("duplicates", tmp_path)


def test_means_are_over_seeds(runs):
    assert runs.found("density, wide", 500).triple == over_seeds([0.5, 0.6, 0.7], "share").triple
    table = runs.along("TPR")
    assert list(table.columns) == list(SAMPLES_ALONE)
    assert list(table.index) == list(STOPS)
    assert table.loc[100, "nearest, pixels"].triple == runs.found("nearest, pixels", 100, "TPR").triple
    assert [float(share) for share in runs.extracted("100")] == pytest.approx([n / 40_000 for n in STOPS])


def test_what_attacks_say_of_members_is_computed_from_their_scores(runs):
    aucs = [0.5, 0.68, 0.82]
    assert float(runs.asked("SimA")) == pytest.approx(np.mean(aucs))
    assert float(runs.asked("SimA", metric="TPR")) == pytest.approx(np.mean([0.01, 0.21, 0.41]), abs=0.02)


def test_what_there_is_not_is_named(runs, tmp_path):
    with pytest.raises(ValueError, match="no runs of 'n = 7'; there are n = 300"):
        _ = SampledRuns("n = 7").outcomes
    with pytest.raises(ValueError, match=r"holds nothing called 'extracted 3\.100'"):
        runs.extracted("3")
    with pytest.raises(ValueError, match="'PIA' was not asked about 'samples' of 'duplicates'"):
        runs.asked("PIA", "samples")
    with pytest.raises(FileNotFoundError, match="maintain samples clock-digits-300-seed-0"):
        SampledRuns("n = 300", tmp_path).found("nearest, pixels", 100)
