"""What did somebody else's diffusion model learn to predict, and how much noise is that?

Networks are trained to predict the noise ε, the velocity v or the clean image x₀, which say the same about a noisy x_t:

    v = sqrt(ᾱ) ε - sqrt(1-ᾱ) x₀,   x_t = sqrt(ᾱ) x₀ + sqrt(1-ᾱ) ε
    ε = sqrt(ᾱ) v + sqrt(1-ᾱ) x_t = (x_t - sqrt(ᾱ) x₀) / sqrt(1-ᾱ)

Source: Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion Models" (2022), appendix D, for v.
"""

from dataclasses import dataclass, replace

import torch
from diffusers import UNet2DConditionModel, UNet2DModel
from torch import Tensor

from helpers.schedule import alpha_bar_at


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
    raise ValueError(f'prediction_type must be "epsilon", "v_prediction" or "sample", got {prediction_type!r}')


@dataclass
class PipelineDenoiser:
    """A network of diffusers with the scheduler it was trained with, whatever it predicts.

    Args:
        scheduler: any of diffusers that has ``alphas_cumprod``.
        condition: what a conditional network is told, (1, tokens, width), or (n, ...) for a batch of n images.

    Raises:
        ValueError: a scheduler without ``alphas_cumprod``, or a conditional network without a condition.
    """

    unet: UNet2DModel | UNet2DConditionModel
    scheduler: object
    condition: Tensor | None = None

    def __post_init__(self):
        if not isinstance(getattr(self.scheduler, "alphas_cumprod", None), Tensor):
            raise ValueError(
                f"{type(self.scheduler).__name__} has no alphas_cumprod; save the model with a DDPM or DDIM scheduler"
            )
        if isinstance(self.unet, UNet2DConditionModel) and self.condition is None:
            raise ValueError("a conditional network needs a condition; an empty prompt is one, too")

    @property
    def alphas_cumprod(self) -> Tensor:
        return self.scheduler.alphas_cumprod

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        """ε̂(x, t): x (n, c, h, w), timestep an int or (n,) in [0, T); returned on x's device.

        Raises:
            ValueError: x has other channels than the network, the timestep is out of range, or the condition is that of
                another number of images.
        """
        if x.ndim != 4 or x.shape[1] != self.unet.config.in_channels:
            raise ValueError(f"x must have shape (n, {self.unet.config.in_channels}, h, w), got {tuple(x.shape)}")
        alpha_bar = alpha_bar_at(timestep, self.alphas_cumprod, x)
        t = torch.as_tensor(timestep, device=self.unet.device).reshape(-1).expand(len(x))
        predicted = self.unet(x.to(self.unet.device), t, **self._told(len(x))).sample.to(x.device)
        # A network that learned its variance, too, has twice the channels.
        return to_noise(predicted[:, : x.shape[1]], x, alpha_bar, self.scheduler.config.prediction_type)

    def told(self, condition: Tensor) -> "PipelineDenoiser":
        """The same network under another condition."""
        return replace(self, condition=condition)

    def _told(self, n: int) -> dict[str, Tensor]:
        if self.condition is None:
            return {}
        if len(self.condition) not in (1, n):
            raise ValueError(f"there must be one condition, or one per image ({n}), got {len(self.condition)}")
        return {"encoder_hidden_states": self.condition.expand(n, -1, -1).to(self.unet.device)}
