"""Measures of quality take their closed forms where there is one, and tell copies and missing kinds apart."""

from dataclasses import fields

import pytest
import torch
from torch import nn

from helpers.data.catalogue import load_digits
from helpers.data.near_copies import near_copies
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.quality import (
    SampleQuality,
    compare_reconstructions,
    frechet_distance,
    judge_samples,
    precision_and_recall,
)


def uniform(n, seed=0, size=8, reach=1.0):
    return reach * (2 * torch.rand(n, 1, size, size, generator=torch.Generator().manual_seed(seed)) - 1)


def normal(n, d=3, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


class Pixels(nn.Flatten):
    """The plainest features: the four pixels of an image of 2 x 2, as they are."""

    num_features = 4


# Reconstructions


@pytest.mark.parametrize("sigma", [0.1, 0.01])
def test_psnr_of_known_noise_is_that_of_its_variance(sigma):
    images = uniform(50, reach=0.5)
    noise = sigma * torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    expected = 10 * torch.log10(4 / noise.square().mean((1, 2, 3))).mean().item()
    assert compare_reconstructions(images, images + noise).psnr == pytest.approx(expected, rel=1e-4)


def test_psnr_is_a_mean_over_images_and_not_over_pixels():
    images, off = torch.zeros(2, 1, 8, 8), torch.tensor([0.2, 0.002]).reshape(2, 1, 1, 1)
    assert compare_reconstructions(images, images + off).psnr == pytest.approx((20 + 60) / 2, rel=1e-4)


@pytest.mark.parametrize(("a", "b"), [(0.5, 0.5), (0.5, -0.5), (0.2, 0.8)])
def test_ssim_of_flat_images_is_that_of_their_brightness(a, b):
    flat, constant = torch.ones(3, 1, 8, 8), (0.01 * 2) ** 2
    expected = (2 * a * b + constant) / (a * a + b * b + constant)
    assert compare_reconstructions(a * flat, b * flat).ssim == pytest.approx(expected, abs=1e-4)


def test_more_noise_is_worse_by_both_measures():
    images, noise = uniform(20, reach=0.5, size=16), uniform(20, seed=1, size=16)
    good, bad = (compare_reconstructions(images, images + share * noise) for share in (0.05, 0.5))
    assert good.psnr > bad.psnr
    assert 1 > good.ssim > bad.ssim


def test_reconstructions_of_another_shape_or_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"reconstructions must have the images' shape \(4, 1, 8, 8\), got \(3, 1, 8, 8\)"):
        compare_reconstructions(uniform(4), uniform(3))
    with pytest.raises(ValueError, match=r"reconstructions must lie in \[-1, 1\]"):
        compare_reconstructions(uniform(4), uniform(4) + 1)
    with pytest.raises(ValueError, match="images is empty"):
        compare_reconstructions(uniform(0), uniform(0))


# Fréchet distance


def test_identical_groups_have_no_distance():
    assert frechet_distance(Pixels(), uniform(50, size=2), uniform(50, size=2)) == pytest.approx(0, abs=1e-5)


def test_a_shift_counts_with_its_square():
    images, shift = uniform(50, size=2, reach=0.5), torch.tensor([[0.1, -0.2], [0.3, 0.0]])
    expected = shift.square().sum().item()
    assert frechet_distance(Pixels(), images, images + shift) == pytest.approx(expected, rel=1e-4)
    assert frechet_distance(Pixels(), images + shift, images) == pytest.approx(expected, rel=1e-4)


def test_a_scale_counts_in_mean_and_covariance():
    images, scale = uniform(50, size=2) * 0.5 + 0.3, 0.6
    trace = images.flatten(1).T.cov().trace().item()
    mean = images.flatten(1).mean(0).square().sum().item()
    expected = (1 - scale) ** 2 * (mean + trace)
    assert frechet_distance(Pixels(), images, scale * images) == pytest.approx(expected, rel=1e-4)


def test_the_distance_is_one_of_features():
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
    network.num_features = 2
    images, shift = uniform(50, size=2, reach=0.5), torch.full((2, 2), 0.2)
    expected = network(shift[None]).square().sum().item()
    assert frechet_distance(network, images, images + shift) == pytest.approx(expected, rel=1e-4)


def test_groups_of_one_image_have_no_distance():
    for real, samples in ((1, 5), (5, 1)):
        with pytest.raises(ValueError, match=f"at least 2 images in each group, got {real} and {samples}"):
            frechet_distance(Pixels(), uniform(real, size=2), uniform(samples, size=2))
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        frechet_distance(Pixels(), uniform(5, size=2), uniform(5, size=2) + 3)


# Precision and recall


def test_identical_groups_have_all_precision_and_recall():
    assert precision_and_recall(normal(60), normal(60)) == (1, 1)


def test_groups_far_apart_have_none():
    assert precision_and_recall(normal(60), normal(60, seed=1) + 1000) == (0, 0)


def test_samples_of_one_kind_alone_are_precise_and_recall_half():
    kinds = torch.cat([normal(60), normal(60, seed=1) + 1000])
    precision, recall = precision_and_recall(kinds, normal(200, seed=2))
    assert precision > 0.8
    assert 0.4 < recall <= 0.5
    assert precision_and_recall(normal(200, seed=2), kinds) == (recall, precision)


def test_a_ball_reaches_to_the_neighbour_of_that_number():
    real, sample = torch.arange(5.0)[:, None], torch.tensor([[5.5], [6.5], [7.5], [8.5], [9.5]])
    # The last image's neighbours are at distances 1, 2, 3: with one it reaches to 5, with two to 6, with three to 7.
    assert [precision_and_recall(real, sample, k)[0] for k in (1, 2, 3)] == pytest.approx([0, 0.2, 0.4])


def test_as_many_images_as_neighbours_are_too_few():
    with pytest.raises(ValueError, match="each group needs more than 3 images, got 3 and 9"):
        precision_and_recall(normal(3), normal(9))
    with pytest.raises(ValueError, match="each group needs more than 5 images, got 9 and 5"):
        precision_and_recall(normal(9), normal(5), neighbours=5)


# All together


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Classifier().eval()


def test_members_as_samples_are_copies_of_all_kinds(network):
    split = load_digits(members=100, held_out=100)
    copied = judge_samples([network], split.members, split.held_out, split.members)
    fair = judge_samples([network], split.auxiliary[:100], split.held_out, split.members)
    assert copied.frechet == copied.frechet_of_real == fair.frechet_of_real
    assert copied.near_copies == 1
    assert fair.near_copies < 0.1
    assert copied.near_copies_of_real == fair.near_copies_of_real == near_copies(split.held_out, split.members)[0].float().mean()
    assert copied.recall > 0.5


def test_one_sample_over_and_over_is_far_off_and_recalls_nothing(network):
    split = load_digits(members=100, held_out=100)
    jitter = 0.001 * torch.randn(100, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    same = judge_samples([network], (split.auxiliary[:1] + jitter).clamp(-1, 1), split.held_out, split.members)
    fair = judge_samples([network], split.auxiliary[:100], split.held_out, split.members)
    assert same.frechet > 3 * fair.frechet
    assert same.recall < 0.1 < fair.recall


def test_quality_can_be_written_down():
    values = {f.name: 0.1 * i for i, f in enumerate(fields(SampleQuality))}
    assert SampleQuality(**values).to_dict() == values
