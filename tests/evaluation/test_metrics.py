"""The metrics agree with scikit-learn and with cases worked by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from helpers.evaluation.metrics import AT_ONCE, METRICS, Estimate, balanced_accuracy, calibrated_timestep, compare, evaluate

scores = st.lists(st.integers(-5, 5), min_size=1, max_size=40)  # few values: many ties


@pytest.mark.slow
@given(members=scores, held_out=scores)
def test_roc_auc_and_asr_agree_with_scikit_learn(members, held_out):
    report = evaluate(members, held_out, bootstrap=0)
    labels, values = [1] * len(members) + [0] * len(held_out), members + held_out
    assert float(report.auc) == pytest.approx(roc_auc_score(labels, values))
    fpr, tpr, _ = roc_curve(labels, values, drop_intermediate=False)
    assert report.fpr == pytest.approx(fpr)
    assert report.tpr == pytest.approx(tpr)
    assert float(report.asr) == pytest.approx(((tpr + 1 - fpr) / 2).max())
    for level in (0, 0.01, 0.3, 1):
        assert float(report.tpr_at_fpr(level)) == pytest.approx(tpr[fpr <= level + 1e-12].max())


def test_a_case_by_hand():
    report = evaluate([3, 2, 2, 1], [2, 1, 0], bootstrap=0)
    # Pairs won: 3 beats 3; each 2 beats 2 and ties 1; 1 beats 1 and ties 1: (3 + 2.5 + 2.5 + 1.5) / 12.
    assert float(report.auc) == pytest.approx(9.5 / 12)
    # At threshold 2: TPR 3/4, FPR 1/3.
    assert float(report.asr) == pytest.approx((3 / 4 + 1 - 1 / 3) / 2)
    assert report.best_threshold == 2
    assert float(report.tpr_at_fpr(0.01)) == 1 / 4


def test_a_comparison_has_one_named_row_a_report_and_its_intervals():
    good, bad = evaluate([3, 4, 5], [0, 1, 2]), evaluate([0, 4, 1], [3, 1, 2])
    table = compare({"good": good, "bad": bad})
    assert list(table.index) == ["good", "bad"]
    assert table.loc["good", "AUC"] == "1.000 [1.000, 1.000]"
    assert table.loc["bad"].tolist() == [str(bad.auc), str(bad.asr), str(bad.tpr_at_fpr(0.01))]


def test_an_estimate_is_written_with_its_interval():
    estimate = Estimate(0.8349, 0.8, 0.8651)
    assert str(estimate) == estimate.text() == "0.835 [0.800, 0.865]"
    assert estimate.text(2) == "0.83 [0.80, 0.87]"
    assert Estimate(0.01, -0.02, 0.04).text(signed=True) == "+0.010 [-0.020, +0.040]"


def test_the_best_threshold_reaches_the_asr():
    rng = np.random.default_rng(0)
    members, held_out = rng.normal(1, 1, 50), rng.normal(0, 1, 70)
    report = evaluate(members, held_out, bootstrap=0)
    assert balanced_accuracy(members, held_out, report.best_threshold) == pytest.approx(float(report.asr))


def test_exactly_one_percent_is_allowed():
    held_out = np.arange(300.0)
    report = evaluate([296.5, 297.5], held_out, bootstrap=0)  # three held-out scores lie above 296.5
    assert float(report.tpr_at_fpr(0.01)) == 1
    assert float(report.tpr_at_fpr(0.009)) == 0.5


@pytest.mark.parametrize(
    ("members", "held_out", "auc", "asr"), [([1, 2], [0, -1], 1, 1), ([0, -1], [1, 2], 0, 0.5), ([5], [5], 0.5, 0.5)]
)
def test_separated_reversed_and_equal_scores(members, held_out, auc, asr):
    report = evaluate(members, held_out)
    assert (float(report.auc), float(report.asr)) == (auc, asr)


def test_scores_as_a_network_gives_them_need_no_conversion():
    halves = torch.tensor([0.5, 0.25, 1.0], dtype=torch.bfloat16, requires_grad=True)
    assert evaluate(halves, [0.3]).auc == evaluate([0.5, 0.25, 1.0], [0.3]).auc
    assert calibrated_timestep(halves[None], torch.zeros(1, 2), [40]) == 40


def test_infinite_scores_are_ordered_like_others():
    assert float(evaluate([np.inf, 0], [-np.inf, -1], bootstrap=0).auc) == 1


def test_intervals_hold_the_value_and_narrow_with_more_images():
    rng = np.random.default_rng(0)
    few, many = (evaluate(rng.normal(1, 1, n), rng.normal(0, 1, n)) for n in (50, 2000))
    for report in (few, many):
        for estimate in (report.auc, report.asr, report.tpr_at_fpr(0.1)):
            assert estimate.low <= estimate <= estimate.high
    assert many.auc.high - many.auc.low < (few.auc.high - few.auc.low) / 3


@pytest.mark.slow
def test_the_interval_covers_the_truth_about_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    truth = 0.7602499389065233  # Φ(1 / sqrt 2): normal scores one standard deviation apart
    reports = [evaluate(rng.normal(1, 1, 80), rng.normal(0, 1, 80), bootstrap=300, seed=k).auc for k in range(200)]
    covered = np.mean([r.low <= truth <= r.high for r in reports])
    assert 0.88 <= covered <= 0.99


def test_the_seed_decides_the_interval():
    rng = np.random.default_rng(0)
    members, held_out = rng.normal(1, 1, 50), rng.normal(0, 1, 50)
    assert evaluate(members, held_out, seed=1).auc.low == evaluate(members, held_out, seed=1).auc.low
    assert evaluate(members, held_out, seed=1).auc.low != evaluate(members, held_out, seed=2).auc.low


@pytest.mark.parametrize("bootstrap", [0, AT_ONCE - 1, AT_ONCE, 2 * AT_ONCE + 7])
def test_resamples_that_are_held_one_part_after_another_are_those_that_are_drawn_together(bootstrap):
    members, held_out = np.random.default_rng(0).normal(size=(2, 30)).round(1)
    report = evaluate(members, held_out, bootstrap=bootstrap)
    assert {len(report.resamples(metric)) for metric in METRICS} == {1 + bootstrap}
    assert report.estimate("TPR at 1% FPR").triple == report.tpr_at_fpr(0.01).triple  # which draws all of them at once


def test_the_calibrated_timestep_has_the_best_auc_and_ties_go_to_the_smallest():
    members, held_out = np.array([[0, 1], [2, 3], [2, 3]]), np.array([[0, 1], [0, 1], [0, 1]])
    assert calibrated_timestep(members, held_out, [10, 20, 30]) == 20


@pytest.mark.parametrize(
    ("bad", "message"),
    [([], r"n > 0, got \(0,\)"), ([[1.0]], r"shape \(n,\) with n > 0, got \(1, 1\)"), ([1, np.nan, np.nan], "2 NaN")],
)
def test_bad_scores_are_refused(bad, message):
    with pytest.raises(ValueError, match="member_scores.*" + message):
        evaluate(bad, [1.0])
    with pytest.raises(ValueError, match="held_out_scores.*" + message):
        evaluate([1.0], bad)


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"fpr must be in \[0, 1\], got 1.5"):
        evaluate([1], [0], bootstrap=0).tpr_at_fpr(1.5)
    with pytest.raises(ValueError, match="one row of scores per timestep: got 2 and 2 for 1"):
        calibrated_timestep([[1], [2]], [[0], [0]], [10])
    with pytest.raises(ValueError, match="got 0 and 0 for 0"):
        calibrated_timestep([], [], [])
