"""A split is disjoint, reproducible, and refuses images that would spoil an experiment."""

import pytest
import torch

from helpers.data import MembershipSplit, check_images, load_digits


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
