"""Sample density: does the model draw more such images than it should?

    p_h(x) = 1/N Σ_j exp(-d(x, s_j)² / 2h²)          score(x) = log p_h(x)

s_j are images that the model drew; d is as in `helpers.attacks.nearest_sample`. An image that is ordinary has a high density
under any model. With reference images r_k, which nobody trained on, what counts is the ratio of two densities:

    score(x) = log 1/N Σ_j exp(-d(x, s_j)² / 2h²)  -  log 1/K Σ_k exp(-d(x, r_k)² / 2h²)

With a small h the density is that of the nearest sample alone.
Source: van Breugel et al., DOMIAS (arXiv 2302.12580), equation 2, for the ratio. Hilprecht, Härterich and Bernau (arXiv
1906.03006) count only the samples near x, which is what a small h does.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.attacks.nearest_sample import SMALLEST, Features, FromSamples, NearestSample, pixels
from helpers.errors import InvalidInput


@dataclass(frozen=True)
class SampleDensity(FromSamples):
    """The log density of samples at an image, or its log ratio to that of reference images.

    Args:
        bandwidth: h, in units of d; above 0. `usual_bandwidth` finds one without any label.

    Raises:
        ValueError: as `FromSamples`, or a bandwidth that is not above 0.
    """

    bandwidth: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        if not 0 < self.bandwidth < math.inf:
            raise InvalidInput(f"bandwidth must be above 0, and finite, got {self.bandwidth}")

    def score_batch(self, x: Tensor) -> Tensor:
        found = self._log_density(x, self.samples)
        return found if self.reference is None else found - self._log_density(x, self.reference)

    def _log_density(self, x: Tensor, centres: Tensor) -> Tensor:
        exponent = -self.distances(x, centres).square() / (2 * self.bandwidth**2)
        return exponent.logsumexp(1) - math.log(len(centres))


def usual_bandwidth(samples: Tensor, reference: Tensor, features: Features = pixels) -> float:
    """The median distance from an image that nobody trained on, (k, c, h, w), to its nearest sample (N, c, h, w).

    Raises:
        ValueError: as `FromSamples`.
    """
    nearest = -NearestSample(samples, features=features).score(None, reference)
    return max(torch.median(nearest).item(), SMALLEST)
