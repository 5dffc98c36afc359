"""Which runs stand behind the chapter *Which images are remembered, and when*, where it watches the clock?

Training sets of several sizes, each inside the next:

    members_75  ⊂  members_150  ⊂  ...  ⊂  members_1200,     the same held-out images for all

Where there are few members, memory sets in early: these runs are shorter, and are looked at more often. A seed draws the split,
the weights' start and every step; network and optimiser are those of the book's own recipes.

With the same batches everywhere, twice the members are half the visits to each. Smaller batches tell whether memory counts steps
or visits:

    visits = steps · batch size / n      how often training has seen each of n members, on average
"""

from dataclasses import dataclass
from typing import Any

from helpers.data.catalogue import DATASETS
from helpers.data.splits import MembershipSplit
from helpers.errors import InvalidInput
from helpers.training.experiment_recipes import SEEDS
from helpers.training.recipes import Recipe

STEPS = {  # n -> steps, and after how many of them each run is looked at
    "digits": {75: (2000, 50), 150: (2000, 100), 300: (3000, 150), 600: (4000, 200), 1200: (6000, 300)},
    "fashion": {150: (3000, 150), 300: (4000, 200), 600: (6000, 300), 1200: (9000, 450), 3000: (12_000, 600)},
}
SIZES = {dataset: tuple(steps) for dataset, steps in STEPS.items()}
HELD_OUT = {"digits": 300, "fashion": 1000}
_OF_DATA: dict[str, dict[str, Any]] = {
    "digits": {},
    "fashion": {"channels": (32, 32, 64), "batch_size": 64},
}


@dataclass(frozen=True)
class ClockRecipe(Recipe):
    """A recipe that trains on the first n members of its split.

    Raises:
        ValueError: a data set without such splits, or an n that is larger than the largest of its sizes, or below 2.
    """

    n: int = 600

    def __post_init__(self):
        if self.dataset not in SIZES:
            raise InvalidInput(f"dataset must be one of {', '.join(SIZES)}, got {self.dataset!r}")
        if not 2 <= self.n <= SIZES[self.dataset][-1]:
            raise InvalidInput(f"n must be in [2, {SIZES[self.dataset][-1]}], got {self.n}")

    def visits(self, step: float) -> float:
        """How often training has seen each member by a step, on average; see the module."""
        return step * self.batch_size / self.n


def whole_split(recipe: ClockRecipe) -> MembershipSplit:
    """The split that the recipe's seed draws, with as many members as the largest training set has."""
    load = DATASETS[recipe.dataset].load
    assert load is not None
    return load(recipe.split_seed, SIZES[recipe.dataset][-1], HELD_OUT[recipe.dataset])


def nested(whole: MembershipSplit, n: int) -> MembershipSplit:
    """The first n members alone, with the same held-out and auxiliary images.

    Raises:
        ValueError: fewer than 2 members, or more than there are.
    """
    if not 2 <= n <= len(whole.members):
        raise InvalidInput(f"n must be in [2, {len(whole.members)}], got {n}")
    return MembershipSplit(whole.members[:n], whole.held_out, whole.auxiliary)


def _recipe(dataset: str, n: int, seed: int) -> ClockRecipe:
    steps, every = STEPS[dataset][n]
    training = _OF_DATA[dataset] | {"steps": steps, "checkpoint_every": every}
    return ClockRecipe(f"clock-{dataset}-{n}-seed-{seed}", dataset, split_seed=seed, seed=seed, n=n, **training)


CLOCK = {(dataset, n, seed): _recipe(dataset, n, seed) for dataset, sizes in SIZES.items() for seed in SEEDS for n in sizes}

OTHER_BATCHES = {32: (3000, 150)}  # size -> steps, and after how many of them each run is looked at
BATCHES = {
    (size, seed): ClockRecipe(
        f"clock-batch-{size}-seed-{seed}",
        split_seed=seed,
        seed=seed,
        n=300,
        batch_size=size,
        steps=steps,
        checkpoint_every=every,
    )
    for size, (steps, every) in OTHER_BATCHES.items()
    for seed in SEEDS
}
