"""How often is an innocent collection accused, and a used one found? Scores of simulated images, tested as real ones are.

    z_j = √r d + √(1 - r) e_j + effect u      d, e_j ~ N(0, 1), u = 1 for an image that was used      score_j = -exp(-2 z_j)

d is how easy an image is for any attack, and is why attacks agree; the exponential gives scores the long tails that powers of
norms have. Images that come as near copies share d and e_j but for a little noise.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from helpers.errors import InvalidInput
from helpers.evaluation.collection import CUTS, FEWEST, try_cuts, twice_the_median
from helpers.evaluation.images_needed import share
from helpers.evaluation.metrics import Estimate

DIFFERENT = 0.1  # near copies: the share of their variance that is their own


@dataclass(frozen=True)
class World:
    """From what collections are drawn: see the module.

    Args:
        suspects, comparison: images of each.
        attacks: scores of an image.
        agreement: r, between attacks.
        effect: of an image's use, in standard deviations of z.
        used: the share of the suspects that was used; 0 for an innocent collection.
        copies: suspects that come together as near copies.

    Raises:
        ValueError: too few images, no attack, a share outside [0, 1], or no copy.
    """

    suspects: int = 100
    comparison: int = 100
    attacks: int = 5
    agreement: float = 0.7
    effect: float = 0.6
    used: float = 0.0
    copies: int = 1

    def __post_init__(self):
        if min(self.suspects, self.comparison) < FEWEST or self.attacks < 1 or self.copies < 1:
            raise InvalidInput(f"there must be at least {FEWEST} images of each kind, an attack and a copy, got {self}")
        if not (0 <= self.agreement <= 1 and 0 <= self.used <= 1):
            raise InvalidInput(f"agreement and used must be in [0, 1], got {self.agreement} and {self.used}")

    def draw(self, collections: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Scores of suspects (collections, n, k) and of comparison images (collections, m, k); near copies stand together."""
        suspects = self._images(collections, -(-self.suspects // self.copies), rng)
        if self.copies > 1:
            suspects = np.repeat(suspects, self.copies, axis=1)[:, : self.suspects]
            own = rng.normal(size=suspects.shape)
            suspects = np.sqrt(1 - DIFFERENT) * suspects + np.sqrt(DIFFERENT) * own
        suspects[:, : round(self.used * self.suspects)] += self.effect
        return -np.exp(-2 * suspects), -np.exp(-2 * self._images(collections, self.comparison, rng))

    def _images(self, collections: int, n: int, rng: np.random.Generator) -> np.ndarray:
        easy, own = rng.normal(size=(collections, n, 1)), rng.normal(size=(collections, n, self.attacks))
        return np.sqrt(self.agreement) * easy + np.sqrt(1 - self.agreement) * own


def accused(
    world: World, collections: int = 1000, alpha: float = 0.01, cuts: int = CUTS, one_a_group: bool = False, seed: int = 0
) -> Estimate:
    """The share of simulated collections that are said to have been used at a level: of innocent ones, it is to be at most that.

    Args:
        cuts: of each test, an odd number; 1 for CDI's single one.
        one_a_group: test one of each group of near copies only.
        seed: of all.

    Raises:
        ValueError: no collection, or too few groups of near copies.
    """
    rng = np.random.default_rng(seed)
    suspects, comparison = world.draw(collections, rng)
    suspects = suspects[:, :: world.copies] if one_a_group else suspects
    n, m = suspects.shape[1], comparison.shape[1]
    if collections < 1 or n < FEWEST:
        raise InvalidInput(f"there must be a collection, of at least {FEWEST} groups, got {collections} of {n}")
    joined = np.concatenate([suspects, comparison], 1)
    x = ndtri((rankdata(joined, axis=1) - 0.5) / (n + m)).reshape(collections * (n + m), -1)
    rows = np.arange(collections * (n + m)).reshape(collections, n + m)
    p = try_cuts(x, np.repeat(rows[:, :n], cuts, axis=0), np.repeat(rows[:, n:], cuts, axis=0), rng).p
    together = p if cuts == 1 else twice_the_median(p.reshape(collections, cuts))
    return share((together <= alpha).sum(), collections)
