"""Of which models does the chapter *Only its samples* see the samples?

Training sets of three sizes, and one in which some images stand up to a hundred times: the longest runs of the chapter on memory,
at their end (`helpers.training.clock_recipes`, `helpers.training.duplicate_recipes`). Their weights are not kept, so each is
trained again: 5 to 17 minutes on one core, and 2 more for its samples.
"""

from helpers.training.clock_recipes import CLOCK
from helpers.training.duplicate_recipes import DUPLICATES
from helpers.training.experiment_recipes import SEEDS
from helpers.training.recipes import Recipe

SAMPLED_SIZES = (300, 600, 1200)
SAMPLED: dict[tuple[str, int], Recipe] = {
    **{(f"n = {n}", seed): CLOCK["digits", n, seed] for n in SAMPLED_SIZES for seed in SEEDS},
    **{("duplicates", seed): DUPLICATES["same", seed] for seed in SEEDS},
}
