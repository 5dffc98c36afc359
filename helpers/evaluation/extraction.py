"""Which training images come out, among N images that a model drew?

A sample s is a copy of the training image x₁ nearest to it where it is much nearer to that one than to the next ones:

    ||s - x₁||  <=  α · mean_{i = 1..n} ||s - x_i||          x₁ ... x_n: the training images nearest to s;  n = 50, α = 1/2

How near is near is said by the images around, so that a plain image, which is near to many, is no copy of any. A training image
is *extracted* where a copy of it is among the N. Copies in the training set have to be taken out before: they would be each
other's neighbours.

Source: Carlini et al., "Extracting Training Data from Diffusion Models" (arXiv 2301.13188), section 5.1, for the ratio.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from helpers.data.splits import check_images
from helpers.errors import InvalidInput

NEIGHBOURS = 50
ALPHA = 0.5


def copied_image(samples: Tensor, training_images: Tensor, neighbours: int = NEIGHBOURS, alpha: float = ALPHA) -> Tensor:
    """The row of the training image of which each sample is a copy, -1 where of none: (N,) of int64.

    Args:
        samples, training_images: (N, c, h, w) and (m, c, h, w) in [-1, 1]; no training image twice.
        neighbours: n, from 2 to m.
        alpha: α, in (0, 1].

    Raises:
        ValueError: no valid images, images of two shapes, or neighbours or α out of range.
    """
    check_images(samples, "samples")
    check_images(training_images, "training_images")
    if samples.shape[1:] != training_images.shape[1:]:
        shapes = tuple(samples.shape[1:]), tuple(training_images.shape[1:])
        raise InvalidInput(f"samples and training images must share a shape, got {shapes[0]} and {shapes[1]}")
    if not 2 <= neighbours <= len(training_images):
        raise InvalidInput(f"neighbours must be in [2, {len(training_images)}], got {neighbours}")
    if not 0 < alpha <= 1:
        raise InvalidInput(f"alpha must be in (0, 1], got {alpha}")
    pool = training_images.double().flatten(1)
    found = []
    for batch in samples.split(1024):
        distance, row = torch.cdist(batch.double().flatten(1), pool).topk(neighbours, largest=False)
        near = distance[:, 0] <= alpha * distance.mean(1)
        found.append(torch.where(near, row[:, 0], -1))
    return torch.cat(found)


def extracted(copied: Tensor, stops: Sequence[int]) -> list[Tensor]:
    """The rows of the training images that are extracted among the first N samples, for each N of the stops.

    Args:
        copied: (N,), as `copied_image` returns it.
        stops: each from 0 to the number of samples.

    Raises:
        ValueError: a stop out of range.
    """
    if any(not 0 <= stop <= len(copied) for stop in stops):
        raise InvalidInput(f"stops must be in [0, {len(copied)}], got {list(stops)}")
    return [torch.unique(first[first >= 0]) for first in (copied[:stop] for stop in stops)]
