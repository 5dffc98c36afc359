"""Every kind of recipe that the book trains is tried on the device, and comes out as on the processor."""

from pathlib import Path

import pytest
import torch

from helpers.bench.kinds import KINDS, STEPS, trained_alike
from helpers.bench.results import Context
from helpers.experiments import memory, private, straight
from helpers.training.recipes import Recipe


def subclasses(kind: type) -> set[type]:
    return {kind}.union(*(subclasses(below) for below in kind.__subclasses__()))


BOOK = (memory, private, straight)  # whose recipes are then known


def test_no_kind_of_training_is_left_out():
    tried = {type(recipe) for recipe in KINDS.values()}
    # Those that only say on which images they train, as plain or private ones do.
    own_images = {"ClockRecipe", "DuplicateRecipe", "CanaryRecipe"}
    book = {kind for kind in subclasses(Recipe) if kind.__module__.startswith("helpers.")}
    assert {kind.__name__ for kind in book - tried} <= own_images
    assert all(recipe.steps == STEPS > 1 for recipe in KINDS.values())


@pytest.mark.parametrize("kind", ["DDPM, timesteps", "told classes", "private"])
def test_on_the_processor_itself_nothing_differs(kind):
    found = trained_alike(kind, Context(torch.device("cpu"), Path()))
    assert found == {"largest relative difference": 0.0, "within tolerance": True, "device": "cpu"}
