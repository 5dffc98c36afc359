"""Exercises of *Two remedies*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function

_leak = torch.tensor([0.86, 0.76, 0.70, 0.60, 0.62])
_distance = torch.tensor([6.0, 8.0, 12.0, 17.0, 29.0])
_real = torch.tensor([2.0, 0.3, -0.4, 1.0])
_fake = torch.tensor([-1.5, 0.2, -0.6, 1.0])
_betas = [1e-3, 1e-2, 1e-1, 1.0]
_aucs = torch.tensor([[0.86, 0.87, 0.85], [0.66, 0.68, 0.67], [0.60, 0.61, 0.62], [0.50, 0.51, 0.52]])


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


def _enough(betas: list[float], aucs: Tensor, limit: float, widen: float = (1 + 1 / 3) ** 0.5) -> list[float]:
    high = aucs.mean(1) + 4.303 * widen * aucs.std(1)
    return [beta for beta, upper in zip(betas, high, strict=True) if upper < limit]


safe_beta = function(
    cases=((_betas, _aucs, 0.7), (_betas, _aucs, 0.68)),
    solution=lambda *arguments: min(_enough(*arguments)),
    right="One new model can be as far from the mean as a seed can; the mean itself is known better than that.",
    mistakes={
        "That is the interval of the mean; one new model scatters more: √(1 + 1/3), not √(1/3).": lambda betas, aucs, limit: min(
            _enough(betas, aucs, limit, 3**-0.5)
        ),
        "The mean alone keeps no promise: compare the upper end of the interval.": lambda betas, aucs, limit: min(
            _enough(betas, aucs, limit, 0.0)
        ),
        "A smaller β costs less quality: take the smallest that will do.": lambda *arguments: max(_enough(*arguments)),
    },
)
