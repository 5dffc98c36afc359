"""How does a drawing become a digit?

The digits of `helpers.data.load_digits` were bitmaps of 32 x 32 pixels once; each of their 8 x 8 numbers counts the pixels
that are set in a block of 4 x 4. A drawing in a page goes the same way (``widgets/drawing.js``).

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998).
"""

import torch
from torch import Tensor

SIDE, BLOCK = 32, 4
ORDER = torch.tensor([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])  # in which a block's pixels are set


def image_of(bitmap: Tensor) -> Tensor:
    """The image (1, 8, 8) in [-1, 1] of a bitmap (32, 32) of zeros and ones.

    Raises:
        ValueError: another shape, or other values.
    """
    if tuple(bitmap.shape) != (SIDE, SIDE) or not ((bitmap == 0) | (bitmap == 1)).all():
        raise ValueError(f"a bitmap must hold {SIDE} x {SIDE} zeros and ones, got {tuple(bitmap.shape)}")
    return torch.nn.functional.avg_pool2d(bitmap.float()[None], BLOCK) * 2 - 1


def bitmap_of(image: Tensor) -> Tensor:
    """A bitmap (32, 32) whose image is this one, (1, 8, 8) with 17 grey levels in [-1, 1].

    Raises:
        ValueError: another shape, or a value that is no such level.
    """
    levels = (image + 1) * 8
    if tuple(image.shape) != (1, SIDE // BLOCK, SIDE // BLOCK) or not (levels == levels.round().clamp(0, 16)).all():
        raise ValueError(f"an image must be (1, 8, 8) with 17 grey levels, got {tuple(image.shape)}")
    wanted = levels[0].repeat_interleave(BLOCK, 0).repeat_interleave(BLOCK, 1)
    return (ORDER.repeat(SIDE // BLOCK, SIDE // BLOCK) < wanted).to(torch.uint8)
