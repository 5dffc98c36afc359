"""With which images can one run of training be put to the test?

Canaries: images of which each is trained on or not by a fair coin of its own. A promise holds for every image, and so the
canaries are those of the members that a model would most easily give away, outliers: the farthest from their nearest neighbour.
The other members are trained on anyhow. Which images are canaries was decided before the coins fell.

A canary may stand in the training set several times, in all of its copies or in none. That tests another promise than the claimed
one, which is made to *one* image there or not there; to a group of k of them (ε, δ) promises (k ε, δ (e^{kε} - 1) / (e^ε - 1)).
Source: Steinke, Nasr and Jagielski (arXiv 2305.08846), section 2; Vadhan, "The Complexity of Differential Privacy" (2017), lemma
2.2, for groups.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.data.near_copies import nearest
from helpers.errors import InvalidInput
from helpers.training.private_recipe import PrivateRecipe


@dataclass(frozen=True)
class CanaryRecipe(PrivateRecipe):
    """A private recipe whose training set holds canaries.

    Args:
        canaries: how many of the members are canaries, at least 1.
        copies: how often a canary that is in stands there, at least 1.

    Raises:
        ValueError: as `PrivateRecipe`; no canary, or no copy.
    """

    canaries: int = 300
    copies: int = 1

    def __post_init__(self):
        super().__post_init__()
        if self.canaries < 1 or self.copies < 1:
            raise InvalidInput(f"canaries and copies must be at least 1, got {self.canaries} and {self.copies}")


@dataclass(frozen=True)
class Canaries:
    """What `draw_canaries` returns.

    Args:
        images: the canaries, (m, c, h, w), the farthest from its neighbour first.
        included: whether each is trained on, (m,) of bool.
        others: the members that are no canaries, (n - m, c, h, w).
    """

    images: Tensor
    included: Tensor
    others: Tensor


def draw_canaries(recipe: CanaryRecipe, members: Tensor) -> Canaries:
    """Choose the canaries among the members (n, c, h, w), and throw the coins of the recipe's seed.

    Raises:
        ValueError: bad images, or fewer members than canaries.
    """
    if len(members) < recipe.canaries:
        raise InvalidInput(f"{recipe.canaries} canaries want as many members, got {len(members)}")
    order = nearest(members).distance.argsort(descending=True, stable=True)
    # Not the numbers that drew the split, nor those of the steps.
    coins = torch.rand(recipe.canaries, generator=torch.Generator().manual_seed(3_000 + recipe.seed)) < 0.5
    return Canaries(members[order[: recipe.canaries]], coins, members[order[recipe.canaries :]])


def with_canaries(recipe: CanaryRecipe, drawn: Canaries) -> Tensor:
    """The images that are trained on: the others, then the canaries that are in, each as often as the recipe says."""
    return torch.cat([drawn.others, drawn.images[drawn.included].repeat_interleave(recipe.copies, 0)])
