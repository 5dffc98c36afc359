"""A denoiser becomes a generator by the samplers of diffusers."""

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler

from helpers.data.catalogue import load_digits
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.reverse import reverse_process, timesteps_down
from helpers.models.schedule import add_noise, linear_scheduler

IMAGES = load_digits(members=40, held_out=20).members
START = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))


class Rough(EmpiricalDenoiser):
    """Predicts clean images outside of [-1, 1], as a network may."""

    def predict_noise(self, x, timestep):
        return 0.97 * super().predict_noise(x, timestep)


def test_timesteps_are_those_of_trailing_spacing():
    scheduler = DDIMScheduler.from_config(linear_scheduler().config, timestep_spacing="trailing")
    for steps in (1, 4, 20, 100, 1000):
        scheduler.set_timesteps(steps)
        assert timesteps_down(steps, 1000) == scheduler.timesteps.tolist()


@pytest.mark.parametrize(("eta", "kind"), [(0.0, DDIMScheduler), (1.0, DDPMScheduler)])
def test_the_path_is_that_of_diffusers(eta, kind):
    denoiser, config = Rough(IMAGES), linear_scheduler().config
    scheduler = kind.from_config(config, timestep_spacing="trailing", clip_sample=True)
    scheduler.set_timesteps(10)
    path = reverse_process(denoiser, START, 10, eta, torch.Generator().manual_seed(1))
    x, generator, more = START, torch.Generator().manual_seed(1), {"use_clipped_model_output": True} if eta == 0 else {}
    for k, t in enumerate(scheduler.timesteps):
        noise = denoiser.predict_noise(x, int(t))
        assert torch.allclose(path.noise[k], noise, atol=1e-3)
        x = scheduler.step(noise, t, x, generator=generator, **more).prev_sample
        assert torch.allclose(path.x[k + 1], x, atol=1e-3)


def test_image_noise_and_clean_image_of_each_step_belong_together():
    path = reverse_process(EmpiricalDenoiser(IMAGES), START, 20)
    for x, noise, clean, t in zip(path.x, path.noise, path.clean, path.timesteps, strict=False):
        assert torch.allclose(add_noise(clean, noise, t, linear_scheduler().alphas_cumprod), x, atol=1e-4)


@pytest.mark.parametrize("eta", [0.0, 1.0])
def test_the_closed_form_walks_onto_training_images(eta):
    images = reverse_process(EmpiricalDenoiser(IMAGES), START, 100, eta, torch.Generator().manual_seed(0)).images
    assert torch.cdist(images.flatten(1), IMAGES.flatten(1)).min(1).values.max() < 0.01


def test_latents_are_clipped_to_their_own_range():
    latents = 3 * IMAGES
    ends = {limit: reverse_process(EmpiricalDenoiser(latents), START, 50, largest=limit).images for limit in (1.0, 3.0)}
    assert torch.cdist(ends[3.0].flatten(1), latents.flatten(1)).min(1).values.max() < 0.05
    assert ends[1.0].abs().max() <= 1
    with pytest.raises(ValueError, match="largest must be above 0, got 0"):
        reverse_process(EmpiricalDenoiser(latents), START, 5, largest=0)


def test_without_fresh_noise_the_start_decides():
    denoiser = EmpiricalDenoiser(IMAGES)
    first, second = (reverse_process(denoiser, START, 5).x for _ in range(2))
    assert torch.equal(first, second)
    fresh = [reverse_process(denoiser, START, 5, 1.0, torch.Generator().manual_seed(seed)).x[3] for seed in (0, 1)]
    assert not torch.allclose(*fresh, atol=0.1)


def test_what_cannot_be_walked_is_refused():
    denoiser = EmpiricalDenoiser(IMAGES)
    with pytest.raises(ValueError, match=r"steps must be in \[1, 1000\], got 0"):
        reverse_process(denoiser, START, 0)
    with pytest.raises(ValueError, match=r"eta must be in \[0, 1\], got 2"):
        reverse_process(denoiser, START, 5, 2)
    with pytest.raises(ValueError, match="needs a generator"):
        reverse_process(denoiser, START, 5, 1)
