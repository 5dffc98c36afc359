"""ReDiffuse: do several noisy reconstructions average out to the image?

    x_t = sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε,   then DDIM down to a clean x̂ in `steps` equal steps
    score(x) = -||x - E_ε x̂||                                                             draws x steps queries

It needs no more than a service that returns variations of an image.
Source: Li et al., "Towards Black-Box Membership Inference Attack for Diffusion Models" (arXiv 2405.20771).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise, check_at_least_one
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import add_noise, ddim_step


def reconstruct(denoiser: Denoiser, x: Tensor, noise: Tensor, timestep: int, steps: int) -> Tensor:
    """x̂ for images and noise of one shape: noise to `timestep`, then `steps` DDIM steps to a clean image."""
    stops = [round(timestep * (steps - i) / steps) for i in range(steps)]
    y = add_noise(x, noise, timestep, denoiser.alphas_cumprod)
    for s, t in zip(stops, [*stops[1:], None], strict=True):
        y = ddim_step(y, denoiser.predict_noise(y, s), s, t, denoiser.alphas_cumprod)
    return y


@dataclass(frozen=True)
class ReDiffuse(BatchedAttack):
    """The distance of an image to the average of its reconstructions.

    Raises:
        ValueError: no draw or no step.
    """

    timestep: int = 100
    draws: int = 10
    steps: int = 2

    def __post_init__(self):
        check_at_least_one(draws=self.draws, steps=self.steps)

    @property
    def queries(self) -> int:
        return self.draws * self.steps

    def average(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        """The mean reconstruction of each image."""
        found = (reconstruct(denoiser, x, noise(k, x), self.timestep, self.steps) for k in range(self.draws))
        return sum(found, torch.zeros(())) / self.draws

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        return -(x - self.average(denoiser, x, noise)).flatten(1).norm(dim=1)
