"""Which denoiser lies in this folder, and is it safe to read?

``load_pipeline`` makes a denoiser of what ``save_pretrained`` of diffusers wrote. Nothing of a stranger's runs: weights are
safetensors by their content, classes are those that an adapter names, and no file is fetched from anywhere.

To add a family of models, write one module of some thirty lines that ends in a `Family`: the classes of its pipelines, the
components they consist of, and ``build(parts)``, which takes the components from ``parts`` and returns a `LoadedModel`. Its
denoiser is a `PathDenoiser` (`helpers.models.paths`) on the path that ``path_of(parts.scheduler())`` tells, behind an autoencoder
where there is one (`latents.behind`). What is particular to the family, how the network is called, is the ``asked`` of that
denoiser. Then add it to ``FAMILIES`` here, and test it against plain diffusers code.
"""

from pathlib import Path

import torch

from helpers.models.pretrained.class_transformers import CLASS_TRANSFORMERS
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.flux import FLUX
from helpers.models.pretrained.latents import LATENTS
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.lumina import LUMINA
from helpers.models.pretrained.open import open_model
from helpers.models.pretrained.pixart import PIXART
from helpers.models.pretrained.pixels import PIXELS
from helpers.models.pretrained.sana import SANA
from helpers.models.pretrained.stable_diffusion import STABLE_DIFFUSION
from helpers.models.pretrained.stable_diffusion_3 import STABLE_DIFFUSION_3
from helpers.models.pretrained.stable_diffusion_xl import STABLE_DIFFUSION_XL

__all__ = ["FAMILIES", "Family", "LoadedModel", "load_pipeline"]

FAMILIES = (
    PIXELS, LATENTS, CLASS_TRANSFORMERS,
    STABLE_DIFFUSION, STABLE_DIFFUSION_XL, PIXART, SANA, STABLE_DIFFUSION_3, FLUX, LUMINA,
)  # fmt: skip


def load_pipeline(
    path: str | Path,
    device: str | torch.device = "cpu",
    size: int | tuple[int, int] | None = None,
    dtype: torch.dtype = torch.float32,
    variant: str | None = None,
    base: str | Path | None = None,
    lora: str | Path | None = None,
    ignore_lora: bool = False,
) -> LoadedModel:
    """The denoiser in a folder: a pipeline of one of FAMILIES, or a bare UNet with its scheduler.

    Args:
        path: a folder with model_index.json, or with the subfolders unet and scheduler, or a checkpoint of a training run.
        size: of the images, in pixels, or (height, width); by default what the model's config says, which for a model
            that was fine-tuned at another resolution is often still its base's.
        dtype: in which networks compute; autoencoders keep single precision.
        variant: which weights, "fp16" for example; by default the plain ones, or the only variant there is.
        base: another model, from which components are taken that this folder lacks.
        lora: low-rank weights to apply.
        ignore_lora: read a model beside which a LoRA lies without it.

    Raises:
        FileNotFoundError: no model there, or a file is missing.
        ValueError: no family of these classes, a component of an unknown class, pickled, damaged or degenerate weights, a
            setting that is not understood, or a LoRA of which nobody said whether to apply it.
    """
    return open_model(
        FAMILIES, Path(path), size, None if base is None else Path(base), ignore_lora,
        device=torch.device(device), dtype=dtype, variant=variant, lora=None if lora is None else Path(lora),
    )  # fmt: skip
