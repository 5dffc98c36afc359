"""The density of samples is that of its formula; its two ends are the nearest sample and a blur."""

import math

import pytest
import torch

from helpers.attacks import NearestSample, SampleDensity
from helpers.attacks.sample_density import usual_bandwidth


def images(n, seed):
    return torch.rand(n, 1, 3, 3, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("bandwidth", [0.3, 1.0, 4.0])
def test_scores_are_the_log_density_and_the_log_ratio(bandwidth):
    samples, reference, x = images(40, 0), images(15, 1), images(6, 2)

    def density(image, centres):
        kernels = [math.exp(-((image - c).double().norm().item() ** 2) / (2 * bandwidth**2)) for c in centres]
        return math.log(sum(kernels) / len(kernels))

    alone = SampleDensity(samples, bandwidth=bandwidth).score(None, x)
    ratio = SampleDensity(samples, reference, bandwidth=bandwidth).score(None, x)
    assert alone.tolist() == pytest.approx([density(image, samples) for image in x], rel=1e-6)
    assert ratio.tolist() == pytest.approx([density(image, samples) - density(image, reference) for image in x], rel=1e-5)


def test_a_narrow_kernel_sees_the_nearest_sample_alone():
    samples, x = images(60, 0), images(50, 1)
    narrow, nearest = SampleDensity(samples, bandwidth=1e-3).score(None, x), NearestSample(samples).score(None, x)
    assert torch.equal(narrow.argsort(), nearest.argsort())


def test_of_equal_samples_and_reference_images_nothing_is_left():
    samples, x = images(60, 0), images(5, 1)
    assert SampleDensity(samples, samples, bandwidth=0.5).score(None, x).abs().max() < 1e-9


def test_the_usual_bandwidth_is_how_far_the_nearest_sample_is_from_an_image_that_nobody_trained_on():
    samples, reference = images(40, 0), images(15, 1)
    nearest = torch.cdist(reference.flatten(1), samples.flatten(1)).min(1).values
    assert usual_bandwidth(samples, reference) == pytest.approx(nearest.median().item(), rel=1e-5)
    assert usual_bandwidth(samples, reference, lambda x: 2 * x.flatten(1)) == pytest.approx(2 * nearest.median().item(), rel=1e-5)
    assert usual_bandwidth(samples, samples[:3]) > 0


@pytest.mark.parametrize("bandwidth", [0, -1.0, math.nan, math.inf])
def test_a_bandwidth_has_to_be_above_0(bandwidth):
    with pytest.raises(ValueError, match="bandwidth must be above 0, and finite, got"):
        SampleDensity(images(3, 0), bandwidth=bandwidth)
