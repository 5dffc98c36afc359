"""What does a model learn from in which some images stand more than once?

Of the members of a split, some stand once in the training set, others twice, and so on to a hundred times:

    400 x 1  +  100 x 2  +  40 x 5  +  20 x 20  +  4 x 100  =  1600 images, of 564 different ones

The copies are the same image again, or they are shifted by a pixel, so that the image itself is there once. The members that are
left over are not trained on. The recipe is the book's for digits; a seed draws the split, the groups, the shifts, and the run.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.training.experiment_recipes import SEEDS
from helpers.training.recipes import Recipe

Copies = Literal["same", "shifted"]
GROUPS = ((1, 400), (2, 100), (5, 40), (20, 20), (100, 4))  # how often an image stands there, and how many images do
BACKGROUND = -1.0
# A pixel down and to the right, to all of the eight sides.
_SHIFTS = torch.tensor([(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right])


@dataclass(frozen=True)
class DuplicateRecipe(Recipe):
    """A recipe whose training set holds images several times.

    Args:
        copies: "same", or "shifted" by a pixel.
        groups: how often an image stands there, and how many images do.

    Raises:
        ValueError: other copies, or a group of no image or of images that stand there less than once.
    """

    copies: Copies = "same"
    groups: tuple[tuple[int, int], ...] = GROUPS

    def __post_init__(self):
        if self.copies not in get_args(Copies):
            raise InvalidInput(f"copies must be one of {', '.join(get_args(Copies))}, got {self.copies!r}")
        if any(times < 1 or images < 1 for times, images in self.groups):
            raise InvalidInput(f"groups must be pairs (times, images) of at least 1, got {self.groups}")

    @property
    def times(self) -> Tensor:
        """How often each of the different images stands in the training set, group by group: (k,) of int64."""
        times, images = torch.tensor(self.groups).T
        return times.repeat_interleave(images)


def repeated_images(recipe: DuplicateRecipe, members: Tensor) -> Tensor:
    """The different images of the training set, group by group: those of a permutation of the seed, (k, c, h, w).

    Raises:
        ValueError: bad images, or fewer members than the groups want.
    """
    check_images(members, "members")
    if len(members) < len(recipe.times):
        raise InvalidInput(f"the groups want {len(recipe.times)} members, got {len(members)}")
    return members[torch.randperm(len(members), generator=_generator(recipe))[: len(recipe.times)]]


def training_set(recipe: DuplicateRecipe, members: Tensor) -> tuple[Tensor, Tensor]:
    """The images (n, c, h, w) that are trained on, and of which of `repeated_images` each is a copy, (n,).

    Raises:
        ValueError: as `repeated_images`.
    """
    images = repeated_images(recipe, members)
    source = torch.arange(len(images)).repeat_interleave(recipe.times)
    if recipe.copies == "same":
        return images[source], source
    drawn = torch.randint(len(_SHIFTS), (len(source),), generator=_generator(recipe))
    first = torch.cat([torch.ones(1, dtype=torch.bool), source[1:] != source[:-1]])
    return torch.where(first[:, None, None, None], images[source], shifted(images[source], _SHIFTS[drawn])), source


def shifted(images: Tensor, by: Tensor) -> Tensor:
    """Images (n, c, h, w), each moved by at most a pixel down and to the right, (n, 2) of int64; background comes in."""
    height, width = images.shape[2:]
    padded = torch.nn.functional.pad(images, (1, 1, 1, 1), value=BACKGROUND)
    windows = padded.unfold(2, height, 1).unfold(3, width, 1)  # (n, c, 3, 3, h, w)
    return windows[torch.arange(len(images)), :, 1 - by[:, 0], 1 - by[:, 1]]


def _generator(recipe: DuplicateRecipe) -> torch.Generator:
    # Not the numbers that drew the split.
    return torch.Generator().manual_seed(2_000 + recipe.seed)


DUPLICATES = {
    (copies, seed): DuplicateRecipe(f"duplicates-{copies}-seed-{seed}", split_seed=seed, seed=seed, copies=copies)
    for seed in SEEDS
    for copies in get_args(Copies)
}
