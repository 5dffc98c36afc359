"""The forward process keeps its promises, and refuses timesteps that are none."""

import pytest
import torch
from diffusers import DDIMScheduler
from hypothesis import given
from hypothesis import strategies as st

from helpers.models.schedule import add_noise, alpha_bar_at, check_timestep, ddim_step, linear_scheduler

ALPHAS_CUMPROD = linear_scheduler().alphas_cumprod


def test_the_linear_schedule_is_the_papers():
    betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    assert torch.allclose(ALPHAS_CUMPROD.double(), torch.cumprod(1 - betas, 0), atol=1e-6)


@given(timestep=st.integers(0, 999))
def test_noising_keeps_unit_variance(timestep):
    draw = torch.Generator().manual_seed(timestep)
    x, noise = torch.randn(2, 20_000, 1, generator=draw).split(1)
    assert abs(add_noise(x, noise, timestep, ALPHAS_CUMPROD).var().item() - 1) < 0.05


def test_one_timestep_per_image_equals_one_call_each():
    x, noise = torch.rand(3, 1, 2, 2), torch.randn(3, 1, 2, 2)
    together = add_noise(x, noise, torch.tensor([0, 40, 999]), ALPHAS_CUMPROD)
    apart = [add_noise(x[i : i + 1], noise[i : i + 1], t, ALPHAS_CUMPROD) for i, t in enumerate((0, 40, 999))]
    assert torch.equal(together, torch.cat(apart))


@given(timestep=st.integers(0, 999), dtype=st.sampled_from([torch.float32, torch.float64, torch.bfloat16]))
def test_a_number_and_a_tensor_are_the_same_timestep(timestep, dtype):
    like = torch.zeros(3, 1, 2, 2, dtype=dtype)
    number, tensor = (alpha_bar_at(t, ALPHAS_CUMPROD, like) for t in (timestep, torch.tensor(timestep)))
    assert torch.equal(number, tensor)
    assert (number.dtype, number.shape) == (dtype, tensor.shape)


def test_noising_agrees_with_diffusers():
    x, noise, timestep = torch.rand(4, 1, 8, 8), torch.randn(4, 1, 8, 8), torch.tensor([0, 10, 500, 999])
    assert torch.allclose(add_noise(x, noise, timestep, ALPHAS_CUMPROD), linear_scheduler().add_noise(x, noise, timestep))


@pytest.mark.parametrize("timestep", [1000, -1, torch.tensor([3, 1000])])
def test_a_timestep_out_of_range_is_refused_by_value(timestep):
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got (1000|-1)"):
        check_timestep(timestep, 1000)


@pytest.mark.parametrize("timestep", [0.5, torch.tensor([1.0]), True])
def test_a_timestep_that_is_no_integer_is_refused(timestep):
    with pytest.raises(ValueError, match="timestep must be an integer"):
        check_timestep(timestep, 1000)


def test_noise_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"noise must have the images' shape \(2, 1, 8, 8\), got \(1, 1, 8, 8\)"):
        add_noise(torch.zeros(2, 1, 8, 8), torch.zeros(1, 1, 8, 8), 3, ALPHAS_CUMPROD)


def test_a_wrong_number_of_timesteps_is_refused():
    with pytest.raises(ValueError, match=r"one per image \(2\), got 3"):
        add_noise(torch.zeros(2, 1), torch.zeros(2, 1), torch.tensor([1, 2, 3]), ALPHAS_CUMPROD)


def image_and_noise():
    draw = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, 3, 1, 4, 4, generator=draw, dtype=torch.float64)
    return x, noise


@pytest.mark.parametrize(("start", "end"), [(0, 999), (10, 20), (300, 40), (7, 7)])
def test_a_ddim_step_and_its_way_back_with_the_same_noise_lead_home(start, end):
    x, noise = image_and_noise()
    there = ddim_step(x, noise, start, end, ALPHAS_CUMPROD)
    assert torch.allclose(there, x) == (start == end)
    assert torch.allclose(ddim_step(there, noise, end, start, ALPHAS_CUMPROD), x)


@pytest.mark.parametrize("timestep", [0, 100, 999])
def test_a_ddim_step_with_the_true_noise_recovers_the_image(timestep):
    x, noise = image_and_noise()
    assert torch.allclose(ddim_step(add_noise(x, noise, timestep, ALPHAS_CUMPROD), noise, timestep, None, ALPHAS_CUMPROD), x)


@pytest.mark.parametrize(("start", "end"), [(100, 0), (100, 500)])
def test_a_ddim_step_with_the_true_noise_is_the_forward_process_at_the_other_timestep(start, end):
    x, noise = image_and_noise()
    there = ddim_step(add_noise(x, noise, start, ALPHAS_CUMPROD), noise, start, end, ALPHAS_CUMPROD)
    assert torch.allclose(there, add_noise(x, noise, end, ALPHAS_CUMPROD))


def test_a_ddim_step_to_the_clean_image_is_the_prediction_of_the_image():
    (x, noise), t = image_and_noise(), 250
    alpha_bar = ALPHAS_CUMPROD[t].item()
    expected = (x - (1 - alpha_bar) ** 0.5 * noise) / alpha_bar**0.5
    assert torch.allclose(ddim_step(x, noise, t, None, ALPHAS_CUMPROD), expected)


def test_ddim_steps_agree_with_diffusers():
    x, noise = image_and_noise()
    scheduler = DDIMScheduler(1000, beta_start=1e-4, beta_end=0.02, clip_sample=False, set_alpha_to_one=True)
    scheduler.set_timesteps(10)
    for start, end in ((500, 400), (900, 800), (0, None)):
        expected = scheduler.step(noise, start, x).prev_sample
        assert torch.allclose(ddim_step(x, noise, start, end, ALPHAS_CUMPROD), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("start", "end"), [(1000, 0), (0, 1000), (-1, None)])
def test_a_ddim_step_from_or_to_no_timestep_is_refused(start, end):
    x, noise = image_and_noise()
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got (1000|-1)"):
        ddim_step(x, noise, start, end, ALPHAS_CUMPROD)
