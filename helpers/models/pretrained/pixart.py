"""Transformers that are told a prompt by T5, and their variance: ``PixArtAlphaPipeline`` and ``PixArtSigmaPipeline``."""

from typing import Any

import torch
from torch import Tensor, nn

from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, compression, latent_size, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.prompts import Encode, tokens
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size
from helpers.models.pretrained.text_to_image import T5_TOKENIZERS, model_of_text, pipeline_default


def ask_by_name(network: nn.Module, y: Tensor, time: Tensor, **condition: Any) -> Tensor:
    """What a transformer says whose second argument is not the time."""
    return network(hidden_states=y, timestep=time, **condition).sample


def ask_pixart(network: nn.Module, y: Tensor, time: Tensor, **condition: Tensor) -> Tensor:
    """What a network says that may be told the size in pixels (n, 2) and height / width (n, 1), too."""
    sizes: dict[str, Any] = {name: condition.pop(name, None) for name in ("resolution", "aspect_ratio")}
    sizes = {name: None if value is None else value.to(y) for name, value in sizes.items()}
    return ask_by_name(network, y, time, added_cond_kwargs=sizes, **condition)


def read_t5(parts: Parts, end: str = "", length: int | None = None, masked: bool = True) -> Encode:
    """Prompts to the last layer of T5, and the mask of their tokens.

    Args:
        end: of the components' names.
        length: in tokens; by default the pipeline's.
        masked: does the encoder leave out what only fills up?
    """
    tokenizer, encoder = parts.tokenizer(f"tokenizer{end}"), parts.network(f"text_encoder{end}")
    most = length or pipeline_default(parts.kind, "max_sequence_length")

    def encode(prompts: list[str]) -> dict[str, Tensor]:
        given = tokens(tokenizer, prompts, parts.device, most)
        said = encoder(given.input_ids, attention_mask=given.attention_mask if masked else None)[0]
        return {"encoder_hidden_states": said, "encoder_attention_mask": given.attention_mask}

    return encode


def cleaned(encode: Encode) -> Encode:
    """The same for prompts in small letters, without space around them: as PixArt and Sana want them."""
    return lambda prompts: encode([prompt.lower().strip() for prompt in prompts])


def _build(parts: Parts) -> LoadedModel:
    autoencoder, network = load_autoencoder(parts), parts.network("transformer")
    config = network.config
    size = network_size(network, "transformer", latent_size(parts.size, autoencoder), config.patch_size)
    inner = PathDenoiser(network, path_of(parts.scheduler()), (config.in_channels, *size), asked=ask_pixart)
    if network.use_additional_conditions:
        height, width = (side * compression(autoencoder) for side in size)
        inner = inner.told(resolution=torch.tensor([[float(height), width]]), aspect_ratio=torch.tensor([[height / width]]))
    return model_of_text(parts, autoencoder, inner, lambda: cleaned(read_t5(parts)))


PIXART = Family(
    pipelines=("PixArtAlphaPipeline", "PixArtSigmaPipeline"),
    components={
        "vae": AUTOENCODERS,
        "transformer": ("diffusers.PixArtTransformer2DModel", "diffusers.Transformer2DModel"),
        "scheduler": SCHEDULERS,
        "text_encoder": ("transformers.T5EncoderModel",),
        "tokenizer": T5_TOKENIZERS,
    },
    build=_build,
)
