"""PFAMI: does the loss rise when the image is changed a little?

    L(x, t) = ||ε - ε̂(x_t, t)||² / d,   x_t = sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε                        (d pixels)
    score(x) = mean over crops c and timesteps t of  L(crop_c(x), t) - L(x, t)        (crops + 1) x timesteps queries

A member lies in a hollow of the loss, so that every change raises it. A crop keeps the middle of the image, a share c
of its side, and stretches it to the old size. Both losses of a difference meet the same noise.
Source: Fu et al., "A Probabilistic Fluctuation based Membership Inference Attack for Diffusion Models"
(arXiv 2308.12143), the statistic; crops 0.95 to 0.70, timesteps 0 to 450.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise
from helpers.attacks.loss import residual
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser, encoded

CROPS = tuple(round(c, 4) for c in torch.linspace(0.95, 0.70, 10).tolist())


def centre_crop(x: Tensor, side: float) -> Tensor:
    """The middle of each image, a share `side` in (0, 1] of its side, bilinearly stretched to its old size."""
    scaling = torch.tensor([[side, 0, 0], [0, side, 0]]).to(x).expand(len(x), 2, 3)
    grid = torch.nn.functional.affine_grid(scaling, list(x.shape), align_corners=False)
    return torch.nn.functional.grid_sample(x, grid, "bilinear", "border", align_corners=False)


@dataclass(frozen=True)
class PFAMI(BatchedAttack):
    """The mean rise of the loss under centre crops.

    Args:
        timesteps: each in [0, T).
        crops: each in (0, 1].

    Raises:
        ValueError: no timestep, no crop, or a crop out of range.
    """

    timesteps: tuple[int, ...] = tuple(range(0, 500, 50))
    crops: tuple[float, ...] = CROPS
    changes_images: ClassVar[bool] = True

    def __post_init__(self):
        if not self.timesteps or not self.crops or not all(0 < c <= 1 for c in self.crops):
            raise InvalidInput(f"PFAMI needs timesteps, and crops in (0, 1]; got {self.timesteps} and {self.crops}")

    @property
    def queries(self) -> int:
        return len(self.timesteps) * (len(self.crops) + 1)

    def asked_timesteps(self) -> tuple[int, ...]:
        return self.timesteps

    def rises(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        """L(crop(x), t) - L(x, t): (n, timesteps, crops)."""

        def loss(y: Tensor, t: int, epsilon: Tensor) -> Tensor:
            return residual(denoiser, y, epsilon, t).square().flatten(1).mean(1)

        rows, whole = [], encoded(denoiser, x)
        cropped = [encoded(denoiser, centre_crop(x, c).clamp(-1, 1)) for c in self.crops]
        for k, t in enumerate(self.timesteps):
            epsilon = noise(k, whole)
            here = loss(whole, t, epsilon)
            rows.append(torch.stack([loss(y, t, epsilon) - here for y in cropped], 1))
        return torch.stack(rows, 1)

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        return self.rises(denoiser, x, noise).mean((1, 2))
