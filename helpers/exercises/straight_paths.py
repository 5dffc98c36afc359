"""Exercises of *Straight paths*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_y, _velocity = (torch.randn(3, 1, 4, 4, generator=_generator) for _ in range(2))
_drawn = torch.rand(50, generator=_generator, dtype=torch.float64)

noise = function(
    cases=((_velocity, _y, 0.15), (_velocity, _y, 0.8)),
    solution=lambda velocity, y, sigma: y + (1 - sigma) * velocity,
    right="Near the noise the velocity hardly counts: there y itself is the noise.",
    mistakes={
        "ε̂ = x̂₀ + v̂ holds for the clean image, and y is the noisy one: weigh the velocity.": lambda v, y, s: y + v,
        "σ weighs the noise; the velocity is weighed by what is left.": lambda v, y, s: y + s * v,
        "Look at the sign: y = ε - (1 - σ) v.": lambda v, y, s: y - (1 - s) * v,
    },
)


def _skip(drawn: torch.Tensor, low: float, high: float) -> torch.Tensor:
    sigma = drawn * (1 - (high - low))
    return torch.where(sigma < low, sigma, sigma + (high - low))


skip = function(
    cases=((_drawn, 0.1, 0.25), (_drawn, 0.4, 0.9)),
    solution=_skip,
    right="All places outside of the stretch are equally likely, and inside of it there is none.",
    mistakes={
        "Places below `low` are too rare now: shrink [0, 1) by the length of the stretch first.": lambda u, low, high: (
            torch.where(u < low, u, high + (u - low) * (1 - high) / (1 - low))
        ),
        "Moving what falls into the stretch to its end makes that end likely; nothing may pile up.": lambda u, low, high: (
            torch.where((u > low) & (u < high), torch.full_like(u, high), u)
        ),
        "Now `low` and `high` are jumped over by what lies above `low`, but the result leaves [0, 1).": lambda u, low, high: (
            torch.where(u < low, u, u + (high - low))
        ),
    },
)

claims = statements(
    "Say which of path, times and steps you compared, and what stayed the same.",
    {
        "1: look at what is lost when the flow model is asked at the place of the DDPM.": True,
        "2: compare path and times one by one, in the table of changes.": False,
        "3: the attacker is free to ask elsewhere; look at the AUC at the best place.": False,
        "4: the change of times on the DDPM's path.": True,
    },
)
