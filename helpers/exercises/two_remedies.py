"""Exercises of *Two remedies*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function

_leak = torch.tensor([0.86, 0.76, 0.70, 0.60, 0.62])
_distance = torch.tensor([6.0, 8.0, 12.0, 17.0, 29.0])
_real = torch.tensor([2.0, 0.3, -0.4, 1.0])
_fake = torch.tensor([-1.5, 0.2, -0.6, 1.0])
_high = torch.tensor([0.91, 0.83, 0.66, 0.60])


def _dominated(leak: Tensor, distance: Tensor, strict: bool = False) -> Tensor:
    better = (leak[None] <= leak[:, None]) & (distance[None] <= distance[:, None])
    some = (leak[None] < leak[:, None]) | (distance[None] < distance[:, None])
    both = (leak[None] < leak[:, None]) & (distance[None] < distance[:, None])
    return (both if strict else better & some).any(1)


dominated = function(
    cases=((_leak, _distance), (torch.tensor([0.7, 0.7, 0.6]), torch.tensor([9.0, 8.0, 9.0]))),
    solution=_dominated,
    right="What is left is the frontier.",
    mistakes={
        "Less of one and as much of the other is enough to dominate.": lambda a, d: _dominated(a, d, strict=True),
        "That is the frontier itself: the dominated settings are the others.": lambda a, d: ~_dominated(a, d),
        "Smaller is better in both: a leak and a distance.": lambda a, d: _dominated(-a, -d),
    },
)

hinge = function(
    cases=((_real, _fake), (_fake, _real)),
    solution=lambda real, fake: (1 - real).clamp_min(0).mean() + (1 + fake).clamp_min(0).mean(),
    right="It is 2 for a discriminator that always says 0, and 0 for one that always knows.",
    mistakes={
        "The two means are added: the loss is 2 when the discriminator says nothing.": lambda real, fake: (
            ((1 - real).clamp_min(0).mean() + (1 + fake).clamp_min(0).mean()) / 2
        ),
        "Real images should be above 1, reconstructions below -1: look at the signs.": lambda real, fake: (
            (1 + real).clamp_min(0).mean() + (1 - fake).clamp_min(0).mean()
        ),
        "A hinge stops at 0: what is beyond the margin earns nothing more.": lambda real, fake: (
            (1 - real).mean() + (1 + fake).mean()
        ),
    },
)

cheapest = function(
    cases=(([1e-3, 1e-2, 1e-1, 1.0], _high, 0.7), ([1e-3, 1e-2, 1e-1, 1.0], _high, 0.85)),
    solution=lambda betas, high, limit: min(b for b, h in zip(betas, high, strict=True) if h < limit),
    right="The smallest β costs the least quality; the interval's upper end says that the leak is really below the limit.",
    mistakes={
        "A smaller β costs less quality: take the smallest that will do.": lambda betas, high, limit: max(
            b for b, h in zip(betas, high, strict=True) if h < limit
        ),
        "Below the limit, not above it.": lambda betas, high, limit: min(
            b for b, h in zip(betas, high, strict=True) if h >= limit
        ),
    },
)
