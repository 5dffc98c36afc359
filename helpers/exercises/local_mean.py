"""Exercises of *The denoiser is a local mean*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import Exercise, function

_draw = torch.Generator().manual_seed(0)
_y, _points = torch.randn(2, generator=_draw), torch.randn(5, 2, generator=_draw)


def _distances(y: Tensor, points: Tensor, scale: float | Tensor) -> Tensor:
    return (y - scale * points).square().sum(1)


kernel_weights = function(
    cases=((_y, _points, torch.tensor(0.8)), (_y, _points, torch.tensor(0.3))),
    solution=lambda y, points, a: torch.softmax(-_distances(y, points, a.sqrt()) / (2 * (1 - a)), dim=0),
    right="A softmax over negative squared distances: the nearest training point speaks loudest.",
    mistakes={
        "The variance 1 - ᾱ is doubled in a Gaussian's exponent.": lambda y, p, a: torch.softmax(
            -_distances(y, p, a.sqrt()) / (1 - a), dim=0
        ),
        "The noisy copies sit around sqrt(ᾱ) x_i, not around x_i.": lambda y, p, a: torch.softmax(
            -_distances(y, p, 1) / (2 * (1 - a)), dim=0
        ),
        "The sign: near points should weigh more, not less.": lambda y, p, a: torch.softmax(
            _distances(y, p, a.sqrt()) / (2 * (1 - a)), dim=0
        ),
        "The weights have to sum to one.": lambda y, p, a: torch.exp(-_distances(y, p, a.sqrt()) / (2 * (1 - a))),
    },
)

predicted_noise = function(
    cases=((_y, _points[0], torch.tensor(0.8)), (_y, _points[1], torch.tensor(0.3))),
    solution=lambda y, mean, a: (y - a.sqrt() * mean) / (1 - a).sqrt(),
    right="An arrow from the (shrunken) local mean to the query, in units of the noise.",
    mistakes={
        "The arrow points from the mean to the query: y comes first.": lambda y, m, a: (a.sqrt() * m - y) / (1 - a).sqrt(),
        "Divide by sqrt(1 - ᾱ): the noise is measured in its own standard deviation.": lambda y, m, a: y - a.sqrt() * m,
        "Divide by the standard deviation sqrt(1 - ᾱ), not the variance.": lambda y, m, a: (y - a.sqrt() * m) / (1 - a),
        "The mean is shrunk by sqrt(ᾱ) first.": lambda y, m, a: (y - m) / (1 - a).sqrt(),
    },
)

false_friend = Exercise(
    solution=0.0,
    right="Half-way between the two, the pulls cancel: norm zero, and nobody trained on it.",
    mistakes={
        "That is a training point. Look for a query that nobody trained on.": 0.5,
        "That is a training point, the other one. Look between them.": -0.5,
        "Far outside, both points pull the same way and nothing cancels.": 1.0,
    },
)
