"""The straight path is the book's process rescaled, and its best velocity a local mean."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from helpers.data.catalogue import load_digits
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.flow import flow_denoiser, optimal_velocity, sigma_of, straight_down, timesteps_of
from helpers.models.paths import straight
from helpers.models.reverse import reverse_process
from helpers.models.schedule import linear_scheduler

ALPHAS = linear_scheduler().alphas_cumprod
POINTS = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
IMAGES = load_digits(members=40, held_out=20).members


class Best(nn.Module):
    """The network that training on IMAGES aims at, told 1000 σ."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, y, time):
        rows = [optimal_velocity(IMAGES, y[i : i + 1].double(), float(t) / 1000) for i, t in enumerate(time)]
        return type("Output", (), {"sample": torch.cat(rows).float()})


@pytest.mark.parametrize("sigma", [0.3, 0.6, 0.9])
def test_the_best_velocity_is_the_mean_over_all_that_could_have_led_here(sigma):
    """A Monte-Carlo mean of ε - x₀ over pairs drawn from the training set, weighted by how likely each leads to y."""
    y = 0.5 * POINTS[:1] + 0.2
    drawn = torch.randint(len(POINTS), (20_000_000,), generator=torch.Generator().manual_seed(1), dtype=torch.int32)
    times = torch.bincount(drawn, minlength=len(POINTS))  # the draws of one image differ in nothing
    noise = (y - (1 - sigma) * POINTS) / sigma  # what leads from each image to y; its density is the weight
    weight = times * torch.exp(-noise.square().sum(1) / 2)
    expected = (weight / weight.sum()) @ (noise - POINTS)
    found = optimal_velocity(POINTS, y, sigma)[0]
    assert (found - expected).norm() < 1e-3 * expected.norm()


@pytest.mark.parametrize("sigma", [0.05, 0.3, 0.7, 0.99])
def test_the_best_velocity_is_the_closed_form_rescaled(sigma):
    """v* = (ε* - x₀*) with both from the DDPM's closed form at the same amount of noise."""
    y = torch.randn(4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    alphas_cumprod = straight(torch.tensor([sigma])).alphas_cumprod
    denoiser = EmpiricalDenoiser(POINTS, alphas_cumprod)
    x = y / ((1 - sigma) ** 2 + sigma**2) ** 0.5
    expected = denoiser.predict_noise(x, 0) - denoiser.local_mean(x, 0)
    assert torch.allclose(optimal_velocity(POINTS, y, sigma), expected, rtol=1e-6, atol=1e-8)


def test_at_pure_noise_the_velocity_points_from_the_mean_of_all():
    y = torch.randn(4, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert torch.allclose(optimal_velocity(POINTS, y, 1.0), y - POINTS.mean(0))
    assert torch.allclose(optimal_velocity(POINTS, y, 0.999), y - POINTS.mean(0), atol=0.02)


def test_sigma_and_alpha_bar_say_the_same():
    assert torch.allclose(straight(sigma_of(ALPHAS)).alphas_cumprod, ALPHAS.double(), rtol=1e-9)
    assert sigma_of(torch.tensor([1.0, 0.5, 0.0])).tolist() == [0, 0.5, 1]


def test_a_flow_denoiser_has_the_timesteps_of_a_ddpm():
    denoiser = flow_denoiser(Best(), (1, 8, 8))
    assert torch.allclose(denoiser.alphas_cumprod, ALPHAS.double(), rtol=1e-6)
    closed_form = EmpiricalDenoiser(IMAGES)
    for t in (20, 60, 259, 700):
        assert torch.allclose(denoiser.predict_noise(IMAGES[:3], t), closed_form.predict_noise(IMAGES[:3], t), atol=1e-3)


def test_the_nearest_timestep_is_found():
    sigma = sigma_of(ALPHAS)
    assert timesteps_of(sigma, ALPHAS).tolist() == list(range(1000))
    assert timesteps_of(torch.tensor([0.0, 1.0]), ALPHAS).tolist() == [0, 999]
    wanted = torch.tensor([0.123, 0.456])
    found = timesteps_of(wanted, ALPHAS)
    assert torch.equal(found, (sigma[None] - wanted[:, None]).abs().argmin(1))


def test_a_step_down_is_eulers():
    """x_s √(a² + b²) = y + (σ' - σ) v̂; of what training images suggest nothing is clipped."""
    denoiser = flow_denoiser(Best(), (1, 8, 8))
    down = straight_down(10, ALPHAS)
    path = reverse_process(denoiser, torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(4)), down)
    sigma = sigma_of(ALPHAS)
    for k, (t, s) in enumerate(pairwise(down)):
        here, there = float(sigma[t]), float(sigma[s])
        y, after = (x * ((1 - at) ** 2 + at**2) ** 0.5 for x, at in ((path.x[k], here), (path.x[k + 1], there)))
        euler = y + (there - here) * optimal_velocity(IMAGES, y.double(), here)
        assert torch.allclose(after.double(), euler, atol=2e-3)


def test_the_best_flow_walks_onto_training_images():
    denoiser = flow_denoiser(Best(), (1, 8, 8))
    start = torch.randn(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    images = reverse_process(denoiser, start, straight_down(20, ALPHAS)).images
    assert torch.cdist(images.flatten(1), IMAGES.flatten(1)).min(1).values.max() < 0.1


def test_what_is_no_place_on_the_path_is_refused():
    with pytest.raises(ValueError, match=r"sigma must be in \(0, 1\], got 0"):
        optimal_velocity(POINTS, POINTS, 0)
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        straight_down(0, ALPHAS)
    with pytest.raises(ValueError, match="1000 steps are too many for 1000 timesteps"):
        straight_down(1000, ALPHAS)
