"""The figures of CopyMark are whole, and of the kind that they are said to be."""

import pytest

from helpers.experiments.published_copymark import ALLOWED, CARRIED, KOHAKU, LDM, MIXED, ONE_SOURCE, SD, SHARES_OF_COCO


def test_each_share_of_another_source_has_a_figure_and_more_of_it_a_larger_one():
    for values in MIXED.values():
        assert len(values) == len(SHARES_OF_COCO)
        assert list(values) == sorted(values)


def test_within_one_source_all_are_smaller_than_with_any_of_another():
    assert max(ONE_SOURCE.values()) < min(min(values) for values in MIXED.values())


def test_each_model_has_each_attack_once_but_for_one_that_is_not_recorded():
    assert not CARRIED.duplicated(["model", "attack"]).any()
    assert CARRIED.groupby("model")["attack"].nunique().to_dict() == {LDM: 5, SD: 5, "CommonCanvas-XL": 4, KOHAKU: 5}
    assert CARRIED[["TPR", "FPR"]].stack().between(0, 1).all()


def test_only_thresholds_of_a_fitted_classifier_miss_by_more_than_twofold():
    fitted = CARRIED["attack"].str.startswith("GSA")
    assert (CARRIED.loc[fitted, "FPR"] > 5 * ALLOWED).all()
    assert (CARRIED.loc[~fitted, "FPR"] <= 2 * ALLOWED).all()
    assert CARRIED.set_index(["model", "attack"]).loc[(SD, "GSA-1"), "FPR"] == pytest.approx(0.51)
