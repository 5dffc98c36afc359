"""A split is disjoint, reproducible, and refuses images that would spoil an experiment."""

import gzip

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits as sklearn_digits

from helpers.data import catalogue
from helpers.data.catalogue import auxiliary_labels, load_digits, load_fashion
from helpers.data.make_fashion import make_fashion
from helpers.data.splits import MembershipSplit, check_images, check_latents, image_keys


def images(n, seed=0):
    return torch.rand(n, 1, 4, 4, generator=torch.Generator().manual_seed(seed)) * 2 - 1


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


def test_calibration_and_evaluation_share_no_image():
    split = load_digits()
    for kind in ("members", "held_out"):
        calibration, evaluation = getattr(split.calibration, kind), getattr(split.evaluation, kind)
        assert torch.equal(torch.cat([calibration, evaluation]), getattr(split, kind))
        assert not {i.numpy().tobytes() for i in calibration} & {i.numpy().tobytes() for i in evaluation}


def test_the_shadow_split_holds_auxiliary_images_only():
    split = load_digits()
    auxiliary = {i.numpy().tobytes() for i in split.auxiliary}
    shadow = split.shadow()
    assert {i.numpy().tobytes() for i in torch.cat([shadow.members, shadow.held_out])} <= auxiliary
    assert len(shadow.members) == len(shadow.held_out) == 298


def test_a_split_without_auxiliary_images_has_no_shadow():
    with pytest.raises(ValueError, match="at least 2 auxiliary images"):
        MembershipSplit(images(4), images(4, 1)).shadow()


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([[1.0]], "floating-point tensor, got list"),
        (torch.zeros(2, 1, 4, 4, dtype=torch.int64), "floating-point tensor, got torch.int64"),
        (torch.zeros(2, 4, 4), r"must have shape \(n, c, h, w\), got \(2, 4, 4\)"),
        (torch.zeros(0, 1, 4, 4), "is empty"),
        (torch.full((1, 1, 2, 2), torch.nan), "holds 4 NaN or infinite values"),
        (torch.full((1, 1, 2, 2), torch.inf), "holds 4 NaN or infinite values"),
        (torch.full((1, 1, 2, 2), 255.0), r"must lie in \[-1, 1\], got \[255, 255\]"),
    ],
)
def test_bad_images_are_refused_with_what_was_given(bad, message):
    with pytest.raises(ValueError, match=message):
        check_images(bad)


def test_keys_tell_images_apart_by_their_pixels_alone():
    x = images(3)
    strided = torch.stack([x, x], 1)[:, 0].requires_grad_()  # neither contiguous nor free of gradients
    assert image_keys(strided) == image_keys(x) == [image.numpy().tobytes() for image in x]
    assert len(set(image_keys(x))) == 3


def test_an_overlapping_split_is_refused_with_the_place():
    members, held_out = images(4), images(4, 1)
    held_out[2] = members[1]
    with pytest.raises(ValueError, match=r"held_out\[2\] is also in members"):
        MembershipSplit(members, held_out)


def test_an_empty_part_is_refused_by_name():
    with pytest.raises(ValueError, match="held_out is empty"):
        MembershipSplit(images(4), torch.zeros(0, 1, 4, 4))


def test_parts_of_different_size_are_refused():
    with pytest.raises(ValueError, match=r"held_out must have the members' shape \(1, 4, 4\), got \(1, 5, 5\)"):
        MembershipSplit(images(4), torch.zeros(2, 1, 5, 5))


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


@pytest.mark.parametrize(("members", "held_out"), [(600, 600), (40, 50)])
def test_labels_of_auxiliary_clothes_are_those_of_the_archive(members, held_out):
    split, labels = load_fashion(2, members, held_out, size=32), auxiliary_labels("fashion", 2, members, held_out)
    with np.load(catalogue.FASHION) as archive:
        labels_of = {image.tobytes(): label for image, label in zip(archive["images"], archive["labels"], strict=True)}
    pixels = ((split.auxiliary[:, 0, 2:-2, 2:-2] + 1) * 127.5).round().to(torch.uint8).numpy()
    assert labels.tolist() == [labels_of[image.tobytes()] for image in pixels]
    assert set(labels.tolist()) == set(range(10))


# Latents


def test_latents_of_any_range_with_a_deviation_of_zero_or_more_are_accepted():
    check_latents(100 * images(3), torch.zeros(3, 1, 4, 4))
    check_latents(images(3), images(3).abs())


@pytest.mark.parametrize(
    ("mean", "spread"),
    [
        (images(3), torch.zeros(2, 1, 4, 4)),
        (images(3), torch.zeros(())),
        (images(3)[0], torch.zeros(1, 4, 4)),
        (images(0), torch.zeros(0, 1, 4, 4)),
    ],
)
def test_latents_of_wrong_shape_are_refused_with_both_shapes(mean, spread):
    with pytest.raises(ValueError, match=r"must share a shape \(n, c, h, w\), got \(.*\), \(.*\)"):
        check_latents(mean, spread)


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
def test_latents_that_are_not_finite_are_refused(value):
    mean = images(3)
    mean[1, 0, 2, 2] = value
    with pytest.raises(ValueError, match="must be finite, the spread not negative; look at the autoencoder"):
        check_latents(mean, torch.zeros_like(mean))


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -1e-3])
def test_a_deviation_that_is_negative_or_not_finite_is_refused(value):
    spread = torch.zeros(3, 1, 4, 4)
    spread[1, 0, 2, 2] = value
    with pytest.raises(ValueError, match="must be finite, the spread not negative; look at the autoencoder"):
        check_latents(images(3), spread)


# Candidates


def test_candidates_are_members_then_held_out_images():
    split = MembershipSplit(images(4), images(5, 1))
    assert torch.equal(split.candidates[:4], split.members)
    assert torch.equal(split.candidates[4:], split.held_out)


@pytest.mark.parametrize("n", [5, 6])
def test_a_pair_of_candidate_halves_holds_every_candidate_once(n):
    split = MembershipSplit(images(4), images(n, 1))
    for index in (0, 2, 4):
        one, other = split.candidate_half(index), split.candidate_half(index + 1)
        assert one.dtype == torch.bool
        assert torch.equal(one, ~other)
        assert one.sum() == (4 + n) // 2


def test_candidate_halves_are_the_same_each_time_and_differ_from_cut_to_cut():
    split = MembershipSplit(images(40), images(40, 1))
    halves = [split.candidate_half(index) for index in range(8)]
    assert all(torch.equal(half, split.candidate_half(index)) for index, half in enumerate(halves))
    assert len({half.numpy().tobytes() for half in halves}) == 8


def test_candidate_halves_do_not_know_who_is_a_member():
    split = load_digits()
    swapped = MembershipSplit(split.held_out, split.members)
    for index in range(8):
        assert torch.equal(split.candidate_half(index), swapped.candidate_half(index))
        assert 250 < split.candidate_half(index)[:600].sum() < 350  # about half of the members, not all or none


def test_a_negative_candidate_half_is_refused():
    with pytest.raises(ValueError, match="index must be at least 0, got -1"):
        MembershipSplit(images(4), images(4, 1)).candidate_half(-1)


# The archive of clothes


def write_originals(folder, pixels, labels, magic=(2051, 2049)):
    """Two files in the IDX format: magic number, dimensions, bytes."""
    folder.mkdir(exist_ok=True)
    for name, array, number in (("images-idx3", pixels, magic[0]), ("labels-idx1", labels, magic[1])):
        header = b"".join(int(n).to_bytes(4, "big") for n in (number, *array.shape))
        (folder / f"train-{name}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    return folder


@pytest.fixture
def originals(tmp_path):
    """Twenty pictures, ten of them twice, and their labels."""
    pixels = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    pixels, labels = np.concatenate([pixels, pixels[:10]]), np.arange(20, dtype=np.uint8)
    return write_originals(tmp_path / "originals", pixels, np.concatenate([labels, labels[:10]]))


def test_the_archive_holds_distinct_originals_with_their_labels(originals, tmp_path):
    make_fashion(originals, tmp_path / "out.npz", images=15)
    pixels = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    with np.load(tmp_path / "out.npz") as archive:
        assert archive["images"].shape == (15, 28, 28)
        assert len(set(archive["labels"].tolist())) == 15
        assert np.array_equal(archive["images"], pixels[archive["labels"]])
    assert [path.name for path in tmp_path.glob("*.npz")] == ["out.npz"]


def test_the_same_originals_give_the_same_bytes_and_the_seed_decides_which(originals, tmp_path):
    for name, seed in (("one", 0), ("two", 0), ("other", 1)):
        make_fashion(originals, tmp_path / f"{name}.npz", images=15, seed=seed)
    one, two, other = ((tmp_path / f"{name}.npz").read_bytes() for name in ("one", "two", "other"))
    assert one == two != other


def test_an_archive_made_anew_can_be_loaded(originals, tmp_path):
    make_fashion(originals, tmp_path / "out.npz")
    split = load_fashion(members=8, held_out=8, size=32, archive=tmp_path / "out.npz")
    assert [len(p) for p in (split.members, split.held_out, split.auxiliary)] == [8, 8, 4]


@pytest.mark.parametrize(("magic", "name"), [((2049, 2049), "images-idx3"), ((2051, 2051), "labels-idx1")])
def test_an_original_with_a_wrong_magic_number_is_refused(tmp_path, magic, name):
    folder = write_originals(tmp_path, np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8), magic)
    with pytest.raises(ValueError, match=rf"train-{name}-ubyte\.gz is no IDX file with magic number \d+; get the original"):
        make_fashion(folder, tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


BROKEN = {
    "empty": b"",
    "another file": b"<html>not found</html>",
    "short": gzip.compress(b"short"),
    "cut": gzip.compress(bytes(900))[:40],
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())  # a name: gzip writes the time into what it writes
def test_what_is_no_original_at_all_is_refused(originals, tmp_path, content):
    (originals / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is no IDX file with magic number 2051"):
        make_fashion(originals, tmp_path / "out.npz")


def test_a_missing_original_is_reported_by_its_path(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte\.gz"):
        make_fashion(tmp_path, tmp_path / "out.npz")
