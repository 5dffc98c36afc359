"""An innocent collection is accused no more often than the level says, a used one is found; what cannot be tested is refused."""

import numpy as np
import pytest
from scipy.stats import ttest_ind
from sklearn.linear_model import LogisticRegression

from helpers.evaluation import collection
from helpers.evaluation.collection import collection_test, logistic_weights, one_of_each, prepared, twice_the_median
from helpers.evaluation.simulated_collections import World


def drawn(seed=0, **world):
    suspects, comparison = World(**world).draw(1, np.random.default_rng(seed))
    return suspects[0], comparison[0]


def test_a_collection_that_was_used_is_found_and_an_innocent_one_is_not():
    used, innocent = collection_test(*drawn(used=1.0, effect=1.0)), collection_test(*drawn())
    assert used.p < 1e-4
    assert 0 < used.difference.low < used.difference < used.difference.high
    assert (used.suspects, used.comparison, len(used.p_of_cuts)) == (100, 100, 25)
    assert innocent.p > 0.05
    assert innocent.difference.low < 0 < innocent.difference.high


def test_a_quarter_of_a_collection_is_enough_where_it_is_large():
    assert collection_test(*drawn(suspects=1000, comparison=1000, used=0.25, effect=1.0)).p < 0.01


def test_suspects_that_are_known_less_are_not_accused():
    suspects, comparison = drawn(used=1.0, effect=1.0)
    assert collection_test(comparison, suspects).p == 1


def test_one_image_with_an_extreme_score_moves_little():
    suspects, comparison = drawn(used=1.0, effect=1.0)
    before = collection_test(suspects, comparison).p
    suspects[0] *= 1e9
    assert collection_test(suspects, comparison).p < 100 * before


def test_any_rising_transformation_of_the_scores_leaves_the_answer():
    suspects, comparison = drawn()
    assert collection_test(suspects, comparison).p == collection_test(np.cbrt(suspects), np.cbrt(comparison)).p


def test_the_seed_decides_the_cuts_and_one_cut_is_a_lottery():
    suspects, comparison = drawn(used=0.5)
    single = [collection_test(suspects, comparison, seed, cuts=1).p_of_cuts[0] for seed in range(20)]
    many = [collection_test(suspects, comparison, seed).p for seed in range(20)]
    assert collection_test(suspects, comparison, 3).p == many[3]
    assert max(single) / min(single) > 10 * max(many) / min(many)


def test_the_tests_of_a_cut_are_those_of_scikit_learn_and_scipy():
    x = np.random.default_rng(0).normal(size=(60, 3)) + np.repeat([0.5, 0.0], [20, 40])[:, None]
    label = np.repeat([1, 0], [20, 40])
    fitted = LogisticRegression(C=1 / (collection.PENALTY * 60), tol=1e-10).fit(x, label)
    assert np.allclose(logistic_weights(x[None], label.astype(float))[0], fitted.coef_[0], atol=1e-6)
    found = collection._welch(x[None, :20, 0], x[None, 20:, 0])
    expected = ttest_ind(x[:20, 0], x[20:, 0], equal_var=False, alternative="greater")
    assert found.p[0] == pytest.approx(expected.pvalue)


def test_batches_do_not_change_the_answer(monkeypatch):
    rows = np.tile(np.arange(100), (6, 1)), np.tile(np.arange(100, 200), (6, 1))
    assert [len(first) for first, _ in collection._batches(*rows, 5)] == [6]
    monkeypatch.setattr(collection, "AT_ONCE", 2 * 5 * 200)
    assert [len(first) for first, _ in collection._batches(*rows, 5)] == [2, 2, 2]
    assert len(collection_test(*drawn()).p_of_cuts) == 25


def test_twice_the_median_is_no_more_than_one():
    assert twice_the_median(np.array([[0.01, 0.02, 0.9], [0.6, 0.7, 0.8]])).tolist() == [0.04, 1.0]


def test_of_each_group_one_row_is_left():
    groups = np.array([4, 4, 1, 4, 0, 1])
    rows = one_of_each(groups)
    assert sorted(groups[rows]) == [0, 1, 4]
    assert (np.diff(rows) > 0).all()
    assert len({tuple(one_of_each(groups, seed)) for seed in range(20)}) > 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, c: (s[:19], c), "suspects holds 19 images; a test of a collection needs at least 20"),
        (lambda s, c: (s, c[:3]), "comparison holds 3 images"),
        (lambda s, c: (np.where(s == s.max(), np.nan, s), c), "suspects holds 1 NaN or infinite scores"),
        (lambda s, c: (s, np.where(c == c.min(), -np.inf, c)), "comparison holds 1 NaN or infinite scores"),
        (lambda s, c: (s, c[:, :3]), "the scores of the same attacks, got 5 and 3 columns"),
        (lambda s, c: (s[:, 0], c[:, 0]), r"suspects must have shape \(images, attacks\), got \(100,\)"),
        (lambda s, c: (s, np.concatenate([c, s[:4]])), "4 images have the same scores among suspects and comparison images"),
    ],
)
def test_what_cannot_be_tested_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        prepared(*change(*drawn()))


@pytest.mark.parametrize("cuts", [0, 4])
def test_a_number_of_cuts_without_a_middle_is_refused(cuts):
    with pytest.raises(ValueError, match=f"cuts must be an odd number, so that one of them is the median, got {cuts}"):
        collection_test(*drawn(), cuts=cuts)
