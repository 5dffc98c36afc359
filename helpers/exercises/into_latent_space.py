"""Exercises of *Into latent space*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_mean, _noise = (torch.randn(5, 2, 3, 3, generator=_generator) for _ in range(2))
_spread = torch.rand(5, 2, 3, 3, generator=_generator) + 0.1
_means = torch.randn(8, 2, 2, 2, generator=_generator) * torch.tensor([[[1.0, 0.1], [0.5, 0.02]], [[0.8, 0.0], [1.2, 0.6]]])
_spreads = torch.rand(8, 2, 2, 2, generator=_generator) * 0.2 + torch.tensor([[[0.1, 0.8], [0.4, 0.9]], [[0.7, 0.9], [0.2, 0.3]]])

sample = function(
    cases=((_mean, _spread, _noise, 0.8),),
    solution=lambda mean, spread, noise, scaling_factor: scaling_factor * (mean + spread * noise),
    right="With noise 0 it is the scaled mean.",
    mistakes={
        "The factor scales the whole latent, noise included.": lambda mean, spread, noise, s: s * mean + spread * noise,
        "σ is a standard deviation already: no square root.": lambda mean, spread, noise, s: s * (mean + spread.sqrt() * noise),
        "z is multiplied by s; the decoder divides by it.": lambda mean, spread, noise, s: (mean + spread * noise) / s,
    },
)


def _given_up(mean: Tensor, spread: Tensor, limit: float, reduce: int | tuple[int, ...] = 0) -> Tensor:
    noise = spread.square().mean(reduce)
    return noise / (mean.var(reduce) + noise) > limit


given_up = function(
    cases=((_means, _spreads, 0.9), (_means, _spreads, 0.5)),
    solution=_given_up,
    right="Such a dimension is the same Gaussian for nearly every image: it costs nothing, and says nothing.",
    mistakes={
        "One answer per dimension: take variance and mean over the images, the first axis, alone.": lambda mean, spread, limit: (
            _given_up(mean, spread, limit, (0, 2, 3))
        ),
        "σ is a standard deviation: the noise has the variance σ².": lambda mean, spread, limit: (
            spread.mean(0) / (mean.var(0) + spread.mean(0)) > limit
        ),
        "Mostly noise means a share above the limit.": lambda mean, spread, limit: ~_given_up(mean, spread, limit),
        "The share is of the whole variance, noise included: σ² / (Var μ + σ²).": lambda mean, spread, limit: (
            spread.square().mean(0) / mean.var(0) > limit
        ),
    },
)

claims = statements(
    "The first nats that go are the ones that the picture misses least.",
    {
        "1: compare `kl` and `psnr` in the rows of 0.0001 and 0.01.": True,
        "2: read `noise_share` and `psnr` in the row of 0.1.": True,
        "3: a share cannot exceed 1; follow `noise_share` from 0.01 on.": False,
        "4: `psnr` compares pictures, and a picture shows only what the decoder listens to; compare `kl`.": False,
    },
)
