"""Fewer images suffice where the model remembers more, and where all that there are do not suffice, that is said."""

import numpy as np
import pytest

from helpers.evaluation.images_needed import default_sizes, images_needed, share
from helpers.evaluation.simulated_collections import World


def drawn(**world):
    suspects, comparison = World(**world).draw(1, np.random.default_rng(0))
    return suspects[0], comparison[0]


@pytest.fixture(scope="module")
def strong():
    return images_needed(*drawn(suspects=300, comparison=300, used=1.0, effect=1.0), repeats=50)


def test_power_grows_with_the_number_of_images(strong):
    sizes, power = list(strong.power), list(strong.power.values())
    assert (sizes[0], sizes[-1]) == (20, 300)
    assert power[0] < 0.8 < power[-1] == 1
    assert all(p.low <= p <= p.high for p in power)
    assert strong.power[strong.needed] >= 0.8
    assert all(p < 0.8 for n, p in strong.power.items() if n < strong.needed)
    assert str(strong) == f"about {strong.needed} images"


def test_a_stronger_memory_needs_fewer_images(strong):
    stronger = images_needed(*drawn(suspects=300, comparison=300, used=1.0, effect=3.0), repeats=50)
    assert stronger.needed < strong.needed
    assert str(stronger) == "at most 20 images"


@pytest.mark.slow
def test_where_half_of_the_collection_was_used_it_takes_more(strong):
    half = images_needed(*drawn(suspects=600, comparison=300, used=0.5, effect=1.0), repeats=50)
    assert half.needed > strong.needed


def test_an_innocent_collection_needs_more_than_there_are():
    found = images_needed(*drawn(), repeats=50)
    assert found.needed is None
    assert str(found) == "more than the 100 images there are"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"alpha": 0.0}, "alpha and power must be in"),
        ({"power": 1.0}, "alpha and power must be in"),
        ({"repeats": 0}, "repeats at least 1"),
        ({"sizes": (10, 50)}, r"sizes must be in \[20, 100\], got \[10, 50\]"),
        ({"sizes": (50, 101)}, r"sizes must be in \[20, 100\]"),
        ({"sizes": ()}, r"sizes must be in \[20, 100\], got \[\]"),
    ],
)
def test_settings_that_mean_nothing_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        images_needed(*drawn(), **wrong)


def test_too_few_images_are_refused_as_by_the_test():
    suspects, comparison = drawn()
    with pytest.raises(ValueError, match="suspects holds 5 images"):
        images_needed(suspects[:5], comparison)


def test_sizes_begin_with_the_fewest_and_end_with_all():
    assert default_sizes(20) == [20]
    assert default_sizes(2560) == [20, 40, 80, 160, 320, 640, 1280, 2560]


def test_a_shares_interval_is_clopper_and_pearsons():
    assert share(0, 10).triple == pytest.approx((0, 0, 0.3085), abs=1e-4)
    with pytest.raises(ValueError, match="between none and all of them, got 3 of 2"):
        share(3, 2)
    with pytest.raises(ValueError, match="a share is of at least 1"):
        share(0, 0)
