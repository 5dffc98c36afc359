"""A network is asked at the size that somebody gives, or at its own."""

from types import SimpleNamespace

import pytest

from helpers.models.pretrained.sizes import as_pair, network_size


def network(size):
    return SimpleNamespace(config=SimpleNamespace(sample_size=size))


def test_one_number_is_both_sides():
    assert as_pair(8) == (8, 8)
    assert as_pair([8, 12]) == (8, 12)


@pytest.mark.parametrize("size", [0, -1, 8.5, (8, 8, 8), (8, 0), "8", (8, "8")])
def test_a_size_is_one_or_two_positive_integers(size):
    with pytest.raises(ValueError, match=r"size must be a number of pixels, or \(height, width\), got"):
        as_pair(size)


def test_its_own_size_counts_where_none_is_asked_for():
    assert network_size(network(8), "unet", None) == (8, 8)
    assert network_size(network([8, 12]), "unet", None) == (8, 12)
    assert network_size(network(8), "unet", (4, 4)) == (4, 4)


def test_a_network_without_a_size_has_to_be_told():
    with pytest.raises(ValueError, match=r"unet: its config has no sample_size; .*size= \(--size\)"):
        network_size(network(None), "unet", None)
    assert network_size(network(None), "unet", (4, 4)) == (4, 4)


def test_sides_that_do_not_divide_are_refused():
    assert network_size(network(8), "unet", None, 4) == (8, 8)
    with pytest.raises(ValueError, match="unet: works on sides that are multiples of 4, got 8 x 6"):
        network_size(network(8), "unet", (8, 6), 4)
