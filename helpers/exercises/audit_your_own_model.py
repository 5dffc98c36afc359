"""Exercises of *Audit your own model*."""

import torch

from helpers.exercises.exercise import function

_generator = torch.Generator().manual_seed(0)
_v, _x = (torch.randn(2, 1, 4, 4, generator=_generator) for _ in range(2))


_near, _far = torch.rand(20, generator=_generator), torch.rand(30, generator=_generator) + 0.2


velocity = function(
    cases=((_v, _x, 0.9), (_x, _v, 0.3)),
    solution=lambda v, x, a: a**0.5 * v + (1 - a) ** 0.5 * x,
    right="Noise, velocity and clean image are three ways to say one thing.",
    mistakes={
        "The square roots are the weights, as in the forward process.": lambda v, x, a: a * v + (1 - a) * x,
        "The velocity carries the signal's root, the image the noise's.": lambda v, x, a: (1 - a) ** 0.5 * v + a**0.5 * x,
        "Both terms are added.": lambda v, x, a: a**0.5 * v - (1 - a) ** 0.5 * x,
    },
)

near_copies = function(
    cases=((_near, _far, 0.1), (_far, _near, 0.5)),
    solution=lambda to_member, between, q: to_member < between.quantile(q),
    right="On a fair split about that share is found by chance; many more are copies.",
    mistakes={
        "Members set the scale: the quantile is that of distances between them.": lambda to_member, between, q: (
            to_member < to_member.quantile(q)
        ),
        "Nearer, not farther.": lambda to_member, between, q: to_member > between.quantile(q),
        "A share of the members, not of the largest distance.": lambda to_member, between, q: to_member < q * between.max(),
    },
)

accused_per_found = function(
    cases=((0.5, 0.01, 100, 10_000), (0.9, 0.001, 10, 1000)),
    solution=lambda tpr, fpr, members, candidates: fpr * (candidates - members) / (tpr * members),
    right="One per cent of nearly everybody is many.",
    mistakes={
        "Members cannot be accused falsely: take them from the candidates.": lambda tpr, fpr, members, candidates: (
            fpr * candidates / (tpr * members)
        ),
        "For each member that is *found*: divide by TPR times members.": lambda tpr, fpr, members, candidates: (
            fpr * (candidates - members) / members
        ),
        "The other way round.": lambda tpr, fpr, members, candidates: tpr * members / (fpr * (candidates - members)),
    },
)
