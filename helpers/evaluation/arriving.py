"""How does the p-value of a collection move while its images come in?

    suspects(n):  round(share · n) images that a model was trained on, and n - round(share · n) that it never saw

Each draw has an order of its own, so that its first 40 images are among its first 50, and a comparison set of its own, from the
images that nobody trained on. What one draw shows is luck; over many, the share of those with p <= α is the power at n.

Whoever looks after each image and stops at the first small p-value makes as many tests as there were looks, and the level holds
for one.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from helpers.errors import InvalidInput
from helpers.evaluation.collection import CUTS, FEWEST, prepared, try_cuts, twice_the_median
from helpers.evaluation.images_needed import share as share_of
from helpers.evaluation.metrics import Estimate


def arriving(
    members: ArrayLike,
    never_seen: ArrayLike,
    sizes: Sequence[int],
    used: float = 1.0,
    draws: int = 50,
    comparison: int = 300,
    seed: int = 0,
) -> np.ndarray:
    """The p-value (draws, sizes) of each draw, as in `helpers.evaluation.collection`, when so many suspects have come.

    Args:
        members, never_seen: (n, k) and (m, k), a column for each attack, higher = more likely a member.
        sizes: rising.
        used: the share of the suspects that was trained on, in [0, 1].
        comparison: images in each draw's comparison set.
        seed: of draws and cuts.

    Raises:
        ValueError: as `helpers.evaluation.collection.prepared`; sizes that do not rise, or fewer suspects or comparison images
            than the test takes; a share outside [0, 1], no draw, or more images than there are.
    """
    x, n = prepared(members, never_seen), len(np.asarray(members))
    sizes = [int(size) for size in sizes]
    if not sizes or sizes != sorted(set(sizes)) or min(sizes[0], comparison) < FEWEST:
        raise InvalidInput(f"sizes must rise, and they and comparison be at least {FEWEST}, got {sizes} and {comparison}")
    if not 0 <= used <= 1 or draws < 1:
        raise InvalidInput(f"used must be in [0, 1] and draws at least 1, got {used} and {draws}")
    known = [int(used * size + 0.5) for size in sizes]
    unknown = [size - k for size, k in zip(sizes, known, strict=True)]
    if known[-1] > n or comparison + unknown[-1] > len(x) - n:
        raise InvalidInput(
            f"{sizes[-1]} suspects, {used:g} of them used, and {comparison} comparison images take {known[-1]} members and "
            f"{comparison + unknown[-1]} images never seen, got {n} and {len(x) - n}"
        )
    rng = np.random.default_rng(seed)
    inside, outside = (rng.permuted(np.tile(rows, (draws, 1)), axis=1) for rows in (np.arange(n), np.arange(n, len(x))))
    others, rest = outside[:, :comparison], outside[:, comparison:]
    columns = []
    for k, u in zip(known, unknown, strict=True):
        suspects = np.concatenate([inside[:, :k], rest[:, :u]], 1)
        p = try_cuts(x, np.repeat(suspects, CUTS, axis=0), np.repeat(others, CUTS, axis=0), rng).p
        columns.append(twice_the_median(p.reshape(draws, CUTS)))
    return np.stack(columns, 1)


def found(p: np.ndarray, sizes: Sequence[int], alpha: float = 0.01) -> dict[int, Estimate]:
    """For each size the share of draws with p <= alpha, with its 95% interval; p (draws, sizes) as of `arriving`."""
    return {int(size): share_of(int((column <= alpha).sum()), len(p)) for size, column in zip(sizes, p.T, strict=True)}
