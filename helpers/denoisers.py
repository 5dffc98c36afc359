"""What is a denoiser?

Anything that predicts the noise in x at timestep t: ``predict_noise(x, timestep) -> noise``, together with the
schedule ``alphas_cumprod`` that says what t means. Every attack in this package asks for no more than that.
"""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from diffusers import DDPMScheduler, UNet2DModel
from torch import Tensor

from helpers.schedule import alpha_bar_at


@runtime_checkable
class Denoiser(Protocol):
    """predict_noise maps x (n, c, h, w) and a timestep (int or (n,), 0-based) to noise (n, c, h, w)."""

    alphas_cumprod: Tensor  # (T,)

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor: ...


@dataclass
class UNetDenoiser:
    """A trained diffusers ``UNet2DModel`` that predicts noise, with the scheduler it was trained with."""

    unet: UNet2DModel
    scheduler: DDPMScheduler

    @property
    def alphas_cumprod(self) -> Tensor:
        return self.scheduler.alphas_cumprod

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """ε̂(x, t): x (n, c, h, w) in any range, timestep an int or (n,) in [0, T); returned on x's device.

        Raises:
            ValueError: x has other channels or another size than the network, or the timestep is out of range.
        """
        size = self.unet.config.sample_size
        height, width = (size, size) if isinstance(size, int) else size
        expected = (self.unet.config.in_channels, height, width)
        if x.ndim != 4 or tuple(x.shape[1:]) != expected:
            raise ValueError(f"x must have shape (n, {', '.join(map(str, expected))}), got {tuple(x.shape)}")
        alpha_bar_at(timestep, self.alphas_cumprod, x)
        device = self.unet.device
        t = torch.as_tensor(timestep, device=device).reshape(-1).expand(len(x))
        return self.unet(x.to(device), t).sample.to(x.device)

    def compiled(self) -> "UNetDenoiser":
        """The same denoiser, its network compiled for this machine: for long sweeps, about twice as fast on a CPU.

        The first call with a new batch size compiles for half a minute, and needs a C++ compiler.
        """
        return UNetDenoiser(torch.compile(self.unet, dynamic=False), self.scheduler)

    def generate(self, n: int, generator: torch.Generator, steps: int = 100, clip: bool = False) -> Tensor:
        """n outcomes (n, c, h, w) of the scheduler's reverse process in `steps` steps.

        Args:
            clip: keep the clean estimate of each step in [-1, 1]: right for images, wrong for latents.
        """
        config, device = self.unet.config, self.unet.device
        scheduler = DDPMScheduler.from_config(self.scheduler.config, clip_sample=clip)
        scheduler.set_timesteps(steps)
        x = torch.randn(n, config.in_channels, config.sample_size, config.sample_size, generator=generator)
        for t in scheduler.timesteps:
            noise = self.unet(x.to(device), t.to(device)).sample.cpu()
            x = scheduler.step(noise, t, x, generator=generator).prev_sample
        return x

    @torch.inference_mode()
    def sample(self, n: int, generator: torch.Generator, steps: int = 100) -> Tensor:
        """n new images in [-1, 1], by the scheduler's own reverse process in `steps` steps."""
        return self.generate(n, generator, steps, clip=True).clamp(-1, 1)


def encoded(denoiser: Denoiser, images: Tensor) -> Tensor:
    """The images where the denoiser works: themselves, or their latents if it has an ``encode`` (`helpers.latent`)."""
    return denoiser.encode(images) if hasattr(denoiser, "encode") else images
