"""Networks that denoise pixels: ``DDPMPipeline`` and its kin, score SDEs, EDM and consistency models, with classes or without."""

from functools import partial

import torch

from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts, refuse_settings
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size

BARE = "UNet + scheduler"


def build_unet(parts: Parts, size: tuple[int, int] | None) -> tuple[PathDenoiser, int]:
    """A ``UNet2DModel`` with its scheduler's path, and the number of classes that it must be told: 0 for none.

    Args:
        size: (h, w) of what it denoises; None for its own.
    """
    unet, path = parts.network("unet"), path_of(parts.scheduler())
    refuse_settings("unet", unet.config, class_embed_type=None)
    height, width = network_size(unet, "unet", size, 2 ** (len(unet.config.block_out_channels) - 1))
    classes = unet.config.num_class_embeds or 0
    needs = f"{parts.kind} has to be told one of its {classes} classes for each image; give labels" if classes else ""
    return PathDenoiser(unet, path, (unet.config.in_channels, height, width), needs=needs), classes


def told_classes(denoiser: PathDenoiser, labels: list[int]) -> PathDenoiser:
    """The denoiser, told one class for all images or one for each."""
    return denoiser.told(class_labels=torch.tensor(labels))


def _build(parts: Parts) -> LoadedModel:
    denoiser, classes = build_unet(parts, parts.size)
    tell = partial(told_classes, denoiser) if classes else None
    return LoadedModel(denoiser, parts.kind, denoiser.shape, tell_labels=tell, classes=classes)


PIXELS = Family(
    pipelines=("DDPMPipeline", "DDIMPipeline", "PNDMPipeline", "ScoreSdeVePipeline", "ConsistencyModelPipeline", BARE),
    components={"unet": ("diffusers.UNet2DModel",), "scheduler": SCHEDULERS},
    build=_build,
)
