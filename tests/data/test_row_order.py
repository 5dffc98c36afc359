"""An order is known by its rows: one that is another, or that nobody can show, is refused with a way out."""

import numpy as np
import pytest
from datasets import ClassLabel
from PIL import Image

from helpers.data.row_order import TORCHVISION, check_order

KNOWN = TORCHVISION["cifar10"]


class Rows:
    """As many rows as CIFAR-10 has, of which only those that are looked at are made; row i is torchvision's row `at(i)`."""

    def __init__(self, at=lambda i: i, classes=(6, 9, 9), count=KNOWN.rows):
        self.features = {"img": None, "label": ClassLabel(10)}
        self.at, self.classes, self.count = at, classes, count

    def __len__(self):
        return self.count

    def __getitem__(self, key):
        if key == "label":
            return list(self.classes)
        pixels = np.zeros((32, 32, 3), np.uint8)
        if self.at(key) in KNOWN.lines:
            pixels[0, :3], pixels[0, -3:] = KNOWN.lines[self.at(key)]
        return {"img": Image.fromarray(pixels)}


def test_torchvisions_order_is_recognised():
    check_order("cifar10", Rows(), "img")


@pytest.mark.parametrize("row", KNOWN.lines)
def test_one_other_row_is_enough_to_refuse(row):
    with pytest.raises(ValueError, match=f"its row {row:,} is another image than torchvision's\\); give a copy in that order"):
        check_order("cifar10", Rows(lambda i: -1 if i == row else i), "img")


def test_names_sorted_as_text_are_another_order():
    order = sorted(range(KNOWN.rows), key=str)  # 0.png, 1.png, 10.png, ...
    with pytest.raises(ValueError, match="its row 2 is another image"):
        check_order("cifar10", Rows(order.__getitem__), "img")


def test_the_hubs_order_is_named():
    with pytest.raises(ValueError, match=r"row 0 is another image than torchvision's: this is the hub's order"):
        check_order("cifar10", Rows(lambda i: i + 1, KNOWN.hub_classes), "img")


def test_another_number_of_rows_is_another_data_set():
    with pytest.raises(ValueError, match="it has 60,000 rows and cifar10 50,000"):
        check_order("cifar10", Rows(count=60_000), "img")


def test_a_data_set_whose_order_is_not_kept_is_refused_with_the_option_that_states_it():
    with pytest.raises(ValueError, match=r"nothing here can show that order for celeba; .* --split-order copy"):
        check_order("celeba", Rows(), "img")
