"""How much of the image survives at timestep t?

The forward process of a denoising diffusion model mixes an image with Gaussian noise:

    x_t = sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε,   ε ~ N(0, I),   t = 0, ..., T - 1

Source: Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models" (2020), equation 4.
"""

import torch
from diffusers import DDPMScheduler
from torch import Tensor

from helpers.errors import InvalidInput


def linear_scheduler(num_timesteps: int = 1000) -> DDPMScheduler:
    """The schedule of the DDPM paper: T steps, betas rising linearly from 1e-4 to 0.02."""
    return DDPMScheduler(num_timesteps, beta_start=1e-4, beta_end=0.02, beta_schedule="linear")


def check_timestep(timestep: int | Tensor, num_timesteps: int) -> None:
    """Refuse a timestep outside [0, num_timesteps).

    Raises:
        ValueError: a timestep is not an integer, or lies outside the range.
    """
    t = torch.as_tensor(timestep)
    if t.is_floating_point() or t.is_complex() or t.dtype == torch.bool:
        raise InvalidInput(f"timestep must be an integer, got {timestep!r}")
    outside = t[(t < 0) | (t >= num_timesteps)] if t.ndim else t[None][(t < 0) | (t >= num_timesteps)]
    if outside.numel():
        raise InvalidInput(f"timestep must be in [0, {num_timesteps}), got {int(outside[0])}")


def alpha_bar_at(timestep: int | Tensor, alphas_cumprod: Tensor, like: Tensor) -> Tensor:
    """ᾱ_t shaped to broadcast against a batch.

    Args:
        timestep: an int, or an (n,) integer tensor, in [0, T).
        alphas_cumprod: (T,).
        like: (n, ...), the batch; gives dtype, device and number of dimensions.

    Raises:
        ValueError: timestep outside [0, T), or one timestep per image with another number of images.
    """
    check_timestep(timestep, len(alphas_cumprod))
    if isinstance(timestep, int):  # a number needs no copy to the device
        return torch.full([1] * like.ndim, float(alphas_cumprod[timestep]), dtype=like.dtype, device=like.device)
    t = torch.as_tensor(timestep, device=alphas_cumprod.device).reshape(-1)
    if len(t) not in (1, len(like)):
        raise InvalidInput(f"timestep must be one int or one per image ({len(like)}), got {len(t)}")
    return alphas_cumprod[t].to(like).reshape(-1, *[1] * (like.ndim - 1))


def add_noise(x: Tensor, noise: Tensor, timestep: int | Tensor, alphas_cumprod: Tensor) -> Tensor:
    """x_t of the equation above, for images and noise of the same shape (n, ...)."""
    if x.shape != noise.shape:
        raise InvalidInput(f"noise must have the images' shape {tuple(x.shape)}, got {tuple(noise.shape)}")
    alpha_bar = alpha_bar_at(timestep, alphas_cumprod, x)
    return alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * noise


def ddim_step(x: Tensor, noise: Tensor, start: int, end: int | None, alphas_cumprod: Tensor) -> Tensor:
    """One deterministic step from timestep `start` to `end`, up or down; `end` None: to the clean image.

        sqrt(ᾱ_end) (x - sqrt(1 - ᾱ_start) noise) / sqrt(ᾱ_start) + sqrt(1 - ᾱ_end) noise

    Args:
        x, noise: (n, ...), the noisy image and the noise predicted in it at `start`.

    Source: Song, Meng and Ermon, "Denoising Diffusion Implicit Models" (2021), equation 12 with σ = 0.
    """
    here = alpha_bar_at(start, alphas_cumprod, x)
    there = torch.ones_like(here) if end is None else alpha_bar_at(end, alphas_cumprod, x)
    clean = (x - (1 - here).sqrt() * noise) / here.sqrt()
    return there.sqrt() * clean + (1 - there).sqrt() * noise
