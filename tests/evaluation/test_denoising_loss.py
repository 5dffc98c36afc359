"""The loss of a denoiser on images is what the closed forms say."""

import pytest
import torch

from helpers.evaluation.denoising_loss import denoising_loss
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.schedule import linear_scheduler


class Silent:
    """Predicts no noise at all."""

    alphas_cumprod = linear_scheduler().alphas_cumprod

    def predict_noise(self, x, timestep):
        return torch.zeros_like(x)


def test_the_loss_of_a_denoiser_that_predicts_nothing_is_the_variance_of_the_noise(tiny_images):
    assert denoising_loss(Silent(), tiny_images, draws=200) == pytest.approx(1, abs=0.03)


def test_the_optimal_denoiser_has_a_smaller_loss_on_its_training_images(tiny_images):
    others = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
    denoiser = EmpiricalDenoiser(tiny_images)
    assert denoising_loss(denoiser, tiny_images) < 0.5 * denoising_loss(denoiser, others)
    assert denoising_loss(denoiser, others, seed=1) == denoising_loss(denoiser, others, seed=1)


def test_a_loss_over_no_draw_or_bad_images_is_refused(tiny_images):
    with pytest.raises(ValueError, match="draws must be at least 1, got 0"):
        denoising_loss(Silent(), tiny_images, draws=0)
    with pytest.raises(ValueError, match="NaN or infinite"):
        denoising_loss(Silent(), tiny_images * torch.nan)
