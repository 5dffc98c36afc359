"""PixelSimA: is the predicted noise of a latent denoiser small, measured in pixels?

    decoder    score(x) = -||J_D(z) ε̂(z, t)||_p^p         what the decoder makes of a small step along the noise
    encoder    score(x) = -||J_E(x)ᵀ ε̂(z, t)||_p^p        which change of the image changes the latent along it

with z = E(x): one query, and one product with a Jacobian. SimA's norm counts all latent dimensions alike; here each
counts by what it does to the image.
Source: SimA (arXiv 2509.25003) for the norm; the products are those of `helpers.models.geometry`.
"""

from dataclasses import dataclass
from typing import ClassVar, Literal, cast

from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise, check_order
from helpers.attacks.sima import norm_to_the_p
from helpers.errors import InvalidInput
from helpers.models.autoencoders import posterior
from helpers.models.denoisers import Denoiser
from helpers.models.geometry import pull_back, push_forward
from helpers.models.latent import LatentDenoiser


def check_latent(attack: BatchedAttack, denoiser: Denoiser) -> None:
    """Refuse a denoiser that works on pixels, with the attack's name."""
    if not (hasattr(denoiser, "encode") and hasattr(denoiser, "decode")):
        raise InvalidInput(
            f"{type(attack).__name__} needs a denoiser with encode and decode, such as LatentDenoiser; "
            f"{type(denoiser).__name__} works on pixels: attack it with SimA"
        )


@dataclass(frozen=True)
class PixelSimA(BatchedAttack):
    """The norm of the predicted noise, taken back to pixels through the decoder or through the encoder.

    Args:
        timestep, p: of SimA.
        via: "decoder" or "encoder"; the encoder's Jacobian is that of the posterior's mean, and needs its network.

    Raises:
        ValueError: p below 1 or another `via`; from ``score``, a denoiser without encode and decode.
    """

    timestep: int = 50
    p: float = 4
    via: Literal["decoder", "encoder"] = "decoder"
    changes_images: ClassVar[bool] = True  # the encoder's Jacobian is taken at the image

    def __post_init__(self):
        check_order(self.p)
        if self.via not in ("decoder", "encoder"):
            raise InvalidInput(f'via must be "decoder" or "encoder", got {self.via!r}')

    @property
    def queries(self) -> int:
        return 1

    def check(self, denoiser: Denoiser) -> None:
        super().check(denoiser)
        check_latent(self, denoiser)

    def noise_in_pixels(self, denoiser: LatentDenoiser, x: Tensor) -> Tensor:
        """The predicted noise of images (n, c, h, w) after the Jacobian: in the shape of the images."""
        z = denoiser.encode(x)
        predicted = denoiser.predict_noise(z, self.timestep)
        if self.via == "decoder":
            return push_forward(denoiser.decode, z, predicted)

        def encode_mean(images: Tensor) -> Tensor:
            mean, _ = posterior(denoiser.autoencoder, images.to(denoiser.autoencoder.device))
            return denoiser.scaling_factor * mean.to(images.device)

        return pull_back(encode_mean, x, predicted)

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        latent = cast(LatentDenoiser, denoiser)  # `check` has refused others
        return -norm_to_the_p(self.noise_in_pixels(latent, x), self.p)
