"""A trained UNet is a denoiser like any other."""

import pytest
import torch
from diffusers import DDPMScheduler

from helpers import zoo
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import Denoiser, UNetDenoiser, encoded, to_noise
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import build_unet


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


@pytest.mark.slow
def test_samples_look_more_like_digits_than_noise_does():
    trained, digits = zoo.load("ddpm-digits"), zoo.split_for(zoo.recipe("ddpm-digits")).members.flatten(1)
    draw = torch.Generator().manual_seed(0)
    samples, noise = trained.sample(8, draw), torch.rand(8, 1, 8, 8, generator=draw) * 2 - 1
    nearest = [torch.cdist(images.flatten(1), digits).amin(1).mean() for images in (samples, noise)]
    assert nearest[0] < nearest[1] / 2


# Where the denoiser works


@torch.inference_mode()
def test_only_images_are_kept_in_their_range_while_they_are_made(denoiser):
    images, latents = (denoiser.generate(4, torch.Generator().manual_seed(0), steps=10, clip=clip) for clip in (True, False))
    assert images.shape == latents.shape == (4, 1, 8, 8)
    assert latents.abs().max() > 2
    assert images.abs().max() < 2
    sampled = denoiser.sample(4, torch.Generator().manual_seed(0), steps=10)
    assert torch.equal(sampled, images.clamp(-1, 1))


@torch.inference_mode()
def test_a_network_that_predicts_no_noise_leaves_the_start_as_it_was_but_for_its_scale(denoiser):
    """One step, at t = 0, makes x / sqrt(ᾱ_0)."""
    for p in denoiser.unet.conv_out.parameters():
        torch.nn.init.zeros_(p)
    start = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(3))
    made = denoiser.generate(2, torch.Generator().manual_seed(3), steps=1)
    assert torch.allclose(made, start / denoiser.alphas_cumprod[0].sqrt())


def test_generating_leaves_the_denoisers_own_scheduler_alone(denoiser):
    before = dict(denoiser.scheduler.config), denoiser.scheduler.timesteps.clone()
    denoiser.sample(1, torch.Generator().manual_seed(0), steps=2)
    assert dict(denoiser.scheduler.config) == before[0]
    assert torch.equal(denoiser.scheduler.timesteps, before[1])


def test_images_are_encoded_only_for_a_denoiser_that_encodes(denoiser, tiny_images):
    class Halving(EmpiricalDenoiser):
        def encode(self, images):
            return images[..., ::2, ::2]

    assert encoded(denoiser, tiny_images) is tiny_images
    assert torch.equal(encoded(Halving(tiny_images), tiny_images), tiny_images[..., ::2, ::2])


# What a network predicts becomes noise


SCHEDULES = ("linear", "scaled_linear", "squaredcos_cap_v2")
KINDS = ("epsilon", "v_prediction", "sample")


class Oracle(torch.nn.Module):
    """A network that knows the noise that it is shown, and says it in the way that it was trained to."""

    device = torch.device("cpu")

    def __init__(self, scheduler, clean, noise):
        super().__init__()
        self.scheduler, self.clean, self.noise = scheduler, clean, noise
        self.config = type("Config", (), {"in_channels": clean.shape[1], "sample_size": clean.shape[-1]})

    def forward(self, x, t):
        said = {
            "epsilon": lambda: self.noise,
            "sample": lambda: self.clean,
            "v_prediction": lambda: self.scheduler.get_velocity(self.clean, self.noise, t),
        }[self.scheduler.config.prediction_type]()
        return type("Output", (), {"sample": said})


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_prediction_becomes_the_noise_that_was_added(kind, schedule):
    scheduler = DDPMScheduler(1000, beta_schedule=schedule, prediction_type=kind)
    clean, noise = torch.rand(3, 2, 4, 4) * 2 - 1, torch.randn(3, 2, 4, 4)
    t = torch.tensor([20, 400, 900])
    noisy = scheduler.add_noise(clean, noise, t)
    found = UNetDenoiser(Oracle(scheduler, clean, noise), scheduler).predict_noise(noisy, t)
    assert torch.allclose(found, noise, atol=2e-4)


def test_another_prediction_type_is_refused():
    with pytest.raises(ValueError, match="prediction_type must be"):
        to_noise(torch.zeros(1), torch.zeros(1), torch.tensor(0.5), "flow")


def test_a_learned_variance_is_left_out(tiny_recipe):
    network = build_unet(tiny_recipe, (1, 8, 8))
    network.conv_out = torch.nn.Conv2d(8, 2, 3, padding=1)
    x = torch.rand(2, 1, 8, 8)
    denoiser = UNetDenoiser(network, DDPMScheduler())
    assert torch.equal(denoiser.predict_noise(x, 10), network(x, 10).sample[:, :1])


def test_a_scheduler_without_alphas_is_refused(tiny_recipe):
    with pytest.raises(ValueError, match="has no alphas_cumprod"):
        UNetDenoiser(build_unet(tiny_recipe, (1, 8, 8)), object())
