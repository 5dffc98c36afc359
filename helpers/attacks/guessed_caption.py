"""Without the captions: what could an image be called?

Who finds an image without its text can still ask a model of text with one: that of the most similar picture that is public.

Source: ours.
"""

from collections.abc import Sequence

from torch import Tensor

from helpers.data.near_copies import nearest
from helpers.errors import InvalidInput


def guess_captions(images: Tensor, public: Tensor, captions: Sequence[str]) -> tuple[str, ...]:
    """For each image (n, c, h, w) the caption of the nearest public picture (m, c, h, w), by the distance of pixels.

    Raises:
        ValueError: no valid images, images of two shapes, or another number of captions than of public pictures.
    """
    if len(captions) != len(public):
        raise InvalidInput(f"each public picture needs its caption: got {len(captions)} for {len(public)}")
    return tuple(captions[row] for row in nearest(images, public).index.tolist())
