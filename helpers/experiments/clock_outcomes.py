"""What did the runs of one size, or with one size of batches, find along their training, over their seeds?"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate
from helpers.experiments.clock import KEPT_TIMESTEP
from helpers.experiments.memory import MEMORY_OUTCOMES, clock_outcome
from helpers.experiments.outcomes import Outcome
from helpers.experiments.over_seeds import over_seeds, scale_of
from helpers.training.clock_recipes import BATCHES, CLOCK, OTHER_BATCHES, SIZES, ClockRecipe
from helpers.training.experiment_recipes import SEEDS

# Columns of `ClockRuns.along`, and under which name an outcome holds them.
COLUMNS = {
    "AUC": f"AUC at {KEPT_TIMESTEP}",
    "TPR at 1% FPR": f"TPR at {KEPT_TIMESTEP}",
    "frechet": "frechet",
    "near_copies": "near_copies",
}


@dataclass(frozen=True)
class ClockRuns:
    """The outcomes of one setting, one for each seed.

    Args:
        recipes: that differ in their seed alone.
        folder: where the outcomes are.

    Raises:
        FileNotFoundError: scores that are not there; the message says how to make them.
    """

    recipes: tuple[ClockRecipe, ...]
    folder: Path = MEMORY_OUTCOMES

    @cached_property
    def outcomes(self) -> dict[int, Outcome]:
        """By seed."""
        return {recipe.seed: clock_outcome(recipe, self.folder) for recipe in self.recipes}

    @property
    def steps(self) -> list[int]:
        """At which each run was looked at."""
        first = self.recipes[0]
        return [*range(first.checkpoint_every, first.steps + 1, first.checkpoint_every)]

    def values(self, column: str) -> np.ndarray:
        """One of COLUMNS at each checkpoint: (seeds, checkpoints)."""
        return np.array([[o.quality[f"{COLUMNS[column]}.{step}"] for step in self.steps] for o in self.outcomes.values()])

    def chance(self) -> float:
        """The share of real images, held-out ones, that would count as near copies: what chance gives, a mean over seeds."""
        return float(np.mean([o.quality[f"near_copies_of_real.{self.steps[-1]}"] for o in self.outcomes.values()]))

    def along(self) -> pd.DataFrame:
        """One row a checkpoint: "step", "visits" (`ClockRecipe.visits`), and COLUMNS as `Estimate` over seeds."""
        found: dict[str, Sequence[float | Estimate]] = {"step": self.steps, "visits": [*map(self.recipes[0].visits, self.steps)]}
        for column in COLUMNS:
            found[column] = [over_seeds(at.tolist(), scale_of(column)) for at in self.values(column).T]
        return pd.DataFrame(found, dtype=object)

    def reached(self, column: str, level: float) -> list[float]:
        """The step at which each seed's run was first as high as the level, or as low, for a Fréchet distance.

        Between two checkpoints the curve counts as straight; before the first one AUC counts as 0.5 at step 0. NaN for a run
        that never reaches the level.
        """
        return [_first(self.steps, row, level, column) for row in self.values(column)]

    def at(self, steps: Sequence[float], column: str) -> list[float]:
        """One of COLUMNS at a step of each seed's run; between checkpoints the curve counts as straight."""
        return [float(np.interp(step, self.steps, row)) for step, row in zip(steps, self.values(column), strict=True)]


def of_size(dataset: str, n: int, folder: Path = MEMORY_OUTCOMES) -> ClockRuns:
    """The runs on the first n members of a data set.

    Raises:
        ValueError: a data set or a size that there is not.
    """
    if n not in SIZES.get(dataset, ()):
        raise InvalidInput(f"no runs of {n} members of {dataset!r}; there are {SIZES}")
    return ClockRuns(tuple(CLOCK[dataset, n, seed] for seed in SEEDS), folder)


def of_batch(batch_size: int, folder: Path = MEMORY_OUTCOMES) -> ClockRuns:
    """The runs on 300 digits with batches of another size.

    Raises:
        ValueError: a batch size that there is not.
    """
    if batch_size not in OTHER_BATCHES:
        raise InvalidInput(f"no runs with batches of {batch_size}; there are {', '.join(map(str, OTHER_BATCHES))}")
    return ClockRuns(tuple(BATCHES[batch_size, seed] for seed in SEEDS), folder)


def _first(steps: Sequence[int], values: np.ndarray, level: float, column: str) -> float:
    sign = -1 if column == "frechet" else 1
    there = np.flatnonzero(sign * values >= sign * level)
    if not len(there):
        return float("nan")
    k = int(there[0])
    if k == 0 and column != "AUC":
        return float(steps[0])
    earlier, before = (0.5, 0) if k == 0 else (values[k - 1], steps[k - 1])
    return float(before + (level - earlier) / (values[k] - earlier) * (steps[k] - before))


def growth(sizes: Sequence[int], times: np.ndarray) -> Estimate:
    """The exponent a of time = c · nᵃ, over seeds: 0 where the time does not depend on n, 1 where it is proportional to n.

    Args:
        sizes: n, at least 2 different ones.
        times: (sizes, seeds), positive.

    Raises:
        ValueError: fewer sizes, another number of rows, or times that are not positive.
    """
    times = np.asarray(times, dtype=float)
    if len(set(sizes)) < 2 or times.ndim != 2 or len(times) != len(sizes) or not (times > 0).all():
        raise InvalidInput(f"there must be positive times (sizes, seeds) of at least 2 sizes, got {sizes} and {times.shape}")
    slopes = np.polyfit(np.log(sizes), np.log(times), 1)[0]
    return over_seeds(slopes.tolist())
