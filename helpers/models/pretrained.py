"""Which denoiser lies in this folder, and is it safe to read?

``load_pipeline`` makes a denoiser of what ``save_pretrained`` of diffusers wrote. Weights are read as safetensors only, since
a pickle can run any code while it is read; no file is fetched from anywhere.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import diffusers
import torch
from diffusers import DiffusionPipeline, UNet2DConditionModel, UNet2DModel
from torch import Tensor

from helpers.errors import InvalidInput, MissingFile
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser

PICKLED = (".bin", ".ckpt", ".pt", ".pth", ".pkl")


@dataclass
class LoadedModel:
    """A model on disk as a denoiser, and what is to be known about it.

    Args:
        kind: the pipeline's class.
        image_shape: (c, h, w) of the images it was trained on.
        encode_prompts: prompts -> (n, tokens, width), for a model that is told something.
    """

    denoiser: UNetDenoiser | LatentDenoiser
    kind: str
    image_shape: tuple[int, int, int]
    encode_prompts: Callable[[list[str]], Tensor] | None = None

    def told(self, prompts: list[str]) -> UNetDenoiser | LatentDenoiser:
        """The denoiser under these prompts, one for all images or one for each."""
        if self.encode_prompts is None or not isinstance(self.denoiser, LatentDenoiser):
            raise InvalidInput(f"{self.kind} takes no prompts")
        inner = self.denoiser.denoiser.told(self.encode_prompts(prompts))
        return replace(self.denoiser, denoiser=inner)


def check_weights(folder: Path) -> None:
    """Refuse a model whose weights are pickled: reading those can run any code.

    Raises:
        ValueError: a network of the model has pickled weights and no safetensors.
    """
    for place in {path.parent for suffix in PICKLED for path in folder.rglob(f"*{suffix}")}:
        if not any(place.glob("*.safetensors")):
            found = sorted(path.name for path in place.iterdir() if path.suffix in PICKLED)[0]
            raise InvalidInput(
                f"{place / found} is a pickle, and reading it could run any code; save the model with "
                "save_pretrained(..., safe_serialization=True) where it is trusted"
            )


def load_pipeline(path: str | Path, device: str | torch.device = "cpu") -> LoadedModel:
    """The denoiser of a ``DDPMPipeline``, ``LDMPipeline`` or ``StableDiffusionPipeline`` on disk, or of a bare UNet + scheduler.

    Args:
        path: a folder with model_index.json, or with the subfolders unet and scheduler.

    Raises:
        FileNotFoundError: no model there.
        ValueError: pickled weights, a pipeline of another kind, or files that do not belong together.
    """
    folder = Path(path)
    index = folder / "model_index.json"
    if not index.exists() and not (folder / "unet" / "config.json").exists():
        raise MissingFile(f"no model at {folder}: it has neither model_index.json nor unet/config.json")
    check_weights(folder)
    kind = json.loads(index.read_text())["_class_name"] if index.exists() else "UNet + scheduler"
    if kind not in LOADERS:
        raise InvalidInput(f"{folder} is a {kind}; what can be audited are {', '.join(LOADERS)}")
    try:
        return LOADERS[kind](folder, kind, torch.device(device))
    except (OSError, KeyError, RuntimeError) as error:
        raise InvalidInput(f"{folder} cannot be loaded as a {kind}: {str(error).splitlines()[0]}") from error


def _pipeline(folder: Path, device: torch.device) -> DiffusionPipeline:
    # A safety checker looks at what a model draws; nothing is drawn here.
    unneeded = {"safety_checker": None} if "safety_checker" in (folder / "model_index.json").read_text() else {}
    diffusers.utils.logging.disable_progress_bar()  # of a moment
    try:
        pipeline = DiffusionPipeline.from_pretrained(folder, use_safetensors=True, local_files_only=True, **unneeded)
    finally:
        diffusers.utils.logging.enable_progress_bar()
    return pipeline.to(device)


def _square(unet: UNet2DModel | UNet2DConditionModel) -> tuple[int, int]:
    size = unet.config.sample_size
    return (size, size) if isinstance(size, int) else tuple(size)


def _load_pixels(folder: Path, kind: str, device: torch.device) -> LoadedModel:
    pipeline = _pipeline(folder, device)
    unet = pipeline.unet.eval()
    return LoadedModel(UNetDenoiser(unet, pipeline.scheduler), kind, (unet.config.in_channels, *_square(unet)))


def _load_bare(folder: Path, kind: str, device: torch.device) -> LoadedModel:
    unet = UNet2DModel.from_pretrained(folder / "unet", use_safetensors=True, local_files_only=True).to(device).eval()
    config = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    scheduler = getattr(diffusers, config["_class_name"]).from_config(config)
    return LoadedModel(UNetDenoiser(unet, scheduler), kind, (unet.config.in_channels, *_square(unet)))


def _load_latent(folder: Path, kind: str, device: torch.device) -> LoadedModel:
    pipeline = _pipeline(folder, device)
    autoencoder = getattr(pipeline, "vae", None) or pipeline.vqvae
    unet, told = pipeline.unet.eval(), None
    if kind == "StableDiffusionPipeline":
        told = _prompt_encoder(pipeline, device)
    autoencoder.eval()
    inner = UNetDenoiser(unet, pipeline.scheduler, told([""]) if told else None)
    factor = autoencoder.config.scaling_factor
    shrink = 2 ** (len(autoencoder.config.block_out_channels) - 1)
    shape = (autoencoder.config.in_channels, *(side * shrink for side in _square(unet)))
    return LoadedModel(LatentDenoiser(autoencoder, inner, factor), kind, shape, told)


def _prompt_encoder(pipeline: DiffusionPipeline, device: torch.device) -> Callable[[list[str]], Tensor]:
    @torch.inference_mode()
    def encode(prompts: list[str]) -> Tensor:
        return pipeline.encode_prompt(prompts, device, 1, do_classifier_free_guidance=False)[0]

    return encode


LOADERS = {
    "DDPMPipeline": _load_pixels,
    "DDIMPipeline": _load_pixels,
    "LDMPipeline": _load_latent,
    "StableDiffusionPipeline": _load_latent,
    "UNet + scheduler": _load_bare,
}
