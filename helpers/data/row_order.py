"""Do the rows of a copy stand in the order that a split file numbers?

A split file holds row numbers and nothing else. In a copy of the same images in another order they name other images, and no
number of rows and no range shows it. So a few rows are kept here by their pixels: a copy that has these pixels in these rows
is in that order. Where none are kept the order cannot be shown, and whoever knows it has to say so.
Source: the arrays of the CIFAR-10 archive as tutorials print them (torchvision and Keras read its batches one after the other),
and the classes of the first rows that the Hugging Face hub lists for uoft-cs/cifar10.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from datasets import ClassLabel, Dataset

from helpers.errors import InvalidInput

SPLIT_ORDERS = ("torchvision", "copy")  # what the rows of a split file number
Line = tuple[tuple[int, int, int], ...]  # RGB of some pixels, 0 to 255


@dataclass(frozen=True)
class RowOrder:
    """An order of rows, by the pixels of a few of them.

    Args:
        rows: how many there are.
        lines: {row: the first three and the last three pixels of its top line}.
        hub_classes: the classes of the first rows in the hub's order, where that is another one.
    """

    rows: int
    lines: Mapping[int, tuple[Line, Line]]
    hub_classes: tuple[int, ...] = ()


TORCHVISION = {
    "cifar10": RowOrder(
        50_000,
        {
            0: (((59, 62, 63), (43, 46, 45), (50, 48, 43)), ((158, 132, 108), (152, 125, 102), (148, 124, 103))),
            1: (((154, 177, 187), (126, 137, 136), (105, 104, 95)), ((91, 95, 71), (87, 90, 71), (79, 81, 70))),
            2: (((255, 255, 255), (253, 253, 253), (253, 253, 253)), ((253, 253, 253), (253, 253, 253), (253, 253, 253))),
            49_997: (((35, 178, 235), (40, 176, 239), (42, 176, 241)), ((99, 177, 219), (79, 147, 197), (89, 148, 189))),
            49_998: (((189, 211, 240), (186, 208, 236), (185, 207, 235)), ((175, 195, 224), (172, 194, 222), (169, 194, 220))),
            49_999: (((229, 229, 239), (236, 237, 247), (234, 236, 247)), ((217, 219, 233), (221, 223, 234), (222, 223, 233))),
        },
        hub_classes=(0, 6, 0, 2, 7, 2, 1, 2, 4, 1),
    )
}


def can_be_shown(dataset: str) -> bool:
    """Whether rows of the data set are kept here, by which torchvision's order is known."""
    return dataset in TORCHVISION


def refuse_unknown(dataset: str) -> InvalidInput:
    """What to say where nothing shows in which order the rows stand."""
    return InvalidInput(
        f"a split file numbers rows in torchvision's order, and nothing here can show that order for {dataset}; "
        "if the file was made for this very copy, say so: --split-order copy (split_order='copy')"
    )


def check_order(dataset: str, rows: Dataset, column: str) -> None:
    """Are these the rows of a data set in torchvision's order?

    Args:
        column: that holds the images.

    Raises:
        ValueError: they are in another order, or the order of the data set is not known.
    """
    if not can_be_shown(dataset):
        raise refuse_unknown(dataset)
    known = TORCHVISION[dataset]
    if len(rows) != known.rows:
        raise _wrong(f"it has {len(rows):,} rows and {dataset} {known.rows:,}")
    for row, (left, right) in known.lines.items():
        line = np.asarray(rows[row][column].convert("RGB"))[0]
        if line[:3].tolist() != [*map(list, left)] or line[-3:].tolist() != [*map(list, right)]:
            other = ": this is the hub's order" if _classes(rows, len(known.hub_classes)) == known.hub_classes else ""
            raise _wrong(f"its row {row:,} is another image than torchvision's{other}")


def _classes(rows: Dataset, count: int) -> tuple[int, ...]:
    columns = [name for name, feature in rows.features.items() if isinstance(feature, ClassLabel) or name == "label"]
    return tuple(rows[columns[0]][:count]) if columns else ()


def _wrong(why: str) -> InvalidInput:
    return InvalidInput(
        f"the split file numbers rows in torchvision's order, and this copy is not in it ({why}); give a copy in that order, "
        "or, if the file was made for this very copy, say so: --split-order copy (split_order='copy')"
    )
