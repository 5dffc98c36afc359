"""Are the same images remembered again, by a model that starts elsewhere, or by another network?

All runs learn from the members of one split of the digits, for as many steps as the book's DDPM: five that differ in their seed
alone (the weights' start and every step), and three other networks.
"""

from helpers.training.path_recipe import PathRecipe
from helpers.training.recipes import Recipe

TRAINING_SEEDS = (0, 1, 2, 3, 4)
WHICH: dict[str, Recipe] = {
    **{f"seed-{seed}": Recipe(f"which-seed-{seed}", seed=seed) for seed in TRAINING_SEEDS},
    "half": Recipe("which-half", channels=(16, 32), norm_groups=4),
    "dit": PathRecipe("which-dit", path="ddpm", times="timesteps", network="dit"),
    "flow": PathRecipe("which-flow", path="flow", times="uniform"),
}
