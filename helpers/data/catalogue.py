"""Which data sets does the book know, and what is to be known about each?

One record a data set. Those that come with the package have a loader; the others lie on the hub, or on the reader's disk,
and are read by `helpers.data.public`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits as sklearn_digits
from torch import Tensor

from helpers.data.emoji import load_emoji
from helpers.data.splits import MembershipSplit, draw_order, draw_split
from helpers.errors import InvalidInput

FASHION_ARCHIVE = Path(__file__).parent / "fashion.npz"


def load_digits(seed: int = 0, members: int = 600, held_out: int = 600) -> MembershipSplit:
    """1,797 handwritten digits, (1, 8, 8), 17 grey levels scaled to [-1, 1]; all that is left over is auxiliary.

    Args:
        seed: of the permutation that draws the split. The same seed gives the same split everywhere.
        members, held_out: how many images of each.

    Raises:
        ValueError: fewer than 2 of either, or more than there are.

    Source: scikit-learn's ``load_digits`` (UCI "Optical Recognition of Handwritten Digits", test part).
    """
    return draw_split(torch.as_tensor(sklearn_digits().images, dtype=torch.float32)[:, None] / 8 - 1, seed, members, held_out)


def load_fashion(
    seed: int = 0, members: int = 600, held_out: int = 600, size: int = 16, archive: Path = FASHION_ARCHIVE
) -> MembershipSplit:
    """6,000 pictures of clothes, (1, size, size) in [-1, 1]; all that is left over is auxiliary.

    The 28x28 originals are padded with background to 32x32 and, for size 16 or 8, averaged over blocks of pixels.

    Args:
        seed, members, held_out: as for `load_digits`.
        size: 32, 16 or 8.
        archive: the .npz file with the originals.

    Raises:
        ValueError: as `load_digits`, or another size.

    Source: Fashion-MNIST (arXiv 1708.07747, MIT licence); ``helpers.data.make_fashion`` drew the 6,000.
    """
    if size not in (32, 16, 8):
        raise InvalidInput(f"size must be 32, 16 or 8, got {size}")
    with np.load(archive, allow_pickle=False) as stored:
        pixels = torch.as_tensor(stored["images"], dtype=torch.float32)[:, None]
    pixels = torch.nn.functional.avg_pool2d(torch.nn.functional.pad(pixels, (2, 2, 2, 2)), 32 // size)
    return draw_split(pixels / 127.5 - 1, seed, members, held_out)


def _fashion_labels() -> np.ndarray:
    with np.load(FASHION_ARCHIVE, allow_pickle=False) as stored:
        return stored["labels"]


@dataclass(frozen=True)
class HubSource:
    """Where on the hub a data set is, and how its images are brought to size.

    Args:
        name: on the hub.
        split: of the hub's.
        shuffled: the hub's order of rows is not the one that split files of the field were made for (torchvision's).
        crop: side of the centred square that is cut out before the image is resized; 0 for the largest there is.
    """

    name: str
    split: str = "train"
    crop: int = 0
    shuffled: bool = False


@dataclass(frozen=True)
class DataSet:
    """All that is to be known about a data set.

    Args:
        image_shape: (c, h, w), as the book's recipes use it.
        source, licence: in words.
        load: (seed, members, held_out) -> its split; None where it does not come with the package.
        labels: the class, 0 to 9, of each of its images before any split is drawn; None where it has none of that kind.
        white: the largest value of the 32 x 32 bitmaps whose blocks were averaged to its images; see `helpers.data.bitmaps`.
        hub: where it is downloaded from.
    """

    name: str
    image_shape: tuple[int, int, int]
    source: str
    licence: str
    load: Callable[..., MembershipSplit] | None = None
    labels: Callable[[], np.ndarray] | None = None
    white: int | None = None
    hub: HubSource | None = None


_COLOUR = (3, 32, 32)
DATASETS = {
    d.name: d
    for d in (
        DataSet(
            "digits", (1, 8, 8), "UCI Optical Recognition of Handwritten Digits, by scikit-learn", "CC BY 4.0",
            load_digits, lambda: sklearn_digits().target, white=1,
        ),
        DataSet("fashion", (1, 16, 16), "Fashion-MNIST, Zalando SE", "MIT", load_fashion, _fashion_labels, white=255),
        DataSet("emoji", _COLOUR, "Noto Emoji 2.048, Google", "Apache 2.0", load_emoji),
        DataSet("cifar10", _COLOUR, "CIFAR-10, Krizhevsky (2009)", "not stated", hub=HubSource("uoft-cs/cifar10", shuffled=True)),
        DataSet("cifar100", _COLOUR, "CIFAR-100, Krizhevsky (2009)", "not stated", hub=HubSource("uoft-cs/cifar100")),
        DataSet("stl10u", _COLOUR, "STL-10, unlabelled part (2011)", "not stated", hub=HubSource("tanganke/stl10", "unlabeled")),
        DataSet("celeba", _COLOUR, "CelebA, Liu et al. (2015)", "research only", hub=HubSource("flwrlabs/celeba", crop=140)),
    )
}  # fmt: skip


def load_split(dataset: str, seed: int = 0) -> MembershipSplit:
    """The split of a data set that comes with the package, drawn from a seed.

    Raises:
        ValueError: no such data set, or one that has to be read from a copy (`helpers.data.public`).
    """
    return _known(dataset, {name: d.load for name, d in DATASETS.items() if d.load})(seed)


def auxiliary_labels(dataset: str, seed: int = 0, members: int = 600, held_out: int = 600) -> Tensor:
    """The class, 0 to 9, of each auxiliary image of ``DATASETS[dataset].load(seed, members, held_out)``: (n,) of int64.

    Raises:
        ValueError: no such data set, or one without such classes.
    """
    return _drawn_labels(dataset, seed)[members + held_out :]


def member_labels(dataset: str, seed: int = 0, members: int = 600) -> Tensor:
    """The class, 0 to 9, of each member of such a split: (members,) of int64. Raises as `auxiliary_labels`."""
    return _drawn_labels(dataset, seed)[:members]


def _drawn_labels(dataset: str, seed: int) -> Tensor:
    labels = _known(dataset, {name: d.labels for name, d in DATASETS.items() if d.labels})()
    return torch.as_tensor(labels, dtype=torch.int64)[draw_order(len(labels), seed)]


def _known(dataset: str, among: dict[str, Callable]) -> Callable:
    if dataset not in among:
        raise InvalidInput(f"dataset must be one of {', '.join(among)}, got {dataset!r}")
    return among[dataset]
