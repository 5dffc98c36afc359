"""Exercises of *The league table*."""

import torch

from helpers.evaluation.paired import holm as _holm
from helpers.exercises.exercise import Exercise, function

_p, _q = torch.tensor([0.004, 0.03, 0.02]), torch.tensor([0.2, 0.01, 0.4, 0.012])
_generator = torch.Generator().manual_seed(0)
_a, _b = torch.randn(500, generator=_generator) + 0.9, torch.randn(500, generator=_generator)

holm = function(
    cases=((_p,), (_q,)),
    solution=lambda p: torch.as_tensor(_holm(p.tolist())),
    right="Each is multiplied by the number of questions that are still open, and never falls below one before it.",
    mistakes={
        "That is Bonferroni: Holm multiplies the smallest by m, the next by m - 1, ...": lambda p: (len(p) * p).clamp(max=1),
        "Adjusted p-values may not fall along the order: take the running maximum.": lambda p: (
            p.sort().values * torch.arange(len(p), 0, -1)
        ).clamp(max=1)[p.argsort().argsort()],
        "Give them back in the order in which they came.": lambda p: (
            (p.sort().values * torch.arange(len(p), 0, -1)).cummax(0).values.clamp(max=1)
        ),
    },
)

paired_interval = function(
    cases=((_a, _b), (_b, _a)),
    solution=lambda a, b: (a - b).quantile(torch.tensor([0.025, 0.975])),
    right="The difference within each draw: whatever both have in common cancels.",
    mistakes={
        "Ends of two intervals subtracted are not the interval of the difference.": lambda a, b: torch.stack(
            [a.quantile(0.025) - b.quantile(0.975), a.quantile(0.975) - b.quantile(0.025)]
        ),
        "Keep the draws together: sorting each side separately breaks the pairs.": lambda a, b: (
            a.sort().values - b.sort().values
        ).quantile(torch.tensor([0.025, 0.975])),
        "A 95% interval leaves 2.5% on either side.": lambda a, b: (a - b).quantile(torch.tensor([0.05, 0.95])),
    },
)

images_per_hour = Exercise(
    solution=1800,
    right="SimA scores 198,000 in the same hour.",
    mistakes={
        "That is how many SimA scores; PFAMI needs 110 queries for each image.": 198000,
        "That is images a minute.": 30,
        "The queries of an image are multiplied, not added.": 197890,
    },
    tolerance=0,
)
