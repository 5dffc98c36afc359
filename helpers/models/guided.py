"""What does a model say that is pushed towards its caption?

    ε̂_w(x, t, c) = ε̂(x, t, none) + w (ε̂(x, t, c) - ε̂(x, t, none))

w = 0 asks without the caption, w = 1 with it, and pictures are usually drawn with w of about 7.
Source: Ho and Salimans, "Classifier-Free Diffusion Guidance" (arXiv 2207.12598), equation 6, where 1 + w
stands in the place of this w.
"""

from dataclasses import dataclass

from torch import Tensor

from helpers.models.latent import LatentDenoiser


@dataclass(frozen=True)
class Guided:
    """A denoiser, given by one that is told a caption and one that is told none; `scale` is w."""

    told: LatentDenoiser
    untold: LatentDenoiser
    scale: float

    @property
    def alphas_cumprod(self) -> Tensor:
        return self.told.alphas_cumprod

    def encode(self, images: Tensor) -> Tensor:
        """See `LatentDenoiser.encode`."""
        return self.told.encode(images)

    def predict_noise(self, z: Tensor, timestep: int | Tensor) -> Tensor:
        """ε̂_w of latents z (n, c, h, w), in their shape; two queries."""
        without = self.untold.predict_noise(z, timestep)
        return without + self.scale * (self.told.predict_noise(z, timestep) - without)
