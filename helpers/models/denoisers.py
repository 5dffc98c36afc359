"""What is a denoiser?

Anything that predicts the noise in x at timestep t: ``predict_noise(x, timestep) -> noise``, together with the
schedule ``alphas_cumprod`` that says what t means. Every attack in this package asks for no more than that.

Networks are trained to predict the noise ε, the velocity v or the clean image x₀, which say the same about a noisy x_t:

    v = sqrt(ᾱ) ε - sqrt(1-ᾱ) x₀,   x_t = sqrt(ᾱ) x₀ + sqrt(1-ᾱ) ε
    ε = sqrt(ᾱ) v + sqrt(1-ᾱ) x_t = (x_t - sqrt(ᾱ) x₀) / sqrt(1-ᾱ)

Source: Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion Models" (2022), appendix D, for v.
"""

from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel, UNet2DModel
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.schedule import alpha_bar_at


@runtime_checkable
class Denoiser(Protocol):
    """predict_noise maps x (n, c, h, w) and a timestep (int or (n,), 0-based) to noise (n, c, h, w)."""

    @property
    def alphas_cumprod(self) -> Tensor:
        """ᾱ of every timestep, (T,): the share of the image's variance that is left."""
        ...

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """ε̂(x, t) in the shape of x (n, c, h, w), for an int or an (n,) integer tensor in [0, T)."""
        ...


def to_noise(predicted: Tensor, x: Tensor, alpha_bar: Tensor, prediction_type: str) -> Tensor:
    """ε of the module's equations, from what a network predicts at x_t; all tensors broadcast.

    Args:
        prediction_type: "epsilon", "v_prediction" or "sample".

    Raises:
        ValueError: another prediction type.
    """
    signal, noise = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    match prediction_type:
        case "epsilon":
            return predicted
        case "v_prediction":
            return signal * predicted + noise * x
        case "sample":
            return (x - signal * predicted) / noise
    raise InvalidInput(f'prediction_type must be "epsilon", "v_prediction" or "sample", got {prediction_type!r}')


@dataclass
class UNetDenoiser:
    """A network of diffusers with the scheduler it was trained with, whatever of the three it predicts.

    Args:
        scheduler: any of diffusers that has ``alphas_cumprod``.
        condition: what a conditional network is told, (1, tokens, width), or (n, ...) for a batch of n images.

    Raises:
        ValueError: a scheduler without ``alphas_cumprod``, or a conditional network without a condition.
    """

    unet: UNet2DModel | UNet2DConditionModel
    scheduler: DDPMScheduler
    condition: Tensor | None = None

    def __post_init__(self):
        if not isinstance(getattr(self.scheduler, "alphas_cumprod", None), Tensor):
            raise InvalidInput(
                f"{type(self.scheduler).__name__} has no alphas_cumprod; save the model with a DDPM or DDIM scheduler"
            )
        if isinstance(self.unet, UNet2DConditionModel) and self.condition is None:
            raise InvalidInput("a conditional network needs a condition; an empty prompt is one, too")

    @property
    def alphas_cumprod(self) -> Tensor:
        return self.scheduler.alphas_cumprod

    @property
    def shape(self) -> tuple[int, int, int]:
        """(c, h, w) of what the network was trained on."""
        size = self.unet.config.sample_size
        height, width = (size, size) if isinstance(size, int) else size
        return self.unet.config.in_channels, height, width

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """ε̂(x, t): x (n, c, h, w) in any range, timestep an int or (n,) in [0, T); returned on x's device.

        Raises:
            ValueError: x has other channels or another size than the network, the timestep is out of range, or the
                condition is that of another number of images.
        """
        if x.ndim != 4 or tuple(x.shape[1:]) != self.shape:
            raise InvalidInput(f"x must have shape (n, {', '.join(map(str, self.shape))}), got {tuple(x.shape)}")
        alpha_bar = alpha_bar_at(timestep, self.alphas_cumprod, x)
        device = self.unet.device
        # A number needs no copy to the device.
        t = torch.full((1,), timestep, device=device) if isinstance(timestep, int) else torch.as_tensor(timestep, device=device)
        predicted = self.unet(x.to(device), t.reshape(-1).expand(len(x)), **self._told(len(x))).sample.to(x.device)
        # A network that learned its variance, too, has twice the channels.
        return to_noise(predicted[:, : x.shape[1]], x, alpha_bar, self.scheduler.config.prediction_type)

    def told(self, condition: Tensor) -> "UNetDenoiser":
        """The same network under another condition."""
        return replace(self, condition=condition)

    def _told(self, n: int) -> dict[str, Tensor]:
        if self.condition is None:
            return {}
        if len(self.condition) not in (1, n):
            raise InvalidInput(f"there must be one condition, or one per image ({n}), got {len(self.condition)}")
        return {"encoder_hidden_states": self.condition.expand(n, -1, -1).to(self.unet.device)}

    def compiled(self) -> "UNetDenoiser":
        """The same denoiser, its network compiled for this machine: for long sweeps, about twice as fast on a CPU.

        The first call with a new batch size compiles for half a minute, and needs a C++ compiler.
        """
        return replace(self, unet=torch.compile(self.unet, dynamic=False))

    def generate(self, n: int, generator: torch.Generator, steps: int = 100, clip: bool = False) -> Tensor:
        """n outcomes (n, c, h, w) of the reverse process of DDPM in `steps` steps.

        Args:
            clip: keep the clean estimate of each step in [-1, 1]: right for images, wrong for latents.
        """
        device = self.unet.device
        scheduler = DDPMScheduler.from_config(self.scheduler.config, clip_sample=clip)
        scheduler.set_timesteps(steps)
        x = torch.randn(n, *self.shape, generator=generator).to(device)
        for t in scheduler.timesteps:
            predicted = self.unet(x, t.to(device), **self._told(n)).sample
            x = scheduler.step(predicted, t, x, generator=generator).prev_sample
        return x.cpu()

    @torch.inference_mode()
    def sample(self, n: int, generator: torch.Generator, steps: int = 100) -> Tensor:
        """n new images in [-1, 1], by the reverse process of DDPM in `steps` steps."""
        return self.generate(n, generator, steps, clip=True).clamp(-1, 1)


def encoded(denoiser: Denoiser, images: Tensor) -> Tensor:
    """The images where the denoiser works: themselves, or their latents if it has an ``encode`` (`helpers.models.latent`)."""
    return denoiser.encode(images) if hasattr(denoiser, "encode") else images
