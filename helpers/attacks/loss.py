"""Loss: is the noise in a noisy copy of the image guessed well?

    score(x) = -E_ε ||ε - ε̂(x_t, t)||²,   x_t = sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε,   ε ~ N(0, I)

Source: Matsumoto, Miura and Yanai, "Membership Inference Attacks against Diffusion Models" (arXiv 2302.03262).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise, check_at_least_one
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import add_noise


def residual(denoiser: Denoiser, x: Tensor, noise: Tensor, timestep: int) -> Tensor:
    """ε - ε̂(x_t, t), in the shape of x: what the denoiser got wrong."""
    return noise - denoiser.predict_noise(add_noise(x, noise, timestep, denoiser.alphas_cumprod), timestep)


@dataclass(frozen=True)
class Loss(BatchedAttack):
    """The denoising loss at one timestep, averaged over `draws` of noise.

    Raises:
        ValueError: no draw.
    """

    timestep: int = 100
    draws: int = 1

    def __post_init__(self):
        check_at_least_one(draws=self.draws)

    @property
    def queries(self) -> int:
        return self.draws

    def vectors(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> list[Tensor]:
        """What the score is a mean squared norm of, one a draw, in the shape of x: see `helpers.attacks.influential`."""
        return [residual(denoiser, x, noise(k, x), self.timestep) for k in range(self.draws)]

    def reduce(self, vectors: list[Tensor]) -> Tensor:
        """The score of such vectors: (n,)."""
        return -sum((v.square().flatten(1).sum(1) for v in vectors), torch.zeros(())) / self.draws

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        return self.reduce(self.vectors(denoiser, x, noise))
