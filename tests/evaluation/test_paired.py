"""A paired difference sees what a pair of intervals does not, and many questions at once are asked fairly."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluation.metrics import METRICS, evaluate
from helpers.evaluation.paired import holm, paired_difference, verdict


def scores(shift, n=150, seed=0):
    """Members' and held-out scores, `shift` standard deviations apart."""
    rng = np.random.default_rng(seed)
    return rng.normal(shift, 1, n), rng.normal(0, 1, n)


def nearly(pair, scale=0.2, seed=1):
    """What another attack says about the same images: almost the same."""
    rng = np.random.default_rng(seed)
    return tuple(values + rng.normal(0, scale, len(values)) for values in pair)


# Paired differences


@pytest.mark.parametrize("metric", METRICS)
def test_an_attack_does_not_differ_from_itself(metric):
    a, b = evaluate(*scores(1)), evaluate(*scores(1))
    difference = paired_difference(a, b, metric)
    assert difference.value.triple == (0, 0, 0)
    assert difference.p == 1


@pytest.mark.parametrize("metric", METRICS)
def test_a_clearly_better_attack_is_found_from_both_sides(metric):
    good, bad = evaluate(*scores(3)), evaluate(*scores(0.5, seed=1))
    forth, back = paired_difference(good, bad, metric), paired_difference(bad, good, metric)
    assert forth.value.low > 0
    assert forth.p < 0.01
    assert back.p == forth.p
    assert back.value.triple == pytest.approx((-forth.value, -forth.value.high, -forth.value.low))


@pytest.mark.parametrize("metric", METRICS)
def test_the_difference_is_that_of_the_two_figures(metric):
    a, b = evaluate(*scores(1)), evaluate(*scores(1.5, seed=1))
    value = paired_difference(a, b, metric).value
    assert value == pytest.approx(a.estimate(metric) - b.estimate(metric))
    assert value.low <= value <= value.high


def test_the_smallest_p_value_is_that_of_the_number_of_draws():
    good, bad = (evaluate(*pair, bootstrap=99) for pair in (([5, 6, 7], [0, 1, 2]), ([0, 1, 2], [5, 6, 7])))
    assert paired_difference(good, bad, "AUC").p == pytest.approx(2 * 1 / 100)


def test_pairing_narrows_the_interval_of_attacks_that_err_together():
    first = scores(1)
    a, b = evaluate(*first), evaluate(*nearly(first))
    apart = evaluate(*nearly(first), seed=1)  # the same attack, on images drawn by themselves
    low, high = np.percentile(a.resamples("AUC")[1:] - apart.resamples("AUC")[1:], [2.5, 97.5])
    paired = paired_difference(a, b, "AUC").value
    assert paired.high - paired.low < (high - low) / 2


def test_pairing_finds_what_overlapping_intervals_hide():
    first = scores(1, n=400)
    a, b = evaluate(*first), evaluate(*nearly(first, scale=0.6))
    assert a.auc.low < b.auc.high
    assert paired_difference(a, b, "AUC").p < 0.01


def test_of_equal_attacks_few_are_called_different():
    """The second attack is another noisy view of the same truth: at the 5% level, about one in twenty is "different"."""
    found = 0
    for k in range(60):
        truth = scores(1, n=100, seed=k)
        a, b = (evaluate(*nearly(truth, 1, 1000 + 2 * k + side), bootstrap=200) for side in (0, 1))
        found += paired_difference(a, b, "AUC").p < 0.05
    assert found <= 9


def test_reports_that_are_no_pair_are_refused_with_what_they_are():
    a = evaluate(*scores(1, n=50))
    members, held_out = scores(1, n=50)
    others = {
        r"\(50, 50, 0, 1000\) and \(49, 50, 0, 1000\)": evaluate(members[1:], held_out),
        r"\(50, 50, 0, 1000\) and \(50, 49, 0, 1000\)": evaluate(members, held_out[1:]),
        r"\(50, 50, 0, 1000\) and \(50, 50, 1, 1000\)": evaluate(members, held_out, seed=1),
        r"\(50, 50, 0, 1000\) and \(50, 50, 0, 999\)": evaluate(members, held_out, bootstrap=999),
    }
    for message, b in others.items():
        with pytest.raises(ValueError, match=r"must be evaluated on the same images .* got .*" + message):
            paired_difference(a, b, "AUC")


def test_a_difference_without_a_bootstrap_is_refused():
    a = evaluate([1, 2], [0, 1], bootstrap=0)
    with pytest.raises(ValueError, match=r"bootstrap > 0; got .* \(2, 2, 0, 0\) and \(2, 2, 0, 0\)"):
        paired_difference(a, a, "AUC")


def test_an_unknown_metric_is_refused_with_those_there_are():
    a = evaluate(*scores(1))
    with pytest.raises(ValueError, match="metric must be one of AUC, ASR, TPR at 1% FPR, got 'F1'"):
        paired_difference(a, a, "F1")


# Holm's correction

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("raw", "adjusted"),
    [
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),  # 3 x 0.01; 2 x 0.03; 1 x 0.04, but not below the one before
        ([0.005, 0.011, 0.02, 0.04, 0.13], [0.025, 0.044, 0.06, 0.08, 0.13]),
        ([0.6, 0.5, 0.4], [1, 1, 1]),
        ([0.02, 0.02], [0.04, 0.04]),
        ([], []),
    ],
)
def test_holm_agrees_with_cases_by_hand(raw, adjusted):
    assert holm(raw) == pytest.approx(adjusted)


@given(p_values)
def test_holm_never_lowers_a_p_value_and_keeps_it_one(raw):
    adjusted = holm(raw)
    assert (adjusted >= raw).all()
    assert (adjusted <= 1).all()


@given(p_values)
def test_holm_keeps_the_order(raw):
    order = np.argsort(raw, kind="stable")
    assert (np.diff(holm(raw)[order]) >= 0).all()


@given(p_values, st.randoms(use_true_random=False))
def test_holm_does_not_care_in_which_order_the_questions_come(raw, random):
    order = list(range(len(raw)))
    random.shuffle(order)
    assert holm(np.array(raw)[order]) == pytest.approx(holm(raw)[order])


@given(p_values)
def test_holm_rejects_no_more_than_one_by_one_and_no_fewer_than_bonferroni(raw):
    rejected = holm(raw) < 0.05
    bonferroni = np.minimum(1, np.array(raw) * len(raw)) < 0.05
    assert (bonferroni <= rejected).all()
    assert (rejected <= (np.array(raw) < 0.05)).all()


@pytest.mark.parametrize("bad", [[0.5, 1.1], [-0.1], [np.nan], [[0.1]], 0.3])
def test_what_is_no_list_of_p_values_is_refused(bad):
    with pytest.raises(ValueError, match=r"p_values must be numbers in \[0, 1\], got"):
        holm(bad)


# Verdicts


@pytest.mark.parametrize(
    ("difference", "p", "expected"),
    [
        (0.1, 0.01, "better"),
        (-0.1, 0.01, "worse"),
        (0.1, 0.05, "undecided"),
        (-0.1, 0.2, "undecided"),
        (0.1, 0.0499, "better"),
        (0.0, 1.0, "undecided"),
    ],
)
def test_a_verdict_needs_a_small_p_value_and_takes_the_side_of_the_difference(difference, p, expected):
    assert verdict(difference, p) == expected
