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

from helpers.data import check_images
from helpers.denoisers import Denoiser
from helpers.schedule import add_noise, check_timestep


def norm_to_the_p(noise: Tensor, p: float) -> Tensor:
    """||noise||_p^p per image, (n, ...) -> (n,); for p = inf the maximum absolute value."""
    flat = noise.flatten(1).abs()
    return flat.amax(1) if p == math.inf else flat.pow(p).sum(1)


def _check_order(p: float) -> None:
    if not p >= 1:
        raise ValueError(f"p must be a norm order of at least 1 (math.inf is allowed), got {p}")


@dataclass(frozen=True)
class SimA:
    """The norm of the predicted noise at the clean image.

    Args:
        timestep: in [0, T).
        p: norm order, at least 1; math.inf for the maximum norm.
        batch_size: images per call of the denoiser; bounds the memory.

    Raises:
        ValueError: p below 1; from ``score``, a timestep outside [0, T) or images that are no valid batch in [-1, 1].
    """

    timestep: int = 50
    p: float = 4
    batch_size: int = 256

    def __post_init__(self):
        _check_order(self.p)

    @property
    def queries(self) -> int:
        return 1

    @torch.inference_mode()
    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        check_images(images)
        check_timestep(self.timestep, len(denoiser.alphas_cumprod))
        batches = images.split(self.batch_size)
        return torch.cat([-norm_to_the_p(denoiser.predict_noise(x, self.timestep), self.p) for x in batches])


@dataclass(frozen=True)
class SimAMonteCarlo:
    """SimA under noise drawn at the timestep, averaged over `draws` (see the module for the two orders).

    Raises:
        ValueError: p below 1, no draw, an unknown order; from ``score``, as SimA.
    """

    timestep: int = 50
    p: float = 4
    draws: int = 8
    order: Literal["mean_of_norms", "norm_of_mean"] = "mean_of_norms"
    seed: int = 0
    batch_size: int = 256

    def __post_init__(self):
        _check_order(self.p)
        if self.draws < 1:
            raise ValueError(f"draws must be at least 1, got {self.draws}")
        if self.order not in ("mean_of_norms", "norm_of_mean"):
            raise ValueError(f"order must be 'mean_of_norms' or 'norm_of_mean', got {self.order!r}")

    @property
    def queries(self) -> int:
        return self.draws

    @torch.inference_mode()
    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        check_images(images)
        check_timestep(self.timestep, len(denoiser.alphas_cumprod))
        generator = torch.Generator().manual_seed(self.seed)
        return torch.cat([self._score_batch(denoiser, x, generator) for x in images.split(self.batch_size)])

    def _score_batch(self, denoiser: Denoiser, x: Tensor, generator: torch.Generator) -> Tensor:
        total = 0
        for _ in range(self.draws):
            noise = torch.randn(x.shape, generator=generator).to(x)
            predicted = denoiser.predict_noise(add_noise(x, noise, self.timestep, denoiser.alphas_cumprod), self.timestep)
            total = total + (norm_to_the_p(predicted, self.p) if self.order == "mean_of_norms" else predicted)
        mean = total / self.draws
        return -mean if self.order == "mean_of_norms" else -norm_to_the_p(mean, self.p)
