"""Which recipes are there, what do they cost, and are their weights here?"""

from pathlib import Path

import pandas as pd

from helpers.data.splits import MembershipSplit
from helpers.errors import InvalidInput
from helpers.training.book_recipes import BOOK_RECIPES, COMMITTED, training_split
from helpers.training.canaries import CanaryRecipe
from helpers.training.paper_recipes import PAPER_RECIPES, describe
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.private_recipes import PRIVATE, private_split
from helpers.training.recipes import PaperRecipe, Recipe
from helpers.zoo.pixel_models import provenance


def named(name: str) -> Recipe:
    """The recipe of that name: of the book, at paper scale, or of a private run without canaries.

    Raises:
        ValueError: no such recipe.
    """
    private = {recipe.name: recipe for recipe in PRIVATE.values() if not isinstance(recipe, CanaryRecipe)}
    known = BOOK_RECIPES | PAPER_RECIPES | private
    if name not in known:
        raise InvalidInput(f"unknown recipe {name!r}; `python -m helpers zoo` lists those there are")
    return known[name]


def split_of(
    recipe: Recipe, data: Path | None = None, split_file: Path | None = None, split_order: str = "torchvision"
) -> MembershipSplit:
    """What a recipe trains on, as members, and held-out images; those at paper scale from a copy on disk or from the hub.

    Args:
        data, split_file, split_order: as `path` and its namesakes of `helpers.data.public.load_public`.

    Raises:
        ValueError: a copy on disk for a recipe whose images come with the package; or as `helpers.data.public.load_public`.
    """
    if not isinstance(recipe, PaperRecipe):
        if data or split_file:
            raise InvalidInput(f"{recipe.name} trains on images that come with the package; leave out the data")
        return private_split(recipe) if isinstance(recipe, PrivateRecipe) else training_split(recipe)
    from helpers.data.public import load_public  # slow to import, and needed here alone

    counts = recipe.members, recipe.held_out, recipe.split_seed
    return load_public(recipe.dataset, *counts, data, split_file, recipe.image_size, split_order=split_order)


def recipes() -> pd.DataFrame:
    """One row a recipe: what it costs (`helpers.training.paper_recipes`), the time measured, and whether weights are here."""
    known = BOOK_RECIPES | PAPER_RECIPES
    images = [len(training_split(r).members) for r in BOOK_RECIPES.values()] + [r.members for r in PAPER_RECIPES.values()]
    frame = pd.DataFrame([describe(r, n) for r, n in zip(known.values(), images, strict=True)])
    frame.insert(1, "dataset", [r.dataset for r in known.values()])
    frame.insert(2, "steps", [r.steps for r in known.values()])
    frame["measured"] = [_measured(name) if name in COMMITTED else "" for name in known]
    return frame.assign(weights=["yes" if name in COMMITTED else "no" for name in known])


def _measured(name: str) -> str:
    """How long it took to train the weights that come with the package, and on what."""
    origin = provenance(name)
    return f"{origin['seconds']} s, {origin['device']}"
