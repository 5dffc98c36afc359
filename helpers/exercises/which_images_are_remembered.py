"""Exercises of *Which images are remembered, and when*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_distances = torch.tensor([1.4, 2.0, 3.1], dtype=torch.float64)

steps_until = function(
    cases=((200, 600, 128, 1), (150, 1600, 128, 20), (100, 50_000, 64, 2)),
    solution=lambda visits, n, batch, copies: visits * n / (batch * copies),
    right="So the time that is safe for most may be far too long for the one image that stands there a hundred times.",
    mistakes={
        "That is how often the image is seen; the question is after how many steps.": lambda v, n, b, k: v * b * k / n,
        "What stands there k times is seen k times as often, and needs fewer steps.": lambda v, n, b, k: v * n * k / b,
        "The copies are missing.": lambda v, n, b, k: v * n / b,
    },
)


def _own_weight(distances: torch.Tensor, copies: int, variance: float) -> torch.Tensor:
    return copies / (copies + torch.exp(-distances.square() / (2 * variance)).sum())


own_weight = function(
    cases=((_distances, 1, 0.05), (_distances, 1, 1.5), (_distances, 20, 1.5)),
    solution=_own_weight,
    right="Where the weight is 1 already, copies add nothing. Where neighbours count, each copy pulls the mean over.",
    mistakes={
        "The square of each distance belongs into the exponent.": lambda d, k, v: k / (k + torch.exp(-d / (2 * v)).sum()),
        "Copies weigh above the fraction line and below it.": lambda d, k, v: 1 / (k + torch.exp(-d.square() / (2 * v)).sum()),
        "All weights add up to one: the copies belong below the fraction line, too.": lambda d, k, v: (
            k / (1 + torch.exp(-d.square() / (2 * v)).sum())
        ),
        "The copies are missing.": lambda d, k, v: _own_weight(d, 1, v),
    },
)

claims = statements(
    "Say for whom, after how many visits, and by which attacker.",
    {
        "1: compare where the lines cross AUC 0.75 with where they cross the dotted line below.": True,
        "2: look at the row of the closed form at the small timesteps.": False,
        "3: an average hides them; look at the quarters under LiRA.": False,
        "4: compare both kinds of copies, group by group.": True,
    },
)
