"""Exercises of *The denoiser is a local mean*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import Exercise, function
from helpers.exercises.statements import statements

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

false_friend = Exercise(
    solution=0.0,
    right="Half-way between the two, the pulls cancel: the norm is zero, and there is no training point.",
    mistakes={
        "That is a training point. Look for a query that is none.": 0.5,
        "That is a training point, the other one. Look between them.": -0.5,
        "Far outside, both points pull the same way and nothing cancels.": 1.0,
    },
)

reading = statements(
    right="You have read the figure, the table and the line together.",
    judged={
        "The first is false: at t = 0 the closed form is perfect and the network at its weakest; find both in the figure.": False,
        "The second is true: look at the row t = 500 of the table, and at both curves there.": True,
        "The third is true: look at the shaded strips on the line; the zero there is exact.": True,
        "The fourth is false: a sum of fourth powers and a sum of squares are different units; compare within one p.": False,
    },
)
