"""Near copies across a split are found, and a fair split has about as many as it should."""

import numpy as np
import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.data.near_copies import near_copies, nearest, suspects
from helpers.data.splits import MembershipSplit


@pytest.fixture
def split():
    return load_digits()


def test_the_nearest_is_found_one_pair_at_a_time(split):
    images, others = split.held_out[:20], split.members[:30]
    found = nearest(images, others)
    for i, image in enumerate(images.numpy()):
        gaps = [np.sqrt(((image - other) ** 2).mean()) for other in others.numpy()]
        assert found.distance[i].item() == pytest.approx(min(gaps), rel=1e-5)
        assert found.index[i] == int(np.argmin(gaps))


def test_an_image_is_not_its_own_neighbour(split):
    images = split.members[:20]
    found = nearest(images, batch_size=7)
    assert (found.index != torch.arange(20)).all()
    assert (found.distance > 0).all()


def test_batches_change_nothing(split):
    whole, parts = nearest(split.held_out, split.members), nearest(split.held_out, split.members, batch_size=37)
    assert torch.equal(whole.index, parts.index)
    assert torch.equal(whole.distance, parts.distance)


def test_a_tiny_difference_is_not_rounded_away(split):
    almost = (split.members[:3] + 1e-4).clamp(max=1)
    found = nearest(almost, split.members)
    assert found.index.tolist() == [0, 1, 2]
    assert (found.distance < 2e-4).all()
    assert (found.distance > 0).all()


def test_copies_are_suspect_and_come_first(split):
    held_out = split.held_out.clone()
    held_out[[4, 9]] = (split.members[[100, 200]] * 0.99).clamp(-1, 1)
    rows = suspects(MembershipSplit(split.members, held_out))
    assert set(rows[:2].tolist()) == {4, 9}


def test_a_fair_split_has_about_as_many_suspects_as_chance_gives(split):
    assert len(suspects(split, 0)) <= 1
    assert 30 <= len(suspects(split, 0.1)) <= 90  # 60 of 600 are expected


def test_members_with_a_little_noise_are_near_copies_and_held_out_images_mostly_not():
    split = load_digits(members=200, held_out=200)
    noise = 0.01 * torch.randn(split.members.shape, generator=torch.Generator().manual_seed(0))
    near, found = near_copies((split.members + noise).clamp(-1, 1), split.members)
    assert near.all()
    assert found.distance.max() < 0.02
    assert found.index.tolist() == [*range(200)]
    assert near_copies(split.held_out, split.members)[0].float().mean() < 0.05


def test_a_larger_quantile_finds_more_copies():
    split = load_digits(members=200, held_out=200)
    shares = [near_copies(split.held_out, split.members, quantile)[0].float().mean() for quantile in (0.0, 0.5, 1.0)]
    assert shares[0] < shares[1] < shares[2]


def test_an_exact_copy_is_one_even_where_members_are_copies_of_each_other(split):
    members = torch.cat([split.members[:10], split.members[:10]])
    near, _ = near_copies(torch.cat([split.members[3:4], split.held_out[:1]]), members)
    assert near.tolist() == [True, False]


@pytest.mark.parametrize("quantile", [-0.1, 1.1])
def test_a_quantile_out_of_range_is_refused(split, quantile):
    with pytest.raises(ValueError, match=r"quantile must be in \[0, 1\], got"):
        suspects(split, quantile)


def test_images_without_a_neighbour_or_of_two_shapes_are_refused(split):
    with pytest.raises(ValueError, match=r"share a shape and hold a neighbour, got \(1, 1, 8, 8\)"):
        nearest(split.members[:1])
    with pytest.raises(ValueError, match="share a shape"):
        nearest(split.members, torch.zeros(2, 1, 4, 4))
