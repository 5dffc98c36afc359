"""How does a drawing become an image that a network was trained on?

Both data sets went this way: what the network sees is a bitmap of 32 x 32, averaged over blocks. For the digits the
bitmap holds zeros and ones, for the clothes grey levels from 0 to 255 (`helpers.data.catalogue`). A drawing in a page goes
the same way (``widgets/drawing.js``).

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998).
"""

import torch
from torch import Tensor

from helpers.data.catalogue import DATASETS
from helpers.errors import InvalidInput

SIDE = 32
SIZES = {d.white: d.image_shape[-1] for d in DATASETS.values() if d.white}


def image_of(bitmap: Tensor, white: int = 1) -> Tensor:
    """The image (1, 8, 8), or for grey levels (1, 16, 16), in [-1, 1], of a bitmap (32, 32).

    Args:
        white: its largest value, 1 or 255; 0 is black.

    Raises:
        ValueError: another shape, or values that are no whole numbers from 0 to `white`.
    """
    if tuple(bitmap.shape) != (SIDE, SIDE) or not (bitmap == bitmap.round().clamp(0, white)).all():
        raise InvalidInput(f"a bitmap must hold {SIDE} x {SIDE} whole numbers from 0 to {white}, got {tuple(bitmap.shape)}")
    return torch.nn.functional.avg_pool2d(bitmap.float()[None], SIDE // SIZES[white]) / (white / 2) - 1


def levels(white: int) -> int:
    """How many steps there are from the darkest to the brightest pixel of an image."""
    return white * (SIDE // SIZES[white]) ** 2


def bitmap_of(image: Tensor, white: int = 1) -> Tensor:
    """A bitmap (32, 32) of uint8 whose image is this one, of a size that `image_of` gives: of the many, one with smooth strokes.

    Raises:
        ValueError: another shape, or a value that no bitmap averages to.
    """
    size = SIZES[white]
    block = SIDE // size
    total = (image + 1) / 2 * levels(white)
    if tuple(image.shape) != (1, size, size) or not ((total - total.round().clamp(0, levels(white))).abs() < 1e-2).all():
        raise InvalidInput(f"an image must be (1, {size}, {size}) with {levels(white) + 1} grey levels, got {tuple(image.shape)}")
    total = total[0].round().to(torch.int64)
    # Within a block those pixels become brighter first that lie towards brighter blocks, so that strokes have edges.
    smooth = torch.nn.functional.interpolate(image.double()[None], scale_factor=block, mode="bicubic")[0, 0]
    ranks = _blocks(smooth, block).argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    brighter = ranks < (total % block**2).reshape(-1, 1)
    bitmap = (total // block**2).reshape(-1, 1) + brighter
    return bitmap.reshape(size, size, block, block).transpose(1, 2).reshape(SIDE, SIDE).to(torch.uint8)


def _blocks(bitmap: Tensor, block: int) -> Tensor:
    """(32, 32) as rows of blocks: (blocks, pixels of a block)."""
    return bitmap.reshape(SIDE // block, block, SIDE // block, block).transpose(1, 2).reshape(-1, block**2)
