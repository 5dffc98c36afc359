"""Repetitions become a mean with an interval; failed runs are left out and counted."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_1samp

from helpers.evaluation.metrics import evaluate
from helpers.evaluation.row import Row
from helpers.experiments.outcomes import Outcome, save_outcome
from helpers.experiments.over_seeds import collect, difference, over_seeds, ratio, summarise, written
from helpers.training.experiment_recipes import EXPERIMENT_GROUPS

THREE = [e for e in EXPERIMENT_GROUPS["beta"] if e.autoencoder.beta == 1e-2]


@pytest.fixture
def kept(tmp_path):
    """keep(experiment, failed="") stores made-up scores in `tmp_path`."""

    def keep(e, failed=""):
        rng = np.random.default_rng(e.seed)
        row = Row(rng.normal(1, 1, 50), rng.normal(0, 1, 50), 40, 1)
        rows = {} if failed else {("SimA", "mean"): row}
        save_outcome(e.name, Outcome({"experiment": e.to_json(), "failed": failed}, rows, {"psnr": 20.0 + e.seed}), tmp_path)
        return row

    return keep


def test_the_interval_over_seeds_is_that_of_a_t_test():
    values = [0.71, 0.80, 0.77]
    estimate = over_seeds(values)
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert float(estimate) == pytest.approx(np.mean(values))
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))


def test_the_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = [e.low <= 0.5 <= e.high for e in (over_seeds(rng.normal(0.5, 0.1, 3)) for _ in range(2000))]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("values", [[], [0.7], [0.7, float("nan")], [[0.7, 0.8]]])
def test_too_few_or_broken_repetitions_are_refused(values):
    with pytest.raises(ValueError, match="at least 2 finite values"):
        over_seeds(values)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_the_interval_of_a_share_holds_its_mean_and_stays_a_share(values):
    found = over_seeds(values, "share")
    assert float(found) == pytest.approx(np.mean(values))
    assert 0 <= found.low <= float(found) <= found.high <= 1


def test_the_interval_of_a_share_covers_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    hits = [
        e.low <= 0.1 <= e.high for e in (over_seeds(rng.binomial(300, rng.beta(4, 36, 3)) / 300, "share") for _ in range(2000))
    ]
    assert np.mean(hits) == pytest.approx(0.95, abs=0.03)


@pytest.mark.parametrize("values", [[-0.1, 0.2], [0.5, 1.1], [0.5, float("nan")]])
def test_what_is_no_share_is_refused(values):
    with pytest.raises(ValueError, match="values from 0 to 1"):
        over_seeds(values, "share")


def test_rates_and_parts_of_images_are_summarised_as_shares():
    values = [0.02, 0.5, 0.1]
    runs = pd.DataFrame({"name": "a", "failed": "", "TPR at 1% FPR": values, "recall": values})
    for column in ("TPR at 1% FPR", "recall"):
        [found] = summarise(runs, "name", [column])[column]
        assert found.triple == over_seeds(values, "share").triple
        assert found.low >= 0


def test_a_run_becomes_a_row_with_its_settings_figures_and_quality(kept, tmp_path):
    rows = [kept(e) for e in THREE]
    runs = collect(THREE, folder=tmp_path)
    assert runs["seed"].tolist() == [0, 1, 2]
    assert runs["beta"].tolist() == [1e-2] * 3
    assert runs["psnr"].tolist() == [20, 21, 22]
    expected = [float(evaluate(r.members.astype(np.float32), r.held_out.astype(np.float32), bootstrap=0).auc) for r in rows]
    assert runs["AUC"].tolist() == pytest.approx(expected)


def test_an_attack_that_did_not_meet_a_run_is_named(kept, tmp_path):
    kept(THREE[0])
    with pytest.raises(ValueError, match=r"was attacked by .*, not by \('PIA', 'mean'\)"):
        collect(THREE[:1], "PIA", folder=tmp_path)


def test_a_run_without_scores_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="make retrain"):
        collect(THREE, folder=tmp_path)


def test_failed_runs_are_counted_and_not_averaged_in(kept, tmp_path):
    for e in THREE[:2]:
        kept(e)
    kept(THREE[2], failed="the discriminator tells nothing apart")
    runs = collect(THREE, folder=tmp_path)
    summary = summarise(runs, "beta", ["psnr"])
    assert summary["failed"].tolist() == [1]
    assert float(summary["psnr"].iloc[0]) == 20.5
    with pytest.raises(ValueError, match="at least 2"):
        summarise(runs[1:], "beta", ["psnr"])


def test_settings_stay_in_the_order_of_their_runs():
    runs = pd.DataFrame({"name": ["b", "b", "a", "a"], "failed": "", "value": [1.0, 2.0, 3.0, 5.0]})
    assert summarise(runs, "name", ["value"]).index.tolist() == ["b", "a"]


def test_a_summary_is_written_with_its_intervals():
    runs = pd.DataFrame({"beta": 0.1, "failed": "", "AUC": [0.7, 0.8], "psnr": [20.0, 21.0]})
    text = written(summarise(runs, "beta", ["AUC", "psnr"]), {"psnr": 1})
    assert text["AUC"].iloc[0].startswith("0.75 [")
    assert text["psnr"].iloc[0].startswith("20.5 [")
    assert text["failed"].iloc[0] == "0"


def runs_of(values, seeds=(0, 1, 2), failed=("", "", "")):
    return pd.DataFrame({"seed": seeds, "failed": failed, "AUC": values})


def test_a_difference_is_taken_seed_by_seed():
    a, b = runs_of([0.9, 0.8, 0.7]), runs_of([0.6, 0.8, 0.7], seeds=(2, 0, 1))
    estimate = difference(a, b, "AUC")
    assert float(estimate) == pytest.approx(0.1)
    assert estimate.high - estimate.low < 1e-9  # 0.1 on every seed: what the seeds have in common is gone


def test_a_failed_run_takes_its_seed_out_of_a_difference():
    a, b = runs_of([0.9, 0.8, 5.0], failed=("", "", "it collapsed")), runs_of([0.6, 0.6, 0.6])
    assert float(difference(a, b, "AUC")) == pytest.approx(0.25)


def test_differences_need_the_same_seeds_once_each():
    with pytest.raises(ValueError, match=r"the same seeds, got \[0, 1, 2\] and \[0, 1, 3\]"):
        difference(runs_of([1, 2, 3]), runs_of([1, 2, 3], seeds=(0, 1, 3)), "AUC")
    with pytest.raises(ValueError, match=r"one run a seed is needed, got seeds \[0, 1, 1\]"):
        difference(runs_of([1, 2, 3], seeds=(0, 1, 1)), runs_of([1, 2, 3]), "AUC")


def test_a_ratio_is_taken_seed_by_seed_too():
    a, b = runs_of([8.0, 2.0, 5.0]), runs_of([2.5, 4.0, 1.0], seeds=(2, 0, 1))
    estimate = ratio(a, b, "AUC")
    assert estimate.triple == pytest.approx((2, 2, 2))
    with pytest.raises(ValueError, match="the same seeds"):
        ratio(a, runs_of([1, 2, 3], seeds=(0, 1, 3)), "AUC")


def test_distances_have_geometric_means_and_intervals_that_stay_positive():
    runs = pd.DataFrame({"name": "a", "failed": "", "frechet": [4.0, 10.0, 5.0]})
    [found] = summarise(runs, "name", ["frechet"])["frechet"]
    assert float(found) == pytest.approx(200 ** (1 / 3))
    assert 0 < found.low < float(found) < found.high
    assert np.log(found.triple) == pytest.approx(over_seeds(np.log([4.0, 10.0, 5.0])).triple)
    with pytest.raises(ValueError, match="at least 2 finite, positive values"):
        over_seeds([1.0, 0.0], "logarithm")


def test_a_summary_by_two_settings_keeps_their_names_when_written():
    runs = pd.DataFrame({"family": ["kl"] * 2 + ["vq"] * 2, "size": 8, "failed": "", "AUC": [0.8, 0.9, 0.7, 0.6]})
    table = written(summarise(runs, ["family", "size"], ["AUC"]))
    assert table.index.names == ["family", "size"]
    assert table["AUC"].iloc[0].startswith("0.85 [")
