"""Networks that denoise the latents of an autoencoder, without words: ``LDMPipeline``."""

from typing import Any

import torch
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.autoencoders import posterior
from helpers.models.latent import LatentDenoiser
from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.pixels import build_unet, told_classes
from helpers.models.pretrained.schedulers import SCHEDULERS

AUTOENCODERS = tuple(f"diffusers.{name}" for name in ("AutoencoderKL", "VQModel", "AutoencoderTiny", "AutoencoderDC"))


def compression(autoencoder: Any) -> int:
    """How many pixels one latent stands for, along each side."""
    config = autoencoder.config
    levels = getattr(config, "encoder_block_out_channels", None) or config.block_out_channels
    return 2 ** (len(levels) - 1)


def load_autoencoder(parts: Parts, name: str = "vae") -> Any:
    """The autoencoder, in single precision: in half, some overflow.

    Raises:
        ValueError: one whose latents are the same for any image, or not finite.
    """
    autoencoder = parts.network(name, torch.float32)
    side = 4 * compression(autoencoder)
    images = torch.rand(2, autoencoder.config.in_channels, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        one, two = posterior(autoencoder, images.to(autoencoder.device))[0]
    if torch.equal(one, two) or not torch.isfinite(one - two).all():
        raise InvalidInput(
            f"{name}: two images of noise have the same latents, or none; its weights are damaged or were not saved"
        )
    return autoencoder


def latent_size(size: tuple[int, int] | None, autoencoder: Any) -> tuple[int, int] | None:
    """(h, w) of the latents of images of this size.

    Raises:
        ValueError: sides that the autoencoder cannot cut.
    """
    if size is None:
        return None
    factor = compression(autoencoder)
    if size[0] % factor or size[1] % factor:
        raise InvalidInput(f"the autoencoder works on sides that are multiples of {factor}, got {size[0]} x {size[1]}")
    return size[0] // factor, size[1] // factor


def behind(autoencoder: Any, denoiser: PathDenoiser, parts: Parts) -> LatentDenoiser:
    """The denoiser of latents that are scaled, and shifted, as the autoencoder's config says."""
    config = autoencoder.config
    shift, deviation = _channels(config, "latents_mean"), _channels(config, "latents_std")
    factor = getattr(config, "shift_factor", None)
    if shift is None and factor:
        shift = torch.tensor(float(factor))
    if shift is not None or deviation is not None:
        parts.note("latents are shifted and scaled as the autoencoder's config says")
    return LatentDenoiser(
        autoencoder, denoiser, config.scaling_factor,
        shift=torch.tensor(0.0) if shift is None else shift, deviation=torch.tensor(1.0) if deviation is None else deviation,
        kept=parts.latents,
    )  # fmt: skip


def _channels(config: Any, name: str) -> Tensor | None:
    """A value a channel, (channels, 1, 1)."""
    values = getattr(config, name, None)
    return None if values is None else torch.tensor(values, dtype=torch.float32).reshape(-1, 1, 1)


def image_shape(autoencoder: Any, denoiser: PathDenoiser) -> tuple[int, int, int]:
    """(c, h, w) of the images whose latents the denoiser expects."""
    factor = compression(autoencoder)
    return autoencoder.config.in_channels, denoiser.shape[1] * factor, denoiser.shape[2] * factor


def of_classes(
    parts: Parts, autoencoder: Any, inner: PathDenoiser, classes: int, null_class: int | None = None, names: dict | None = None
) -> LoadedModel:
    """A model of latents that is told a class, where it knows any.

    Args:
        null_class: with which it is asked where nobody says anything.
        names: of the classes.
    """

    def tell(labels: list[int]) -> LatentDenoiser:
        return behind(autoencoder, told_classes(inner, labels), parts)

    denoiser = behind(autoencoder, inner, parts) if null_class is None else tell([null_class])
    return LoadedModel(
        denoiser, parts.kind, image_shape(autoencoder, inner), tell_labels=tell if classes else None, classes=classes,
        null_class=null_class, class_names=names or {},
    )  # fmt: skip


def _build(parts: Parts) -> LoadedModel:
    autoencoder = load_autoencoder(parts, "vqvae")
    inner, classes = build_unet(parts, latent_size(parts.size, autoencoder))
    return of_classes(parts, autoencoder, inner, classes)


LATENTS = Family(
    pipelines=("LDMPipeline",),
    components={"vqvae": AUTOENCODERS, "unet": ("diffusers.UNet2DModel",), "scheduler": SCHEDULERS},
    build=_build,
)
