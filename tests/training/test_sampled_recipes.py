"""The models whose samples are seen are runs of the chapter on memory, under the same names."""

from helpers.experiments.memory import MEMORY
from helpers.training.sampled_recipes import SAMPLED


def test_each_is_a_run_of_the_chapter_on_memory_and_stands_there_once():
    assert set(SAMPLED.values()) <= set(MEMORY)
    assert len({recipe.name for recipe in SAMPLED.values()}) == len(SAMPLED) == 12
    assert all(recipe.seed == seed for (_, seed), recipe in SAMPLED.items())
