"""What an image shows is what its data set says."""

import torch

from helpers.data.catalogue import auxiliary_labels, load_digits, load_fashion
from helpers.data.labels import CLOTHES, WORDS, what_is_shown


def test_digits_and_clothes_are_named_by_their_labels():
    digits, clothes = load_digits(seed=3), load_fashion(seed=3)
    assert what_is_shown(digits.auxiliary) == [WORDS["digits"][label] for label in auxiliary_labels("digits", seed=3)]
    assert what_is_shown(clothes.auxiliary[:50]) == [CLOTHES[label] for label in auxiliary_labels("fashion", seed=3)[:50]]


def test_an_image_of_nobody_has_no_name():
    assert what_is_shown(torch.zeros(1, 1, 8, 8)) == [""]
