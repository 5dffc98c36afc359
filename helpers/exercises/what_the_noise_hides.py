"""Exercises of *What the noise hides*."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from helpers.exercises.exercise import function

_generator = torch.Generator().manual_seed(0)
_y, _mean = (torch.randn(4, 2, 3, 3, generator=_generator) for _ in range(2))


def _predicted_noise(y: Tensor, mean: Tensor, sigma: float, alpha_cumprod: float) -> Tensor:
    return (1 - alpha_cumprod) ** 0.5 * (y - alpha_cumprod**0.5 * mean) / (alpha_cumprod * sigma**2 + 1 - alpha_cumprod)


def _own_weight(distance: float | Tensor, sigma: float, alpha_cumprod: float) -> Tensor:
    variance = alpha_cumprod * sigma**2 + 1 - alpha_cumprod
    return 1 / (1 + torch.exp(-alpha_cumprod * torch.as_tensor(distance) ** 2 / (2 * variance)))


predicted_noise = function(
    cases=((_y, _mean, 0.7, 0.9), (_y, _mean, 0.0, 0.5)),
    solution=_predicted_noise,
    right="With σ = 0 it is the denoiser of a single image; the larger σ, the smaller the prediction, member or not.",
    mistakes={
        "σ is a standard deviation: the variances add up, ᾱσ² + 1 - ᾱ.": lambda y, m, s, a: (
            (1 - a) ** 0.5 * (y - a**0.5 * m) / (a * s + 1 - a)
        ),
        "In the noisy latent the posterior's noise is scaled, too: ᾱσ².": lambda y, m, s, a: (
            (1 - a) ** 0.5 * (y - a**0.5 * m) / (s**2 + 1 - a)
        ),
        "The mean is scaled by √ᾱ.": lambda y, m, s, a: (1 - a) ** 0.5 * (y - m) / (a * s**2 + 1 - a),
        "That is the score with its sign changed; the noise is √(1-ᾱ) times as much.": lambda y, m, s, a: (
            (y - a**0.5 * m) / (a * s**2 + 1 - a)
        ),
    },
)

own_weight = function(
    cases=((4.0, 0.5, 0.9), (1.0, 0.8, 0.99), (torch.tensor([0.0, 2.0]), 1.0, 0.5)),
    solution=_own_weight,
    right="Clouds overlap when their distance is no longer large against √(ᾱσ² + 1 - ᾱ): then the weight comes down to ½.",
    mistakes={
        "A Gaussian falls with the squared distance.": lambda r, s, a: _own_weight(torch.as_tensor(r) ** 0.5, s, a),
        "The centres are scaled by √ᾱ, and so is their distance.": lambda r, s, a: _own_weight(torch.as_tensor(r) / a**0.5, s, a),
        "σ is a standard deviation: the variance is ᾱσ² + 1 - ᾱ.": lambda r, s, a: _own_weight(r, s**0.5, a),
        "There is a factor ½ in the exponent of a Gaussian.": lambda r, s, a: _own_weight(2**0.5 * torch.as_tensor(r), s, a),
        "Divide by the sum of both weights: the own one has exponent 0.": lambda r, s, a: 1 / _own_weight(r, s, a) - 1,
    },
)


def _factor(steps: Sequence[float], aucs: Sequence[float], late: float, auc: float) -> float:
    return late / np.exp(np.interp(auc, aucs, np.log(steps)))


factor = function(
    cases=(([1500, 3000, 6000], [0.7, 0.9, 1.0], 12_000, 0.8), ([1000, 2000, 8000], [0.6, 0.7, 0.9], 16_000, 0.8)),
    solution=_factor,
    right="On the table of the chapter it is about six.",
    mistakes={
        "Interpolate between the logarithms of the steps.": lambda s, a, late, auc: late / np.interp(auc, a, s),
        "That is the step at which the weak model had this AUC; the factor is `late` over it.": lambda s, a, late, auc: (
            late / _factor(s, a, late, auc)
        ),
        "That is the logarithm of the factor.": lambda s, a, late, auc: np.log(_factor(s, a, late, auc)),
        "The other way round: the strong model needs more steps.": lambda s, a, late, auc: 1 / _factor(s, a, late, auc),
    },
)
