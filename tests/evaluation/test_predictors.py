"""What can be known before training is what its definition says, and a regression explains what there is to explain."""

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.data.catalogue import load_digits, member_labels
from helpers.data.near_copies import nearest
from helpers.evaluation.predictors import FOLDS, agreement, complexity, explained, predictors, rank_correlation

NAMES = ["nearest", "nearest five", "density", "class frequency", "from the mean", "norm", "complexity"]


@pytest.fixture(scope="module")
def members():
    return load_digits().members[:120]


@pytest.fixture(scope="module")
def labels():
    return member_labels("digits")[:120]


def random_table(n=150, seed=0):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, 3)), columns=["a", "b", "c"])


# Predictors


def test_distances_are_those_of_near_copies_and_none_is_missing(members, labels):
    found = predictors(members, labels)
    assert [*found.columns] == NAMES
    assert np.isfinite(found.to_numpy()).all()
    assert found["nearest"].to_numpy() == pytest.approx(nearest(members).distance.numpy(), rel=1e-5)
    assert (found["nearest five"] >= found["nearest"]).all()
    assert found["class frequency"][0] == (labels == labels[0]).double().mean()


def test_a_lonely_image_is_far_from_all_and_where_nothing_is_dense(members, labels):
    with_lonely = torch.cat([members, torch.where(torch.arange(64).reshape(1, 1, 8, 8) % 2 == 0, 1.0, -1.0)])
    found = predictors(with_lonely, torch.cat([labels, labels.new_tensor([11])]))
    for name in ("nearest", "nearest five", "from the mean"):
        assert found[name].idxmax() == 120
    for name in ("density", "class frequency"):
        assert found[name].idxmin() == 120


def test_a_copy_has_no_distance_and_more_than_chance_around_it(members, labels):
    found = predictors(torch.cat([members, members[:1]]), torch.cat([labels, labels[:1]]))
    assert (found["nearest"] == 0).to_numpy().nonzero()[0].tolist() == [0, 120]
    assert set(found["density"].nlargest(2).index) == {0, 120}


def test_the_order_of_the_members_changes_nothing(members, labels):
    order = torch.randperm(120, generator=torch.Generator().manual_seed(0))
    there, back = predictors(members, labels), predictors(members[order], labels[order])
    assert back.to_numpy() == pytest.approx(there.to_numpy()[order.numpy()])


def test_a_mirror_changes_no_distance_and_a_paler_image_has_less_norm(members, labels):
    there, mirrored = predictors(members, labels), predictors(members.flip(3), labels)
    kept = [name for name in NAMES if name != "complexity"]
    assert mirrored[kept].to_numpy() == pytest.approx(there[kept].to_numpy())
    paler = predictors((members + 1) / 2 - 1, labels)
    for name in ("nearest", "nearest five", "from the mean", "norm"):
        assert paler[name].to_numpy() == pytest.approx(there[name].to_numpy() / 2, rel=1e-5)


def test_a_wider_kernel_finds_more_neighbours(members, labels):
    narrow, wide = (predictors(members, labels, timestep)["density"] for timestep in (20, 300))
    assert (narrow < wide).all()
    assert (wide < 0).all()


def test_noise_is_complex_and_a_flat_picture_is_not():
    noise = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    assert complexity(noise) > 10 * complexity(np.zeros_like(noise))
    assert complexity(noise.T) == complexity(np.ascontiguousarray(noise.T))


def test_bad_images_or_labels_are_refused(members, labels):
    with pytest.raises(ValueError, match="there must be more than 5 members, so that each has neighbours, got 5"):
        predictors(members[:5], labels[:5])
    with pytest.raises(ValueError, match=r"members must lie in \[-1, 1\]"):
        predictors(members + 3, labels)
    for wrong in (labels[:7], labels.float(), labels - 10):
        with pytest.raises(ValueError, match="labels must be 120 whole numbers, 0 or more, got"):
            predictors(members, wrong)


# What they explain


def test_a_target_that_one_predictor_decides_is_explained():
    table = random_table()
    found = explained(table, 1 - 2 * table["b"])
    assert found.ridge > 0.99
    assert 0.8 < found.forest <= 1
    assert found.ranks["b"] == pytest.approx(-1)
    assert abs(found.ranks["a"]) < 0.3 > abs(found.ranks["c"])


def test_a_forest_sees_what_no_line_does():
    table = random_table()
    found = explained(table, table["a"].abs())
    assert found.ridge < 0.2
    assert found.forest > 0.7


def test_noise_is_not_explained():
    table = random_table()
    found = explained(table, np.random.default_rng(9).normal(size=len(table)))
    assert found.ridge < 0.1
    assert found.forest < 0.1


def test_a_predictor_that_is_the_same_for_all_does_no_harm():
    table = random_table().assign(same=1.0)
    found = explained(table, table["a"])
    assert found.ridge > 0.99
    assert np.isnan(found.ranks["same"])


def test_rows_are_those_of_the_target_whatever_they_are_called():
    table = random_table()
    renamed = table.set_axis(range(500, 500 + len(table)))
    target = table["a"].to_numpy()
    assert explained(renamed, target).ranks == explained(table, target).ranks


def test_a_bad_target_is_refused():
    table = random_table()
    with pytest.raises(ValueError, match=f"a target for each of at least {2 * FOLDS} rows, got 149 for 150"):
        explained(table, np.ones(149))
    with pytest.raises(ValueError, match=f"a target for each of at least {2 * FOLDS} rows, got 9 for 9"):
        explained(table[:9], np.ones(9))
    with pytest.raises(ValueError, match="NaN"):
        explained(table, np.full(len(table), np.nan))


def test_a_rank_correlation_has_an_interval_that_holds_the_truth_as_often_as_it_says():
    rng, held = np.random.default_rng(0), 0
    truth = 6 / np.pi * np.arcsin(0.6 / 2)  # Spearman's, of normal numbers with a correlation of 0.6
    for _ in range(200):
        a, b = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 80).T
        found = rank_correlation(a, np.exp(b))
        held += found.low <= truth <= found.high
    assert 180 <= held <= 199


def test_numbers_that_cannot_be_correlated_are_refused():
    with pytest.raises(ValueError, match="at least 4 images, got 3 and 3"):
        rank_correlation([1, 2, 3], [1, 2, 3])
    with pytest.raises(ValueError, match="got 5 and 4"):
        rank_correlation(range(5), range(4))
    with pytest.raises(ValueError, match="NaN"):
        rank_correlation([1, 2, 3, np.nan], range(4))


# Agreement


def test_runs_agree_with_themselves_and_by_the_order_of_their_scores_alone():
    scores = np.random.default_rng(0).normal(size=60)
    found = agreement({"one": scores, "same order": np.exp(scores), "reversed": -scores})
    assert [*found.index] == [*found.columns] == ["one", "same order", "reversed"]
    assert found.to_numpy() == pytest.approx(np.array([[1, 1, -1], [1, 1, -1], [-1, -1, 1]]))
    unrelated = agreement({"one": scores, "other": np.random.default_rng(1).normal(size=60)})
    assert abs(unrelated.loc["one", "other"]) < 0.4


def test_runs_of_other_images_are_refused():
    with pytest.raises(ValueError, match=r"all runs must score the same images, got \[3, 4\]"):
        agreement({"one": np.arange(3.0), "other": np.arange(4.0)})
    with pytest.raises(ValueError, match=r"all runs must score the same images, got \[\]"):
        agreement({})
