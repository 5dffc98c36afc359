"""A trained UNet is a denoiser like any other."""

import pytest
import torch

from helpers import zoo
from helpers.denoisers import Denoiser, UNetDenoiser
from helpers.schedule import linear_scheduler
from helpers.theory import EmpiricalDenoiser
from helpers.training import build_unet


@pytest.fixture
def denoiser(tiny_recipe):
    return UNetDenoiser(build_unet(tiny_recipe, (1, 8, 8)).eval(), linear_scheduler())


def test_both_denoisers_satisfy_the_protocol(denoiser, tiny_images):
    assert isinstance(denoiser, Denoiser)
    assert isinstance(EmpiricalDenoiser(tiny_images), Denoiser)


@torch.inference_mode()
def test_one_timestep_per_image_equals_one_call_each(denoiser, tiny_images):
    timesteps = torch.tensor([0, 3, 50, 300, 700, 999])
    together = denoiser.predict_noise(tiny_images, timesteps)
    apart = [denoiser.predict_noise(tiny_images[i : i + 1], int(t)) for i, t in enumerate(timesteps)]
    assert torch.allclose(together, torch.cat(apart), atol=1e-5)


def test_other_images_and_timesteps_are_refused(denoiser):
    with pytest.raises(ValueError, match=r"x must have shape \(n, 1, 8, 8\), got \(2, 3, 8, 8\)"):
        denoiser.predict_noise(torch.zeros(2, 3, 8, 8), 0)
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 1000"):
        denoiser.predict_noise(torch.zeros(2, 1, 8, 8), 1000)


def test_samples_are_images_and_follow_the_generator():
    trained = zoo.load("ddpm-digits")
    one, two, other = (trained.sample(2, torch.Generator().manual_seed(seed), steps=20) for seed in (0, 0, 1))
    assert one.shape == (2, 1, 8, 8)
    assert one.abs().max() <= 1
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_samples_look_more_like_digits_than_noise_does():
    trained, digits = zoo.load("ddpm-digits"), zoo.split_for(zoo.recipe("ddpm-digits")).members.flatten(1)
    draw = torch.Generator().manual_seed(0)
    samples, noise = trained.sample(8, draw), torch.rand(8, 1, 8, 8, generator=draw) * 2 - 1
    nearest = [torch.cdist(images.flatten(1), digits).amin(1).mean() for images in (samples, noise)]
    assert nearest[0] < nearest[1] / 2
