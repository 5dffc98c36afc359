"""Which denoisers does the book train, and on which images?"""

import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpers.data.catalogue import load_split
from helpers.data.splits import MembershipSplit
from helpers.errors import InvalidInput
from helpers.files import replacing
from helpers.training.path_recipe import PathRecipe
from helpers.training.recipes import Recipe

_DIGITS = Recipe("ddpm-digits")
_FASHION = Recipe("ddpm-fashion", "fashion", channels=(32, 32, 64), batch_size=64, steps=5400, checkpoint_every=600)


def _shadow(target: Recipe, i: int, **smaller: Any) -> Recipe:
    """A smaller model of the likelihood-ratio attack on `target`, trained on a random half of the candidates."""
    return replace(target, name=f"{target.name}-lira-{i}", subset=f"candidates-{i}", seed=10 + i, **smaller)


BOOK_RECIPES = {
    r.name: r
    for r in (
        # Three points of one run each: early, middle (the plain name), late.
        replace(_DIGITS, name="ddpm-digits-early", steps=900),
        _DIGITS,
        replace(_DIGITS, name="ddpm-digits-late", steps=4200),
        replace(_FASHION, name="ddpm-fashion-early", steps=2400),
        _FASHION,
        replace(_FASHION, name="ddpm-fashion-late", steps=9600),
        Recipe("ddpm-digits-shadow", subset="shadow", seed=1),
        *(_shadow(_DIGITS, i, channels=(16, 32), norm_groups=4) for i in range(8)),
        *(_shadow(_FASHION, i, channels=(16, 32, 64), norm_groups=4, steps=4200) for i in range(4)),
        PathRecipe("flow-digits"),
        Recipe("ddpm-digits-large", channels=(64, 128), layers_per_block=2, steps=20_000, checkpoint_every=1000),
    )
}
# Too large for what they serve; the league keeps the scores of the shadow models of clothes.
LEFT_OUT = ("ddpm-digits-large", *(f"ddpm-fashion-lira-{i}" for i in range(4)))
COMMITTED = tuple(name for name in BOOK_RECIPES if name not in LEFT_OUT)


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: no such recipe; the message lists those there are.
    """
    if name not in BOOK_RECIPES:
        raise InvalidInput(f"unknown recipe {name!r}; there are {', '.join(BOOK_RECIPES)}")
    return BOOK_RECIPES[name]


def split_for(recipe: Recipe) -> MembershipSplit:
    """The split that the recipe belongs to; for a shadow recipe, the auxiliary images as a split of their own."""
    split = load_split(recipe.dataset, recipe.split_seed)
    return split.shadow() if recipe.subset == "shadow" else split


def candidate_index(recipe: Recipe) -> int | None:
    """The i of a recipe whose subset is "candidates-i"; None for another subset."""
    prefix, _, index = recipe.subset.partition("-")
    return int(index) if prefix == "candidates" else None


def training_split(recipe: Recipe) -> MembershipSplit:
    """The images that the recipe trains on as members, and held-out images that it never sees.

    Raises:
        ValueError: an unknown subset.
    """
    split, index = split_for(recipe), candidate_index(recipe)
    if index is None and recipe.subset not in ("members", "shadow"):
        raise InvalidInput(f'subset must be "members", "shadow" or "candidates-i", got {recipe.subset!r}')
    if index is None:
        return split
    chosen = split.candidate_half(index)
    return MembershipSplit(split.candidates[chosen], split.candidates[~chosen], split.auxiliary)


def continue_shorter(recipe: Recipe, folder: Path, recipes: Iterable[Recipe] | None = None) -> None:
    """Let the run go on from a checkpoint in `folder` of a shorter recipe of the same trajectory, unless it has its own.

    Args:
        recipes: among which a shorter one is looked for; by default those of the zoo.
    """
    own = folder / f"{recipe.name}.checkpoint.safetensors"
    among = BOOK_RECIPES.values() if recipes is None else recipes
    shorter = [r for r in among if r.trajectory() == recipe.trajectory() and r.steps < recipe.steps]
    paths = [folder / f"{r.name}.checkpoint.safetensors" for r in sorted(shorter, key=lambda r: -r.steps)]
    found = next((path for path in paths if path.exists()), None)
    if found and not own.exists():
        with replacing(own) as temporary:
            shutil.copy(found, temporary)
