"""Where does a latent diffusion model do its denoising?

    ε̂(z, t),   z = s (μ(x) + σ(x) η)          (`helpers.models.autoencoders`; η = 0 for the posterior's mean)

Attacks hand over images; ``encode`` takes them to where the denoiser works, and from there on everything is as in pixels.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

import torch
from diffusers import UNet2DConditionModel, UNet2DModel
from torch import Tensor

from helpers.data.splits import check_images, image_keys
from helpers.errors import InvalidInput
from helpers.models.autoencoders import Autoencoder, decode, posterior
from helpers.models.denoisers import UNetDenoiser
from helpers.models.fitting import Fitting
from helpers.models.kept import Kept
from helpers.models.paths import PathDenoiser


@dataclass
class LatentDenoiser:
    """A denoiser in the latent space of an autoencoder. Every attack of `helpers.attacks` runs on it.

    Args:
        autoencoder: of diffusers, with its scaling factor in its config.
        denoiser: what was trained on its latents.
        scaling_factor: s, with which the denoiser was trained.
        latents: "mean" or "sample" of the posterior, for whoever encodes. The draw of an image depends on it and on `seed`
            alone, so that it is the same in every batch.
        shift, deviation: what is taken from latents before they are scaled, and what they are divided by; () or (channels, 1, 1).
        kept: where latents are kept of images that were encoded, for the next timestep; for an autoencoder that changes no more.

    Raises:
        ValueError: the autoencoder's latents are not of the denoiser's shape, its scaling factor is another one, or
            `latents` is neither "mean" nor "sample".
    """

    autoencoder: Autoencoder
    denoiser: UNetDenoiser | PathDenoiser
    scaling_factor: float
    latents: Literal["mean", "sample"] = "mean"
    seed: int = 0
    shift: Tensor = field(default_factory=lambda: torch.tensor(0.0))
    deviation: Tensor = field(default_factory=lambda: torch.tensor(1.0))
    kept: Kept | None = None
    fitting: Fitting = field(default_factory=Fitting)

    def __post_init__(self):
        if self.latents not in ("mean", "sample"):
            raise InvalidInput(f'latents must be "mean" or "sample", got {self.latents!r}')
        config, channels = self.autoencoder.config, self.denoiser.shape[0]
        if config.latent_channels != channels:
            raise InvalidInput(
                f"the autoencoder has {config.latent_channels} latent channels and the denoiser expects {channels}; "
                "they were not trained together"
            )
        own = getattr(config, "scaling_factor", None)
        if own is None or abs(own - self.scaling_factor) > 1e-4 * abs(self.scaling_factor):
            raise InvalidInput(
                f"the denoiser was trained on latents times {self.scaling_factor:g}, the autoencoder says {own}; "
                "set it with autoencoder.register_to_config(scaling_factor=...)"
            )

    @property
    def alphas_cumprod(self) -> Tensor:
        return self.denoiser.alphas_cumprod

    @property
    def unet(self) -> UNet2DModel | UNet2DConditionModel:
        """The network that predicts noise."""
        return self.denoiser.unet

    def encode(self, images: Tensor) -> Tensor:
        """z of images (n, c, h, w) in [-1, 1]: (n, latent channels, h', w'), of about unit variance, on the images' device.

        Raises:
            ValueError: images that are no valid batch, or whose latents have another size than the denoiser's.
        """
        check_images(images)
        if self.kept is None or images.requires_grad:
            return self._encode(images, image_keys(images) if self.latents == "sample" else ())
        keys = image_keys(images)
        names = [blake2b(key + f"{images.dtype} {self.latents} {self.seed}".encode()).digest() for key in keys]
        new = [row for row, name in enumerate(names) if name not in self.kept]
        fresh = dict(zip(new, self._encode(images[new], [keys[row] for row in new]), strict=True)) if new else {}
        for row, z in fresh.items():
            self.kept.keep(names[row], {"z": z})
        old = {row: self.kept[name]["z"].to(images.device) for row, name in enumerate(names) if row not in fresh}
        return torch.stack([z for _, z in sorted((fresh | old).items(), key=lambda item: item[0])])

    def _encode(self, images: Tensor, keys: Sequence[bytes]) -> Tensor:
        """z of `encode`, for images with these keys."""
        return self.fitting(lambda rows: self._encode_part(images[rows], keys[rows]), len(images))

    def _encode_part(self, images: Tensor, keys: Sequence[bytes]) -> Tensor:
        mean, spread = posterior(self.autoencoder, images.to(self.autoencoder.device))
        if self.latents == "sample":
            mean = mean + spread * torch.stack([self._noise(key, mean.shape[1:]) for key in keys]).to(mean)
        height, width = self.denoiser.shape[1:]
        if mean.shape[2:] != (height, width):
            raise InvalidInput(
                f"images of {images.shape[2]} x {images.shape[3]} pixels have latents of {mean.shape[2]} x {mean.shape[3]}, "
                f"the denoiser expects {height} x {width}; resize them"
            )
        return (self.scaling_factor * (mean - self.shift.to(mean)) / self.deviation.to(mean)).to(images.device)

    def _noise(self, key: bytes, shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=torch.Generator().manual_seed(1_000_003 * self.seed + zlib.crc32(key)))

    def decode(self, z: Tensor) -> Tensor:
        """Images (n, c, h, w) of latents z; gradients pass through."""
        latents = z.to(self.autoencoder.device) / self.scaling_factor
        return decode(self.autoencoder, latents * self.deviation.to(latents) + self.shift.to(latents)).to(z.device)

    def predict_noise(self, z: Tensor, timestep: int | Tensor) -> Tensor:
        """ε̂(z, t) of latents; see `UNetDenoiser.predict_noise`."""
        return self.denoiser.predict_noise(z, timestep)

    @torch.inference_mode()
    def sample(self, n: int, generator: torch.Generator, steps: int = 100) -> Tensor:
        """n new images in [-1, 1], decoded from latents that the scheduler's reverse process makes in `steps` steps.

        Raises:
            ValueError: a denoiser without a scheduler.
        """
        if not isinstance(self.denoiser, UNetDenoiser):
            raise InvalidInput("only a denoiser with a scheduler draws samples; use the pipeline of diffusers that it came from")
        return self.decode(self.denoiser.generate(n, generator, steps)).clamp(-1, 1)
