"""How many images would have been needed to tell that a collection was used?

    power(n) = P(p <= α)        over random subsets of n suspects, each tested as in `helpers.evaluation.collection`

An owner of ten pictures and one of ten thousand ask the same question, and get different answers. Subsets are drawn without
replacement: an image that comes twice would be learnt in one half and known again in the other. Those that are nearly the whole
collection are nearly the same, so that the curve's last points say what this collection does, and not what another one would.
The interval of a share is that of Clopper and Pearson.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from helpers.errors import InvalidInput
from helpers.evaluation.collection import CUTS, FEWEST, prepared, try_cuts, twice_the_median
from helpers.evaluation.metrics import Estimate

SIZES = 8  # tried, when none are named


@dataclass(frozen=True)
class ImagesNeeded:
    """The curve of power against the number of suspects, and where it first reaches the power that was asked for.

    Args:
        power: n -> share of subsets of that size that were found to be used, with its 95% interval.
        needed: the smallest n that reached it, or None: more than there are.
    """

    power: dict[int, Estimate]
    needed: int | None

    def __str__(self) -> str:
        if self.needed is None:
            return f"more than the {max(self.power):,} images there are"
        return f"at most {self.needed:,} images" if self.needed == min(self.power) else f"about {self.needed:,} images"


def images_needed(
    suspects: ArrayLike,
    comparison: ArrayLike,
    alpha: float = 0.01,
    power: float = 0.8,
    sizes: Sequence[int] | None = None,
    repeats: int = 100,
    seed: int = 0,
) -> ImagesNeeded:
    """How many of these suspects are enough, against all of the comparison images?

    Args:
        suspects, comparison: (n, k) and (m, k), as for `helpers.evaluation.collection.collection_test`.
        alpha: the level of the test.
        power: with which it should find that the images were used.
        sizes: of subsets; by default from the fewest to all, in equal ratios.
        repeats: subsets of each size.
        seed: of subsets and cuts.

    Raises:
        ValueError: as `helpers.evaluation.collection.prepared`; a level or power outside (0, 1), no repeat, or a size of fewer
            images than the test takes, or of more than there are.
    """
    x, n = prepared(suspects, comparison), len(np.asarray(suspects))
    if not (0 < alpha < 1 and 0 < power < 1) or repeats < 1:
        raise InvalidInput(f"alpha and power must be in (0, 1) and repeats at least 1, got {alpha}, {power} and {repeats}")
    sizes = default_sizes(n) if sizes is None else sorted(set(sizes))
    if not sizes or sizes[0] < FEWEST or sizes[-1] > n:
        raise InvalidInput(f"sizes must be in [{FEWEST}, {n}], got {sizes}")
    rng, curve = np.random.default_rng(seed), {}
    others = np.tile(np.arange(n, len(x)), (repeats * CUTS, 1))
    for size in sizes:
        subsets = rng.permuted(np.tile(np.arange(n), (repeats, 1)), axis=1)[:, :size]
        p = try_cuts(x, np.repeat(subsets, CUTS, axis=0), others, rng).p.reshape(repeats, CUTS)
        curve[size] = share((twice_the_median(p) <= alpha).sum(), repeats)
    return ImagesNeeded(curve, next((size for size, found in curve.items() if found >= power), None))


def default_sizes(n: int) -> list[int]:
    """At most eight numbers of images from the fewest that a test takes to n, in equal ratios."""
    return sorted({round(float(size)) for size in np.geomspace(FEWEST, n, SIZES)})


def share(found: int, of: int) -> Estimate:
    """A share with its 95% interval of Clopper and Pearson.

    Raises:
        ValueError: fewer than none, more than all, or of nothing.
    """
    if not 0 <= found <= of or of < 1:
        raise InvalidInput(f"a share is of at least 1, and between none and all of them, got {found} of {of}")
    interval = binomtest(int(found), int(of)).proportion_ci(method="exact")
    return Estimate(found / of, interval.low, interval.high)
