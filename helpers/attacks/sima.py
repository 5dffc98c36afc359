"""SimA: is the predicted noise at the clean image small?

    score(x) = -||ε̂(x, t)||_p^p        one query, no noise added (p = inf: the maximum norm, not raised)

Source: SimA (arXiv 2509.25003); p = 4 is the default of the authors' code. The Monte-Carlo variants replace the clean
image by noisy ones, x_t = sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε:

    mean_of_norms    -E_ε ||ε̂(x_t, t)||_p^p      (the paper's figure)
    norm_of_mean     -||E_ε ε̂(x_t, t)||_p^p      (the paper's theory)
"""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise, check_at_least_one, check_order
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import add_noise


def norm_to_the_p(noise: Tensor, p: float) -> Tensor:
    """||noise||_p^p per image, (n, ...) -> (n,); for p = inf the maximum absolute value."""
    flat = noise.flatten(1).abs()
    return flat.amax(1) if p == math.inf else flat.pow(p).sum(1)


@dataclass(frozen=True)
class SimA(BatchedAttack):
    """The norm of the predicted noise at the clean image.

    Args:
        timestep: in [0, T).
        p: norm order, at least 1; math.inf for the maximum norm.

    Raises:
        ValueError: p below 1.
    """

    timestep: int = 50
    p: float = 4

    def __post_init__(self):
        check_order(self.p)

    @property
    def queries(self) -> int:
        return 1

    def vectors(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> list[Tensor]:
        """What the score is a norm of, in the shape of x: see `helpers.attacks.influential`."""
        return [denoiser.predict_noise(x, self.timestep)]

    def reduce(self, vectors: list[Tensor]) -> Tensor:
        """The score of such vectors: (n,)."""
        return -norm_to_the_p(vectors[0], self.p)

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        return self.reduce(self.vectors(denoiser, x, noise))


@dataclass(frozen=True)
class SimAMonteCarlo(BatchedAttack):
    """SimA under noise drawn at the timestep, averaged over `draws` (see the module for the two orders).

    Raises:
        ValueError: p below 1, no draw, or an unknown order.
    """

    timestep: int = 50
    p: float = 4
    draws: int = 8
    order: Literal["mean_of_norms", "norm_of_mean"] = "mean_of_norms"

    def __post_init__(self):
        check_order(self.p)
        check_at_least_one(draws=self.draws)
        if self.order not in ("mean_of_norms", "norm_of_mean"):
            raise InvalidInput(f"order must be 'mean_of_norms' or 'norm_of_mean', got {self.order!r}")

    @property
    def queries(self) -> int:
        return self.draws

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        total = torch.zeros(())
        for k in range(self.draws):
            x_t = add_noise(x, noise(k, x), self.timestep, denoiser.alphas_cumprod)
            predicted = denoiser.predict_noise(x_t, self.timestep)
            total = total + (norm_to_the_p(predicted, self.p) if self.order == "mean_of_norms" else predicted)
        mean = total / self.draws
        return -mean if self.order == "mean_of_norms" else -norm_to_the_p(mean, self.p)
