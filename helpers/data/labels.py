"""What does this image show? Found by its pixels among the images that come with the package."""

from functools import cache

import torch
from torch import Tensor

from helpers.data.catalogue import DATASETS, load_split
from helpers.data.splits import draw_order, image_keys

CLOTHES = ("a top", "trousers", "a pullover", "a dress", "a coat", "a sandal", "a shirt", "a sneaker", "a bag", "a boot")
WORDS = {"digits": tuple(f"a {digit}" if digit != 8 else "an 8" for digit in range(10)), "fashion": CLOTHES}


def what_is_shown(images: Tensor) -> list[str]:
    """For each image (n, c, h, w) its class in words, such as "a 3" or "a coat"; "" where it is no image of the package."""
    return [_known().get(key, "") for key in image_keys(images)]


@cache
def _known() -> dict[bytes, str]:
    known: dict[bytes, str] = {}
    for name, words in WORDS.items():
        split, read_labels = load_split(name), DATASETS[name].labels
        assert split.auxiliary is not None
        assert read_labels is not None
        labels = read_labels()
        keys = image_keys(torch.cat([split.members, split.held_out, split.auxiliary]))
        known.update(zip(keys, (words[label] for label in labels[draw_order(len(labels), 0)]), strict=True))
    return known
