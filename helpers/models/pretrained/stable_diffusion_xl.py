"""Networks that are told a prompt by two encoders, and the size that an image had: ``StableDiffusionXLPipeline``."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from helpers.errors import InvalidInput
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, image_shape, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.prompts import Encode, tokens
from helpers.models.pretrained.schedulers import SCHEDULERS
from helpers.models.pretrained.stable_diffusion import text_unet
from helpers.models.pretrained.text_to_image import CLIP_TOKENIZERS, model_of_text


def sized(asked: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Tells a network the pooled prompt (n, width), and six numbers (n, 6) on the size of the image, too."""

    def ask(network: nn.Module, y: Tensor, time: Tensor, pooled: Tensor, time_ids: Tensor, **condition: Tensor) -> Tensor:
        return asked(network, y, time, added_cond_kwargs={"text_embeds": pooled, "time_ids": time_ids}, **condition)

    return ask


def read_two_encoders(parts: Parts) -> Encode:
    """Prompts to the last but one layer of both CLIPs, side by side, and to what they make of the whole, if they say it."""
    both = [(parts.tokenizer(f"tokenizer{end}"), parts.network(f"text_encoder{end}")) for end in ("", "_2")]

    def encode(prompts: list[str]) -> dict[str, Tensor]:
        said = [
            encoder(tokens(tokenizer, prompts, parts.device).input_ids, output_hidden_states=True) for tokenizer, encoder in both
        ]
        return {
            "encoder_hidden_states": torch.cat([output.hidden_states[-2] for output in said], dim=-1),
            "pooled": torch.cat([output.text_embeds for output in said if hasattr(output, "text_embeds")], dim=-1),
        }

    return encode


def _build(parts: Parts) -> LoadedModel:
    autoencoder = load_autoencoder(parts)
    inner = text_unet(parts, autoencoder, addition="text_time")
    if parts.index.get("requires_aesthetics_score"):
        raise InvalidInput("a refiner, which is told how beautiful an image is; audit the base model that comes before it")
    _, height, width = image_shape(autoencoder, inner)
    # The size of the original, where it was cut, the size that is wanted: as if it had always been as large as it is now.
    told = inner.told(time_ids=torch.tensor([[height, width, 0.0, 0.0, height, width]]))
    return model_of_text(parts, autoencoder, replace(told, asked=sized(inner.asked)), lambda: read_two_encoders(parts))


STABLE_DIFFUSION_XL = Family(
    pipelines=("StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline", "StableDiffusionXLInpaintPipeline"),
    components={
        "vae": AUTOENCODERS,
        "unet": ("diffusers.UNet2DConditionModel",),
        "scheduler": SCHEDULERS,
        "text_encoder": ("transformers.CLIPTextModel",),
        "text_encoder_2": ("transformers.CLIPTextModelWithProjection",),
        "tokenizer": CLIP_TOKENIZERS,
        "tokenizer_2": CLIP_TOKENIZERS,
    },
    build=_build,
    unneeded=("feature_extractor", "image_encoder"),
    settings=("force_zeros_for_empty_prompt", "add_watermarker", "requires_aesthetics_score"),
)
