"""All runs learn from the same images; five differ in their seed alone, and three in their network."""

from dataclasses import replace

from helpers.training.path_recipe import PathRecipe
from helpers.training.recipes import Recipe
from helpers.training.which_recipes import TRAINING_SEEDS, WHICH


def test_all_runs_learn_from_the_same_images_for_as_long():
    assert {(recipe.dataset, recipe.split_seed, recipe.subset) for recipe in WHICH.values()} == {("digits", 0, "members")}
    assert {(recipe.steps, recipe.batch_size) for recipe in WHICH.values()} == {(2100, 128)}
    assert all(recipe.name == f"which-{run}" for run, recipe in WHICH.items())


def test_five_runs_differ_in_their_seed_alone():
    runs = [WHICH[f"seed-{seed}"] for seed in TRAINING_SEEDS]
    assert [recipe.seed for recipe in runs] == [*TRAINING_SEEDS]
    assert {replace(recipe, name="", seed=0) for recipe in runs} == {Recipe("")}


def test_three_runs_have_another_network_each():
    half, dit, flow = WHICH["half"], WHICH["dit"], WHICH["flow"]
    assert half.channels == tuple(width // 2 for width in Recipe("").channels)
    assert isinstance(dit, PathRecipe)
    assert isinstance(flow, PathRecipe)
    assert (dit.path, dit.times, dit.network) == ("ddpm", "timesteps", "dit")
    assert (flow.path, flow.times, flow.network) == ("flow", "uniform", "unet")
