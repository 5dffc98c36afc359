"""A split is disjoint, reproducible, and refuses images that would spoil an experiment."""

import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.data.splits import MembershipSplit, check_images, check_latents, image_keys


def images(n, seed=0):
    return torch.rand(n, 1, 4, 4, generator=torch.Generator().manual_seed(seed)) * 2 - 1


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
