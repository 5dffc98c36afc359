"""Is a held-out image really one that the model never saw, or nearly a copy of one that it did?

    d(x, S) = min over s in S, s not x, of ||x - s|| / sqrt(pixels)          (root mean square difference of pixels)

A held-out image that is nearer to a member than members are to each other carries the wrong label.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.data.splits import MembershipSplit, check_images
from helpers.errors import InvalidInput


@dataclass(frozen=True)
class Neighbours:
    """For each image its nearest one: distance (n,), a root mean square difference in [0, 2], and index (n,) into the others."""

    distance: Tensor
    index: Tensor


def nearest(images: Tensor, others: Tensor | None = None, batch_size: int = 512) -> Neighbours:
    """The nearest of `others` (m, c, h, w) to each of `images` (n, c, h, w); without others, the nearest *other* image.

    Raises:
        ValueError: no valid images, images of two shapes, or a single image and no others.
    """
    check_images(images)
    own = others is None
    if others is None:
        others = images
    check_images(others, "others")
    if images.shape[1:] != others.shape[1:] or (own and len(images) < 2):
        raise InvalidInput(
            f"images and others must share a shape and hold a neighbour, got {tuple(images.shape)}, {tuple(others.shape)}"
        )
    found = []
    for start in range(0, len(images), batch_size):
        batch = images[start : start + batch_size].flatten(1)
        # Differences rather than products: products lose the digits that tell near copies apart.
        gaps = torch.cdist(batch, others.flatten(1), compute_mode="donot_use_mm_for_euclid_dist")
        if own:
            rows = torch.arange(len(batch))
            gaps[rows, start + rows] = torch.inf
        found.append(gaps.min(1))
    scale = images[0].numel() ** 0.5
    return Neighbours(torch.cat([f.values for f in found]) / scale, torch.cat([f.indices for f in found]))


def near_copies(images: Tensor, members: Tensor, quantile: float = 0.01) -> tuple[Tensor, Neighbours]:
    """Which images (n, c, h, w) are nearer to a member than all but a share `quantile` of members are to each other?

    Returns:
        Whether each one is, an exact copy always: (n,) of bool; and the members that are nearest. Of images that are no
        copies about that share is found, by chance.

    Raises:
        ValueError: a quantile outside [0, 1], or as `nearest`.
    """
    if not 0 <= quantile <= 1:
        raise InvalidInput(f"quantile must be in [0, 1], got {quantile}")
    limit = nearest(members).distance.quantile(quantile)
    found = nearest(images, members)
    return (found.distance < limit) | (found.distance == 0), found


def suspects(split: MembershipSplit, quantile: float = 0.01) -> Tensor:
    """Rows of the held-out images that are `near_copies` of members, nearest first. Raises as `near_copies`."""
    near, members = near_copies(split.held_out, split.members, quantile)
    order = members.distance.argsort()
    return order[near[order]]
