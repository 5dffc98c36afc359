"""How does a text-to-image model get into a web page? Text encoder, network and decoder as one ONNX file.

    c = text encoder(tokens),   noise = ε̂(z, t, c),   image = D(z / s)

The encoder of pictures is left out: a page comes with the latents of its pictures.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from helpers.errors import InvalidInput
from helpers.models.autoencoders import decode
from helpers.models.pretrained.prompts import tokens
from helpers.models.text_to_image import TOKENS, TextToImage
from helpers.training.emoji_recipes import split_of_seed, told_recipe
from helpers.zoo.onnx_export import TOLERANCE, keep, network_to_onnx, run
from helpers.zoo.told_models import TOLD_WEIGHTS, again, load_told
from helpers.zoo.trained import ONNX_FOLDER
from helpers.zoo.weights import read_weights


class _Told(nn.Module):
    """The equations of the module."""

    def __init__(self, model: TextToImage):
        super().__init__()
        self.text_encoder, self.unet, self.autoencoder = model.text_encoder, model.unet, model.autoencoder
        self.scaling_factor = model.autoencoder.config.scaling_factor

    def forward(self, tokens: Tensor, latent: Tensor, timestep: Tensor) -> tuple[Tensor, Tensor]:
        words = self.text_encoder(tokens)[0]
        noise = self.unet(latent, timestep, encoder_hidden_states=words).sample
        return noise, decode(self.autoencoder, latent / self.scaling_factor)


def told_to_onnx(model: TextToImage, about: dict[str, str] | None = None) -> onnx.ModelProto:
    """The model as ONNX, for any n >= 1.

    Of "tokens" (n, 16) int64, "latent" (n, 4, 8, 8) float32 and "timestep" (n,) int64 it makes "noise" in the shape of "latent",
    and "image" (n, 3, 32, 32), the latent decoded.

    Args:
        about: kept in the file as its metadata.
    """
    config = model.unet.config
    example = {
        "tokens": torch.zeros(2, TOKENS, dtype=torch.long),
        "latent": torch.zeros(2, config.in_channels, config.sample_size, config.sample_size),
        "timestep": torch.zeros(2, dtype=torch.long),
    }
    return network_to_onnx(_Told(model), example, ["noise", "image"], about)


def origin_of(name: str, folder: Path = TOLD_WEIGHTS) -> dict[str, str]:
    """What an export says of itself: "recipe", "sha256" and "version" of the weights, and "base", the checksum of its base's.

    Raises:
        ValueError, FileNotFoundError: as `load_told`.
    """
    recipe = told_recipe(name)
    of, base = (
        read_weights(folder / f"{n}.safetensors", again(told_recipe(n)))[0] if n else {"sha256": ""} for n in (name, recipe.base)
    )
    return {key: of[key] for key in ("recipe", "sha256", "version")} | {"base": base["sha256"]}


def export_told(name: str, folder: Path = ONNX_FOLDER, convert: Callable[..., onnx.ModelProto] = told_to_onnx) -> Path:
    """Write folder/NAME.onnx, all or nothing, after onnxruntime has answered what the model answers.

    Args:
        convert: as `told_to_onnx`.

    Raises:
        ValueError, FileNotFoundError: as `load_told`, or an export that answers something else.
    """
    model, split = load_told(name), split_of_seed(0, told_recipe(name).size)
    exported = convert(model, origin_of(name))
    captions = split.captions.held_out[:50]
    denoiser, ids = model.told(captions), tokens(model.tokenizer, list(captions), model.text_encoder.device).input_ids
    with torch.inference_mode():
        z = denoiser.encode(split.held_out[:50])
        for timestep in (0, 50, 300):
            expected = {"noise": denoiser.predict_noise(z, timestep), "image": denoiser.decode(z)}
            found = run(exported, {"tokens": ids, "latent": z, "timestep": torch.full((len(z),), timestep)})
            gap = max(np.abs(found[output] - values.numpy()).max() for output, values in expected.items())
            if not gap < TOLERANCE:
                raise InvalidInput(f"the export of {name} is off by {gap:.2g} at timestep {timestep}; it was not kept")
    return keep(exported, folder / f"{name}.onnx")
