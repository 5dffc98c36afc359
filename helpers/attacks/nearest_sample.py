"""Nearest sample: did the model draw something like this image?

    score(x) = -min_j d(x, s_j),      d(x, y) = ||φ(x) - φ(y)||

s_1 ... s_N are images that the model drew, once for all images that are asked about; φ are the pixels, or a network's features.
An image may be near to samples because it is ordinary. Reference images r_k, which nobody trained on, say how near is usual:

    score(x) = log min_k d(x, r_k) - log min_j d(x, s_j)

Source: Chen et al., "GAN-Leaks" (arXiv 1909.03935), the attack on a generator as a full black box. They calibrate by a second
model; the reference images take its place here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser

Features = Callable[[Tensor], Tensor]  # of images (n, c, h, w): (n, d)
SMALLEST = 1e-12  # a distance: an image that the model drew to the last bit has a score, too
AT_ONCE = 512  # images whose distances to all samples are held together


def pixels(images: Tensor) -> Tensor:
    """Of images (n, c, h, w), (n, c h w)."""
    return images.flatten(1)


@dataclass(frozen=True)
class FromSamples:
    """What attacks that see samples alone have in common.

    Args:
        samples: that the model drew, (N, c, h, w) in [-1, 1].
        reference: images that nobody trained on, (k, c, h, w), or None.
        features: φ; by default the pixels.

    Raises:
        ValueError: samples or reference images that are no valid batch, or of two shapes; from ``score``, also images of
            another shape.
    """

    samples: Tensor
    reference: Tensor | None = None
    features: Features = field(default=pixels, kw_only=True)

    def __post_init__(self):
        check_images(self.samples, "samples")
        if self.reference is not None:
            check_images(self.reference, "reference")
            self._same_shape(self.reference, "reference")

    @property
    def queries(self) -> int:
        """None per image: the samples are drawn once, for all images."""
        return 0

    def score(self, denoiser: Denoiser | None, images: Tensor) -> Tensor:
        """One number per image (n, c, h, w) in [-1, 1]: (n,); the denoiser is not asked."""
        check_images(images)
        self._same_shape(images, "images")
        return torch.cat([self.score_batch(x) for x in images.split(AT_ONCE)])

    def score_batch(self, x: Tensor) -> Tensor:
        raise NotImplementedError

    def distances(self, x: Tensor, others: Tensor) -> Tensor:
        """d between images (n, c, h, w) and others (m, c, h, w): (n, m) in double precision."""
        return torch.cdist(self._seen(x), self._seen(others))

    @torch.inference_mode()
    def _seen(self, images: Tensor) -> Tensor:
        return torch.cat([self.features(x) for x in images.split(AT_ONCE)]).double()

    def _same_shape(self, images: Tensor, name: str) -> None:
        if images.shape[1:] != self.samples.shape[1:]:
            shapes = tuple(images.shape[1:]), tuple(self.samples.shape[1:])
            raise InvalidInput(f"{name} must have the samples' shape, got {shapes[0]} beside {shapes[1]}")


@dataclass(frozen=True)
class NearestSample(FromSamples):
    """Minus the distance to the nearest sample, or how it compares with that to the nearest reference image."""

    def score_batch(self, x: Tensor) -> Tensor:
        nearest = self.distances(x, self.samples).min(1).values
        if self.reference is None:
            return -nearest
        usual = self.distances(x, self.reference).min(1).values
        return usual.clamp(min=SMALLEST).log() - nearest.clamp(min=SMALLEST).log()
