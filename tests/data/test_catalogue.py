"""The data sets of the book are what their records say, whole and in disjoint parts."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits as sklearn_digits

from helpers.data.catalogue import (
    DATASETS,
    FASHION_ARCHIVE,
    auxiliary_labels,
    load_digits,
    load_fashion,
    load_split,
    member_labels,
)

WITH_PACKAGE = [name for name, dataset in DATASETS.items() if dataset.load]


def test_digits_are_images_in_range_in_three_disjoint_parts():
    split = load_digits()
    parts = [split.members, split.held_out, split.auxiliary]
    assert [len(p) for p in parts] == [600, 600, 597]
    assert split.members.dtype == torch.float32
    assert split.members.shape[1:] == (1, 8, 8)
    assert torch.cat(parts).min() == -1
    assert torch.cat(parts).max() == 1
    assert len({image.numpy().tobytes() for image in torch.cat(parts)}) == 1797


def test_the_seed_decides_the_split():
    assert torch.equal(load_digits(3).members, load_digits(3).members)
    assert not torch.equal(load_digits(3).members, load_digits(4).members)


def test_more_digits_than_there_are_is_refused():
    with pytest.raises(ValueError, match="at most 1797 together, got 1000 and 1000"):
        load_digits(members=1000, held_out=1000)


# Clothes


@pytest.mark.parametrize("size", [32, 16, 8])
def test_clothes_are_images_in_range_in_three_disjoint_parts(size):
    split = load_fashion(size=size)
    parts = [split.members, split.held_out, split.auxiliary]
    assert [len(p) for p in parts] == [600, 600, 4800]
    assert split.members.dtype == torch.float32
    assert split.members.shape[1:] == (1, size, size)
    everything = torch.cat(parts)
    assert everything.min() == -1
    assert 0.8 < everything.max() <= 1
    assert len({image.numpy().tobytes() for image in everything}) == 6000


def test_small_clothes_are_means_of_blocks_of_the_large_ones():
    large, middle, small = (load_fashion(size=size) for size in (32, 16, 8))
    for kind in ("members", "held_out", "auxiliary"):
        pixels = getattr(large, kind)
        blocks = pixels.reshape(len(pixels), 1, 16, 2, 16, 2).mean((3, 5))
        assert torch.allclose(getattr(middle, kind), blocks, atol=1e-5)
        assert torch.allclose(getattr(small, kind), pixels.reshape(len(pixels), 1, 8, 4, 8, 4).mean((3, 5)), atol=1e-5)


def test_large_clothes_have_a_margin_of_background():
    margin = load_fashion(size=32).members.clone()
    margin[:, :, 2:-2, 2:-2] = -1
    assert (margin == -1).all()


def test_the_seed_decides_the_split_of_clothes_too():
    assert torch.equal(load_fashion(3).members, load_fashion(3).members)
    assert torch.equal(load_fashion(3, members=5).members, load_fashion(3).members[:5])
    assert not torch.equal(load_fashion(3).members, load_fashion(4).members)


def test_all_clothes_may_be_used_up():
    assert load_fashion(members=3000, held_out=3000, size=8).auxiliary is None


@pytest.mark.parametrize("size", [28, 0, 64])
def test_another_size_of_clothes_is_refused(size):
    with pytest.raises(ValueError, match=f"size must be 32, 16 or 8, got {size}"):
        load_fashion(size=size)


@pytest.mark.parametrize(("members", "held_out"), [(1, 600), (600, 1), (6000, 2), (-1, 5)])
def test_a_wrong_number_of_clothes_is_refused(members, held_out):
    message = f"at least 2 and at most 6000 together, got {members} and {held_out}"
    with pytest.raises(ValueError, match=message):
        load_fashion(members=members, held_out=held_out)


# Labels


@pytest.mark.parametrize("seed", [0, 3])
def test_labels_of_auxiliary_digits_are_those_of_the_originals(seed):
    originals = sklearn_digits()
    labels_of = {image.tobytes(): label for image, label in zip(originals.images, originals.target, strict=True)}
    split, labels = load_digits(seed), auxiliary_labels("digits", seed)
    assert labels.dtype == torch.int64
    pixels = ((split.auxiliary[:, 0].double() + 1) * 8).numpy()
    assert labels.tolist() == [labels_of[image.tobytes()] for image in pixels]
    pixels = ((load_digits(seed, 70).members[:, 0].double() + 1) * 8).numpy()
    assert member_labels("digits", seed, 70).tolist() == [labels_of[image.tobytes()] for image in pixels]


@pytest.mark.parametrize(("members", "held_out"), [(600, 600), (40, 50)])
def test_labels_of_auxiliary_clothes_are_those_of_the_archive(members, held_out):
    split, labels = load_fashion(2, members, held_out, size=32), auxiliary_labels("fashion", 2, members, held_out)
    with np.load(FASHION_ARCHIVE) as archive:
        labels_of = {image.tobytes(): label for image, label in zip(archive["images"], archive["labels"], strict=True)}
    pixels = ((split.auxiliary[:, 0, 2:-2, 2:-2] + 1) * 127.5).round().to(torch.uint8).numpy()
    assert labels.tolist() == [labels_of[image.tobytes()] for image in pixels]
    assert set(labels.tolist()) == set(range(10))


# Records


def test_a_record_stands_under_its_own_name_and_says_where_the_images_are_from():
    for name, dataset in DATASETS.items():
        assert dataset.name == name
        assert dataset.source
        assert dataset.licence
        assert (dataset.load is None) != (dataset.hub is None)  # it comes with the package, or from the hub


@pytest.mark.parametrize("name", WITH_PACKAGE)
def test_what_comes_with_the_package_is_as_its_record_says(name):
    split, dataset = load_split(name), DATASETS[name]
    assert split.image_shape == dataset.image_shape
    if dataset.labels:
        assert len(dataset.labels()) == len(split.candidates) + len(split.auxiliary)
    if not dataset.white:
        return
    steps = dataset.white * (32 // dataset.image_shape[-1]) ** 2  # from black to white, of a mean of so many pixels
    levels = (split.candidates + 1) / 2 * steps
    assert (levels - levels.round()).abs().max() < 1e-2


@pytest.mark.parametrize("name", WITH_PACKAGE)
def test_a_split_is_loaded_by_name_and_seed(name):
    split = load_split(name, 3)
    assert torch.equal(split.members, DATASETS[name].load(3).members)
    assert len(split.members) == len(split.held_out) >= 500


@pytest.mark.parametrize(
    ("load", "known"),
    [(load_split, "digits, fashion, emoji"), (auxiliary_labels, "digits, fashion"), (member_labels, "digits, fashion")],
)
@pytest.mark.parametrize("name", ["cifar10", "cats"])
def test_a_data_set_that_does_not_come_with_the_package_is_refused(load, known, name):
    with pytest.raises(ValueError, match=f"dataset must be one of {known}, got '{name}'"):
        load(name)
