"""Exercises of *Which images are remembered, and when*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_own = torch.tensor(0.3, dtype=torch.float64)
_distances = torch.tensor([1.4, 2.0, 3.1], dtype=torch.float64)

steps_until = function(
    cases=((200, 600, 128, 1), (150, 1600, 128, 20), (100, 50_000, 64, 2)),
    solution=lambda visits, n, batch, copies: visits * n / (batch * copies),
    right="So the time that is safe for most may be far too long for the image that appears a hundred times.",
    mistakes={
        "That is how often the image is seen; the question is after how many steps.": lambda v, n, b, k: v * b * k / n,
        "What appears k times is seen k times as often, and needs fewer steps.": lambda v, n, b, k: v * n * k / b,
        "The copies are missing.": lambda v, n, b, k: v * n / b,
    },
)


def _bells(distances: torch.Tensor, variance: float) -> torch.Tensor:
    return torch.exp(-distances.square() / (2 * variance))


def _own_weight(own: torch.Tensor, others: torch.Tensor, copies: int, variance: float) -> torch.Tensor:
    mine = copies * _bells(own, variance)
    return mine / (mine + _bells(others, variance).sum())


own_weight = function(
    cases=((_own, _distances, 1, 0.05), (_own, _distances, 1, 1.5), (_own, _distances, 20, 1.5)),
    solution=_own_weight,
    right="Where the weight is 1 already, copies add nothing. Where neighbours count, they pull the mean towards the image.",
    mistakes={
        "The copies belong below the fraction line, too: all weights add up to one.": lambda own, others, k, v: (
            k * _bells(own, v) / (_bells(own, v) + _bells(others, v).sum())
        ),
        "That is the weight of one of the copies; all of them together are asked for.": lambda own, others, k, v: (
            _bells(own, v) / (k * _bells(own, v) + _bells(others, v).sum())
        ),
        "The copies are missing.": lambda own, others, k, v: _own_weight(own, others, 1, v),
    },
)

claims = statements(
    "Say for whom, until when, and under which attacker.",
    {
        "1: compare the columns of memory and of good samples, from 300 members on.": True,
        "2: look at the row of the closed form at the small timesteps.": False,
        "3: 7 % is an average, and of one attack; look at the quarters under LiRA.": False,
        "4: compare both kinds of copies, in the row of five.": True,
    },
)
