"""InvertedSimA: is the predicted noise small at the latent that the decoder makes the image from?

    z*(x) = argmin_z ||D(z) - x||² / pixels + λ ||z||² / dims          (`helpers.models.inversion`)
    score(x) = -||ε̂(z*, t)||_p^p                                       one query, and starts x steps of the decoder

What the encoder does to an image then matters no more, beyond the start that it may give.
Source: SimA (arXiv 2509.25003) for the norm.
"""

from dataclasses import dataclass, field
from typing import ClassVar, cast

from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise, check_order
from helpers.attacks.pixel import check_latent
from helpers.attacks.sima import norm_to_the_p
from helpers.models.denoisers import Denoiser
from helpers.models.inversion import Inversions, check_settings
from helpers.models.latent import LatentDenoiser


@dataclass(frozen=True)
class InvertedSimA(BatchedAttack):
    """SimA at the inverted latent instead of the encoded one.

    Args:
        timestep, p: of SimA.
        starts, steps, learning_rate, prior, encoder_start: of `helpers.models.inversion.invert`; `seed` is that of its starts.
        inversions: where the inverted latents are kept. ``replace(attack, timestep=...)``, and with it every sweep over
            timesteps, shares it, so that each image is inverted once.

    Raises:
        ValueError: p below 1, or settings that `invert` refuses; from ``score``, a denoiser without encode and decode.
    """

    timestep: int = 50
    p: float = 4
    starts: int = 3
    steps: int = 150
    learning_rate: float = 0.05
    prior: float = 1e-3
    encoder_start: bool = True
    inversions: Inversions = field(default_factory=Inversions, compare=False)
    changes_images: ClassVar[bool] = True  # they are what is inverted

    def __post_init__(self):
        check_order(self.p)
        check_settings(self.starts, self.steps, self.learning_rate, self.prior)

    @property
    def queries(self) -> int:
        """Of the denoiser. The inversion asks the decoder, starts x (steps + 1) times an image."""
        return 1

    def check(self, denoiser: Denoiser) -> None:
        super().check(denoiser)
        check_latent(self, denoiser)

    def latents(self, denoiser: LatentDenoiser, x: Tensor) -> Tensor:
        """z* of the images, from `inversions` where it is known."""
        return self.inversions.latents(
            denoiser,
            x,
            starts=self.starts,
            steps=self.steps,
            learning_rate=self.learning_rate,
            prior=self.prior,
            seed=self.seed,
            encoder_start=self.encoder_start,
        )

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        z = self.latents(cast(LatentDenoiser, denoiser), x)  # `check` has refused others
        return -norm_to_the_p(denoiser.predict_noise(z, self.timestep), self.p)
