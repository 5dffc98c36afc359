"""Exercises of *What we do not know*."""

from collections.abc import Callable

from scipy.stats import t as student

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements


def _half_width(spread: float, seeds: int) -> float:
    return student.ppf(0.975, seeds - 1) * spread / seeds**0.5


def _seeds_needed(spread: float, wanted: float, half_width: Callable[[float, int], float] = _half_width) -> int:
    return next(n for n in range(2, 10_000) if half_width(spread, n) <= wanted)


half_width = function(
    cases=((0.02, 3), (0.05, 10)),
    solution=_half_width,
    right="With three seeds it is two and a half standard deviations.",
    mistakes={
        "n seeds leave n - 1 degrees of freedom.": lambda spread, seeds: student.ppf(0.975, seeds) * spread / seeds**0.5,
        "95 % in the middle leave 2.5 % on each side: the 0.975 quantile.": lambda spread, seeds: (
            student.ppf(0.95, seeds - 1) * spread / seeds**0.5
        ),
        "The interval is the mean's: divide by √n.": lambda spread, seeds: student.ppf(0.975, seeds - 1) * spread,
        "1.96 is for many seeds.": lambda spread, seeds: 1.96 * spread / seeds**0.5,
    },
)

seeds_needed = function(
    cases=((0.02, 0.02), (0.05, 0.02), (0.02, 0.1)),
    solution=_seeds_needed,
    right="Twice as narrow costs about four times the seeds.",
    mistakes={
        "Each n has its own quantile: try n = 2, 3, ... with your half-width.": lambda spread, wanted: _seeds_needed(
            spread, wanted, lambda s, n: 1.96 * s / n**0.5
        ),
        "The smallest n that is narrow enough, not the last one that is too wide.": lambda spread, wanted: (
            _seeds_needed(spread, wanted) - 1
        ),
    },
)

claims = statements(
    "Undecided is an answer, and the most frequent one with three seeds.",
    {
        "1: of the three intervals of 4×4 − 8×8 only the quantised family's lies below 0.": False,
        "2: the whole interval lies below 0, and so does the difference.": True,
        "3: an interval that holds 0 says that these runs cannot tell, not that there is no difference.": False,
        "4: look for 4×4: tiny − pixels; the whole interval lies above 0.": True,
    },
)
