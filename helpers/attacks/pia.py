"""PIA: does the denoiser agree with itself, when its own prediction serves as the noise?

    ε̂_0 = ε̂(x, 0)
    score(x) = -||ε̂_0 - ε̂(sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε̂_0, t)||_p^p                                   two queries

PIAN first rescales ε̂_0 so that its mean absolute value is that of a standard normal, sqrt(2 / π).
Source: Kong et al., "An Efficient Membership Inference Attack for the Diffusion Model by Proximal Initialization"
(arXiv 2305.18355); p = 4.
"""

import math
from dataclasses import dataclass

from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise, check_order
from helpers.attacks.loss import residual
from helpers.attacks.sima import norm_to_the_p
from helpers.models.denoisers import Denoiser


def normalised(noise: Tensor) -> Tensor:
    """Each image's noise, scaled to a mean absolute value of sqrt(2 / π)."""
    mean = noise.flatten(1).abs().mean(1).reshape(-1, *[1] * (noise.ndim - 1))
    return noise / mean.clamp_min(1e-12) * math.sqrt(2 / math.pi)


@dataclass(frozen=True)
class PIA(BatchedAttack):
    """The change between two predictions, the first of which is the noise that the second has to find.

    Raises:
        ValueError: p below 1.
    """

    timestep: int = 100
    p: float = 4

    def __post_init__(self):
        check_order(self.p)

    @property
    def queries(self) -> int:
        return 2

    def asked_timesteps(self) -> list[int]:
        return [0, self.timestep]

    def first(self, denoiser: Denoiser, x: Tensor) -> Tensor:
        """ε̂_0, the prediction at the clean image and timestep 0."""
        return denoiser.predict_noise(x, 0)

    def vectors(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> list[Tensor]:
        """What the score is a norm of, in the shape of x: see `helpers.attacks.influential`."""
        return [residual(denoiser, x, self.first(denoiser, x), self.timestep)]

    def reduce(self, vectors: list[Tensor]) -> Tensor:
        """The score of such vectors: (n,)."""
        return -norm_to_the_p(vectors[0], self.p)

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        return self.reduce(self.vectors(denoiser, x, noise))


@dataclass(frozen=True)
class PIAN(PIA):
    """PIA with a normalised first prediction."""

    def first(self, denoiser: Denoiser, x: Tensor) -> Tensor:
        return normalised(denoiser.predict_noise(x, 0))
