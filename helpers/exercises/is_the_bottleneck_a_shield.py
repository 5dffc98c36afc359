"""Exercises of *Is the bottleneck a shield?*"""

from collections.abc import Sequence

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


def _half(a: Sequence[float], b: Sequence[float], n_minus: int = 1, root: float = 3**0.5) -> Tensor:
    d = torch.as_tensor(a, dtype=torch.float64) - torch.as_tensor(b, dtype=torch.float64)
    return 4.303 * d.std(correction=n_minus) / root


def _unpaired(a: Sequence[float], b: Sequence[float]) -> Tensor:
    return 4.303 * ((torch.as_tensor(a).double().var() + torch.as_tensor(b).double().var()) / 3) ** 0.5


half_width = function(
    cases=(([0.91, 0.92, 0.87], [0.87, 0.88, 0.84]), ([0.5, 0.7, 0.6], [0.5, 0.6, 0.7])),
    solution=_half,
    right="The luck of a split, which both runs share, cancels in the differences.",
    mistakes={
        "Take the differences seed by seed first: that is what pairing means.": _unpaired,
        "Divide the standard deviation by √3: the interval is the mean's.": lambda a, b: _half(a, b, root=1),
        "Divide by n - 1 = 2 inside the standard deviation, as ddof=1 does.": lambda a, b: _half(a, b, n_minus=0),
        "1.96 is for many seeds; Student's t with 2 degrees of freedom is 4.303.": lambda a, b: _half(a, b) * 1.96 / 4.303,
    },
)
