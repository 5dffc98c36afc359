"""Is a held-out image really one that the model never saw, or nearly a copy of one that it did? And which images are one scene?

    d(x, S) = min over s in S, s not x, of ||x - s|| / sqrt(pixels)          (root mean square difference of pixels)

A held-out image that is nearer to a member than members are to each other carries the wrong label. And a burst of near copies
is one observation, not five: `find_copies` groups them, by a limit that bursts among the members do not move.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.neighbors import NearestNeighbors
from torch import Tensor
from tqdm.auto import tqdm

from helpers.data.splits import MembershipSplit, check_images
from helpers.errors import InvalidInput

CANDIDATES = 8  # nearest images of each one that are looked at closely; the fifth frame of a burst has four
SCALE = 40  # the neighbour whose distance says how far apart images are that are no copies
CLOSE = 0.1  # of that distance: a copy in any set of images
NATS = 30.0  # and up to exp(-NATS / dimension) of it where images have many dimensions
FAR = 0.3  # of an image's contrast: no copy


@dataclass(frozen=True)
class Neighbours:
    """For each image its nearest one: distance (n,), a root mean square difference in [0, 2], and index (n,) into the others."""

    distance: Tensor
    index: Tensor


@dataclass(frozen=True)
class Copies:
    """Near copies among n images.

    Args:
        groups: of each image, (n,) of int: equal where images are near copies, or are linked by a chain of them.
        pairs: that were found, (m, 2) of int, the lower row first; not all pairs of a group.
        distance: of each pair once smoothed and aligned, (m,): a root mean square difference in [0, 2].
    """

    groups: np.ndarray
    pairs: np.ndarray
    distance: np.ndarray

    def across(self, n: int) -> list[tuple[int, int, float]]:
        """Pairs of one of the first n images and one of the others, nearest first: (row, row among the others, distance).

        Each of the first n images comes once, with the nearest of the others that was found.
        """
        found: dict[int, tuple[int, int, float]] = {}
        for k in np.argsort(self.distance, kind="stable"):
            first, second = (int(row) for row in self.pairs[k])
            if first < n <= second:
                found.setdefault(first, (first, second - n, float(self.distance[k])))
        return [*found.values()]


def nearest(images: Tensor, others: Tensor | None = None, batch_size: int = 512, progress: bool = False) -> Neighbours:
    """The nearest of `others` (m, c, h, w) to each of `images` (n, c, h, w); without others, the nearest *other* image.

    Of several at one distance the first. 10,000 images against 10,000 of 32 x 32 pixels take about 20 seconds on one core.

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
    distances, rows = [], []
    for _, distance, index in _neighbours(images, others, CANDIDATES, own, batch_size, progress):
        first = np.lexsort((index, distance), axis=1)[:, :1]
        distances.append(np.take_along_axis(distance, first, 1)[:, 0])
        rows.append(np.take_along_axis(index, first, 1)[:, 0])
    return Neighbours(torch.from_numpy(np.concatenate(distances)), torch.from_numpy(np.concatenate(rows)))


def find_copies(images: Tensor, progress: bool = False) -> Copies:
    """Near copies among images (n, c, h, w): of one scene, but for noise, compression or a shift of a pixel.

    With t the difference of a pair once both are smoothed and aligned (see `_smoothed`, `_difference`), they are near copies
    where, for both,

        t < FAR contrast      and      t < r max(CLOSE, exp(-NATS / D))

    r is the distance to an image's `SCALE`-th neighbour, D the number of dimensions in which images spread about it, which
    its neighbours beyond the tenth tell: D = 1 / mean log(r / r_j) for r_j from a quarter of the way on. In D dimensions one
    image lies within a share s of r with probability s^D, so that exp(-NATS / D) stands for the same small chance in every
    set. Neither r nor D looks at the nearest few images. So a burst of five does not move the limit, however many bursts
    there are; a quantile of nearest distances would become the distance within bursts. The bound by the contrast (the
    standard deviation of an image's pixels) keeps patches of sky apart, which resemble each other without being copies.

    Equal images are copies always, in any number. Near copies of more than `SCALE` / 4 frames may go unfound, and so may any
    among fewer than 10 different images, which do not tell a scale.

    Raises:
        ValueError: no valid images.

    Source: for D, Levina and Bickel (2004), equation 8; for t, the tangent distance of Simard et al. (1993).
    """
    check_images(images)
    pixels = images.detach().cpu().float()
    keys: dict[bytes, int] = {}
    digests = (hashlib.sha256(image.numpy().tobytes()).digest() for image in pixels)
    first = np.array([keys.setdefault(digest, row) for row, digest in enumerate(digests)])
    equal = np.flatnonzero(first != np.arange(len(first)))
    rows = np.flatnonzero(first == np.arange(len(first)))
    near, distance = _near_pairs(_smoothed(pixels[torch.from_numpy(rows)]), progress)
    pairs = np.concatenate([np.stack([first[equal], equal], 1), rows[near]])
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), (len(first), len(first)))
    groups = connected_components(graph, directed=False)[1]
    return Copies(groups, pairs, np.concatenate([np.zeros(len(equal)), distance]))


def groups_of_copies(images: Tensor, progress: bool = False) -> np.ndarray:
    """The group of each image (n, c, h, w) as `find_copies` finds them: (n,) of int, most images alone in theirs."""
    return find_copies(images, progress).groups


def near_copies(images: Tensor, members: Tensor, quantile: float = 0.01) -> tuple[Tensor, Neighbours]:
    """Which images (n, c, h, w) are nearer to a member than all but a share `quantile` of members are to each other?

    Returns:
        Whether each one is, an exact copy always: (n,) of bool; and the members that are nearest. Of images that are no
        copies about that share is found, by chance. Where members come in bursts, `find_copies` has the limit to use.

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


def _neighbours(
    images: Tensor, others: Tensor, k: int, own: bool, batch_size: int, progress: bool
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Batch by batch: its first row, and the k nearest others of each image, distance and index (b, k), the nearest first."""
    queries, pool = (x.detach().cpu().float().flatten(1).numpy() for x in (images, others))
    finder = NearestNeighbors(n_neighbors=min(k + own, len(pool)), algorithm="brute").fit(pool)
    with tqdm(desc="near copies", total=len(queries), unit=" images", disable=not progress, leave=False) as bar:
        for start in range(0, len(queries), batch_size):
            batch = queries[start : start + batch_size]
            index = finder.kneighbors(batch, return_distance=False)
            # Differences rather than the finder's products, which lose the digits that tell near copies apart.
            gaps = [np.linalg.norm(pool[found] - image, axis=1) for found, image in zip(index, batch, strict=True)]
            distance = np.stack(gaps) / pool.shape[1] ** 0.5
            if own:
                itself = index == np.arange(start, start + len(batch))[:, None]
                itself[~itself.any(1), -1] = True  # among equal images, it may not be found itself
                index, distance = (x[~itself].reshape(len(batch), -1) for x in (index, distance))
            yield start, distance, index
            bar.update(len(batch))


def _smoothed(images: Tensor) -> Tensor:
    """Images of at least 32 pixels a side without their finest detail, which noise, compression and half a pixel's shift change.

    A kernel of 1, 2, 1 in both directions.
    """
    if min(images.shape[2:]) < 32:
        return images
    kernel = torch.tensor([0.25, 0.5, 0.25])
    channels = images.shape[1]
    weight = (kernel[:, None] * kernel).expand(channels, 1, 3, 3)
    padded = (torch.nn.functional.pad(batch, (1, 1, 1, 1), "replicate") for batch in images.split(256))
    return torch.cat([torch.nn.functional.conv2d(batch, weight, groups=channels) for batch in padded])


def _near_pairs(images: Tensor, progress: bool) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (m, 2) of near copies among images no two of which are equal, and how different they are, (m,)."""
    scale = min(SCALE, (len(images) - 1) // 2)
    if scale < 4:
        return np.empty((0, 2), int), np.empty(0)
    k = min(CANDIDATES, scale)
    found = [*_neighbours(images, images, scale, True, 256, progress)]
    distance, index = (np.concatenate(parts) for parts in ([d for _, d, _ in found], [i for _, _, i in found]))
    reach = distance[:, -1]
    dimension = 1 / np.log(reach[:, None] / distance[:, scale // 4 : -1]).mean(1).clip(1e-3)
    limit = reach * np.maximum(CLOSE, np.exp(-NATS / dimension))
    limit = np.minimum(limit, FAR * images.var((2, 3), correction=0).mean(1).sqrt().numpy())
    first, second = np.repeat(np.arange(len(images)), k), index[:, :k].ravel()
    pairs = np.unique(np.sort(np.stack([first, second], 1), 1), axis=0)
    batches = tqdm(torch.from_numpy(pairs).split(512), desc="aligning pairs", disable=not progress, leave=False)
    gap = torch.cat([_difference(images[batch[:, 0]], images[batch[:, 1]]) for batch in batches]).numpy()
    near = gap < limit[pairs].min(1)
    return pairs[near], gap[near]


def _difference(images: Tensor, others: Tensor) -> Tensor:
    """The root mean square difference (p,) of pairs (p, c, h, w) once the second is shifted to fit the first best.

    By a whole pixel where images have at least 32 a side, and then by up to 1/32 of it: to first order, a shift adds a
    multiple of each gradient, and that of the pair's mean makes it hold to second order. By more, edges fit other edges.
    """
    height, width = images.shape[2:]
    if min(height, width) < 4:
        return (images - others).square().mean((1, 2, 3)).sqrt()
    reach = 1 if min(height, width) >= 32 else 0
    inner = images[..., reach : height - reach, reach : width - reach]
    if reach:
        steps = [(down, right) for down in range(3) for right in range(3)]
        grey, other_grey = inner.mean(1), others.mean(1)
        size = inner.shape[2:]
        errors = [(grey - other_grey[:, d : d + size[0], r : r + size[1]]).square().sum((1, 2)) for d, r in steps]
        best = torch.stack(errors, 1).argmin(1)
        shifted = others.unfold(2, size[0], 1).unfold(3, size[1], 1)
        others = shifted[torch.arange(len(best)), :, best // 3, best % 3]
    mean, gap = (inner + others) / 2, (inner - others)[..., 1:-1, 1:-1].flatten(1)
    down = ((mean[..., 2:, 1:-1] - mean[..., :-2, 1:-1]) / 2).flatten(1)
    right = ((mean[..., 1:-1, 2:] - mean[..., 1:-1, :-2]) / 2).flatten(1)
    gradients = torch.stack([down, right], 2)
    products = gradients.mT @ gradients + 1e-6 * torch.eye(2)
    shift = torch.linalg.solve(products, gradients.mT @ gap[..., None])
    shift = shift * (min(height, width) / 32 / shift.norm(dim=1, keepdim=True).clamp(min=1e-9)).clamp(max=1)
    return (gap - (gradients @ shift)[..., 0]).square().mean(1).sqrt()
