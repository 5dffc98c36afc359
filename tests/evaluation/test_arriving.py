"""The more images come in, and the more of them were used, the smaller the p-value; without a use it stays where it is."""

import numpy as np
import pytest

from helpers.evaluation.arriving import arriving, found
from helpers.evaluation.simulated_collections import World

SIZES = (20, 60, 150)


def scores(effect=0.5):
    members, never_seen = World(suspects=150, comparison=600, used=1.0, effect=effect).draw(1, np.random.default_rng(0))
    return members[0], never_seen[0]


@pytest.fixture(scope="module")
def all_used():
    return arriving(*scores(), SIZES, draws=20)


def test_with_more_images_more_draws_are_found(all_used):
    assert all_used.shape == (20, 3)
    power = found(all_used, SIZES)
    assert list(power) == [*SIZES]
    assert power[20] < power[60] < power[150] == 1
    assert power[150].low < 1 == power[150].high


def test_where_a_part_was_used_fewer_are_found_and_where_none_was_hardly_any(all_used):
    half, none = (arriving(*scores(), SIZES, used=used, draws=20) for used in (0.5, 0.0))
    medians = [np.median(p[:, 2]) for p in (all_used, half, none)]
    assert medians == sorted(medians)
    assert found(none, SIZES, 0.05)[150] < 0.1


def test_the_seed_decides_everything(all_used):
    assert np.array_equal(all_used, arriving(*scores(), SIZES, draws=20))
    assert not np.array_equal(all_used, arriving(*scores(), SIZES, draws=20, seed=1))


def test_a_number_of_suspects_is_tested_as_if_no_more_had_come():
    first, both = (arriving(*scores(), sizes, draws=1, comparison=600)[0, 0] for sizes in ((40,), (40, 50)))
    assert first == both


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": (60, 20)}, r"sizes must rise.*got \[60, 20\] and 300"),
        ({"sizes": ()}, "sizes must rise"),
        ({"sizes": (10, 20)}, "be at least 20"),
        ({"comparison": 19}, "be at least 20, got .* and 19"),
        ({"used": 1.2}, r"used must be in \[0, 1\] and draws at least 1, got 1.2 and 50"),
        ({"draws": 0}, "draws at least 1"),
        ({"sizes": (20, 200)}, "take 200 members and 300 images never seen, got 150 and 600"),
        ({"used": 0.0, "comparison": 500}, "take 0 members and 650 images never seen, got 150 and 600"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        arriving(*scores(), **{"sizes": SIZES} | change)


def test_scores_that_cannot_be_tested_are_refused():
    members, never_seen = scores()
    with pytest.raises(ValueError, match="suspects holds 5 images"):
        arriving(members[:5], never_seen, SIZES)
