"""A bitmap becomes the image that the data set would have made of it."""

import numpy as np
import pytest
import torch

from helpers.data.bitmaps import SIZES, bitmap_of, image_of
from helpers.data.catalogue import FASHION_ARCHIVE, load_digits, load_fashion


@pytest.mark.parametrize(("split", "white"), [(load_digits(), 1), (load_fashion(), 255)])
def test_a_drawn_member_is_the_member(split, white):
    for image in split.members[:20]:
        assert torch.equal(image_of(bitmap_of(image, white), white), image)


def test_a_drawn_digit_is_strokes_and_not_a_pattern_of_dots():
    bitmaps = torch.stack([bitmap_of(image) for image in load_digits().members[:100]]).bool()
    neighbours = torch.nn.functional.pad(bitmaps, (1, 1, 1, 1))
    beside = torch.stack([neighbours[:, 1:-1, :-2], neighbours[:, 1:-1, 2:], neighbours[:, :-2, 1:-1], neighbours[:, 2:, 1:-1]])
    alone = bitmaps & ~beside.any(0)
    assert alone.sum() < 0.01 * bitmaps.sum()


def test_an_original_becomes_what_load_fashion_makes_of_it():
    with np.load(FASHION_ARCHIVE, allow_pickle=False) as archive:
        original = torch.nn.functional.pad(torch.as_tensor(archive["images"][0]), (2, 2, 2, 2))
    split = load_fashion()
    everything = torch.cat([split.members, split.held_out, split.auxiliary])
    assert (everything == image_of(original, 255)).flatten(1).all(1).any()


@pytest.mark.parametrize("white", SIZES)
def test_black_and_white_are_the_ends(white):
    for level, value in ((0, -1), (white, 1)):
        image = image_of(torch.full((32, 32), level), white)
        assert image.shape == (1, SIZES[white], SIZES[white])
        assert (image == value).all()


@pytest.mark.parametrize("bitmap", [torch.zeros(8, 8), torch.full((32, 32), 2), torch.full((32, 32), 0.5), -torch.ones(32, 32)])
def test_what_is_no_bitmap_is_refused(bitmap):
    with pytest.raises(ValueError, match="a bitmap must hold 32 x 32 whole numbers from 0 to 1"):
        image_of(bitmap)


@pytest.mark.parametrize("image", [torch.zeros(8, 8), torch.full((1, 8, 8), 0.03), torch.full((1, 8, 8), 1.5)])
def test_what_no_bitmap_averages_to_is_refused(image):
    with pytest.raises(ValueError, match=r"an image must be \(1, 8, 8\) with 17 grey levels"):
        bitmap_of(image)
