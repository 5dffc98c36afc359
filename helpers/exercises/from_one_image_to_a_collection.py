"""Exercises of *From one image to a collection*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_suspects = 1.5 * torch.randn(40, generator=_generator, dtype=torch.float64) + 0.3
_comparison = torch.randn(90, generator=_generator, dtype=torch.float64)
_p = torch.rand(30, 8, generator=_generator, dtype=torch.float64) ** 3


def _statistic(suspects: torch.Tensor, comparison: torch.Tensor) -> torch.Tensor:
    spread = suspects.var() / len(suspects) + comparison.var() / len(comparison)
    return (suspects.mean() - comparison.mean()) / spread.sqrt()


statistic = function(
    cases=((_suspects, _comparison), (_comparison, _suspects)),
    solution=_statistic,
    right="Each variance is divided by its own number of images: the larger set is known better.",
    mistakes={
        "Under the root each variance is divided by its own number of images.": lambda s, c: (
            (s.mean() - c.mean()) / (s.var() + c.var()).sqrt()
        ),
        "The sum of variances is not yet a standard error: take its square root.": lambda s, c: (
            (s.mean() - c.mean()) / (s.var() / len(s) + c.var() / len(c))
        ),
        "Look at the sign: suspects that score higher must give a positive t.": lambda s, c: -_statistic(s, c),
    },
)

stopped = function(
    cases=((_p, 0.05), (_p, 0.01)),
    solution=lambda p, alpha: (p <= alpha).any(1).double().mean(),
    right="One small value on the way is enough, so that each further look can only add accusations.",
    mistakes={
        "That counts looks. A collection is accused once, however many of its looks are small.": lambda p, alpha: (
            (p <= alpha).double().mean()
        ),
        "That is who looks once, at the end. This owner stops at any small value on the way.": lambda p, alpha: (
            (p[:, -1] <= alpha).double().mean()
        ),
        "Small on every look is not asked for: the first small one ends the test.": lambda p, alpha: (
            (p <= alpha).all(1).double().mean()
        ),
        "The rows are collections, the columns are looks: go along the columns.": lambda p, alpha: (
            (p <= alpha).any(0).double().mean()
        ),
    },
)

claims = statements(
    "Say each time what the p-value was computed from, and what it was compared with.",
    {
        "1: the test asks about all of them together; which of them were used it cannot say.": False,
        "2: an innocent collection has so small a p-value in at most one of a hundred cases, if the comparison is fair.": True,
        "3: where the sets differ by themselves, more images only make the p-value smaller.": False,
        "4: undecided is not innocent; look at how few are found when a tenth was used.": False,
    },
)
