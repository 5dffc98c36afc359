"""The level holds for independent images, not for near copies, and one of each group brings it back."""

import numpy as np
import pytest

from helpers.evaluation.collection import prepared
from helpers.evaluation.simulated_collections import World, accused


@pytest.mark.parametrize(
    "world",
    [
        World(suspects=20, comparison=20),
        pytest.param(World(), marks=pytest.mark.slow),
        pytest.param(World(suspects=30, comparison=300, attacks=12), marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_the_level_holds_with_one_cut_and_with_many(world, alpha):
    assert accused(world, 2000, alpha, cuts=1).low <= alpha
    assert accused(world, 1000, alpha, cuts=5) <= alpha


@pytest.mark.slow
def test_near_copies_make_innocents_look_guilty_and_one_of_each_group_does_not():
    bursts = World(suspects=300, copies=10)
    assert accused(bursts, 1000, 0.05, cuts=1).low > 0.1
    assert accused(bursts, 1000, 0.05, cuts=5).low > 0.05
    assert accused(bursts, 1000, 0.05, cuts=5, one_a_group=True) <= 0.05


@pytest.mark.slow
def test_power_grows_with_the_share_that_was_used():
    found = [accused(World(suspects=400, comparison=400, effect=1.0, used=used), 200, cuts=5) for used in (0, 0.1, 0.25, 0.5, 1)]
    assert found == sorted(found)
    assert found[0] <= 0.01
    assert found[1] < 0.5 < found[3]
    assert found[-1] == 1


def test_scores_have_long_tails_and_copies_stand_together():
    suspects, comparison = World(copies=4).draw(50, np.random.default_rng(0))
    assert suspects.shape == comparison.shape == (50, 100, 5)
    assert comparison.min() < 50 * np.median(comparison)
    logs = np.log(-suspects[..., 0])
    assert np.corrcoef(logs[:, 0], logs[:, 3])[0, 1] > 0.8
    assert abs(np.corrcoef(logs[:, 3], logs[:, 4])[0, 1]) < 0.5
    assert prepared(suspects[0], comparison[0]).shape == (200, 5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"suspects": 10}, "at least 20 images of each kind"),
        ({"attacks": 0}, "an attack and a copy"),
        ({"copies": 0}, "an attack and a copy"),
        ({"used": 1.5}, r"agreement and used must be in \[0, 1\], got 0.7 and 1.5"),
    ],
)
def test_worlds_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        World(**wrong)


def test_no_collection_and_too_few_groups_are_refused():
    with pytest.raises(ValueError, match="there must be a collection, of at least 20 groups, got 0 of 100"):
        accused(World(), 0)
    with pytest.raises(ValueError, match="got 1 of 10"):
        accused(World(copies=10), 1, one_a_group=True)
