"""Which runs stand behind the chapter *Which images are remembered, and when*, and how are they made?

    the clock       training sets of several sizes, and long runs                (`helpers.experiments.clock`)
    duplicates      images that stand in the training set more than once         (`helpers.experiments.duplicates`)
    which           the same images, other seeds and other networks              (`helpers.experiments.which`)

``python -m helpers maintain memory NAME ...`` makes those whose names begin so; what was interrupted goes on.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from helpers.data.catalogue import load_split
from helpers.experiments.clock import measure_clock
from helpers.experiments.duplicates import measure_duplicates
from helpers.experiments.measure import CLASSIFIER_STEPS, classifiers_for
from helpers.experiments.outcomes import OUTCOMES, Outcome
from helpers.experiments.runs import all_of, found_by, waiting_among
from helpers.experiments.which import measure_which
from helpers.training.clock_recipes import BATCHES, CLOCK, ClockRecipe, whole_split
from helpers.training.duplicate_recipes import DUPLICATES, Copies, DuplicateRecipe
from helpers.training.recipes import Recipe
from helpers.training.which_recipes import WHICH

MEMORY_RUNS = Path("_build/runs/memory")
MEMORY_OUTCOMES = OUTCOMES / "memory"
MEMORY: tuple[Recipe, ...] = (*CLOCK.values(), *BATCHES.values(), *DUPLICATES.values(), *WHICH.values())


def measure_memory(recipe: Recipe, folder: Path = MEMORY_RUNS, progress: bool = True) -> Outcome:
    """Train what the recipe asks for and measure it as its study does."""
    if isinstance(recipe, ClockRecipe):
        whole = whole_split(recipe)
        classifiers = classifiers_for(recipe, whole, folder, progress, CLASSIFIER_STEPS)
        return measure_clock(recipe, whole, classifiers, folder, progress)
    split = load_split(recipe.dataset, recipe.split_seed)
    if isinstance(recipe, DuplicateRecipe):
        return measure_duplicates(recipe, split, folder, progress)
    return measure_which(recipe, split, folder, progress)


def run_memory(
    names: Sequence[str], folder: Path = MEMORY_RUNS, scores: Path = MEMORY_OUTCOMES, progress: bool = True, jobs: int = 1
) -> Iterator[Path]:
    """Train and measure those whose names begin so, and whose scores are not there yet. Raises as `waiting`.

    Args:
        jobs: as of `helpers.experiments.runs.all_of`.
    """
    measure = partial(measure_memory, folder=folder, progress=progress and jobs == 1)
    yield from all_of(measure, waiting(names, scores), scores, jobs)


def waiting(names: Sequence[str], scores: Path = MEMORY_OUTCOMES) -> list[Recipe]:
    """Those of `MEMORY` whose names begin so and whose scores are not there yet; "all" for all.

    Raises:
        ValueError: a name with which none begins.
    """
    return waiting_among(MEMORY, names, scores, "clock, clock-digits-75, duplicates-same, which")


def clock_outcome(recipe: ClockRecipe, scores: Path = MEMORY_OUTCOMES) -> Outcome:
    """What the run of a recipe of `helpers.training.clock_recipes` found.

    Raises:
        FileNotFoundError: it is not there; the message says how to make it.
    """
    return found_by(recipe, scores, "memory")


def duplicates_outcome(copies: Copies, seed: int, scores: Path = MEMORY_OUTCOMES) -> Outcome:
    """What the run found whose copies are so. Raises as `clock_outcome`."""
    return found_by(DUPLICATES[copies, seed], scores, "memory")


def which_outcome(run: str, scores: Path = MEMORY_OUTCOMES) -> Outcome:
    """What a run of `helpers.training.which_recipes` found. Raises as `clock_outcome`."""
    return found_by(WHICH[run], scores, "memory")
