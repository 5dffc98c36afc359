"""Networks that denoise latents and are told a prompt: Stable Diffusion 1 and 2, for inpainting too, and distilled."""

from dataclasses import replace
from typing import Any

import torch
from diffusers.models.embeddings import get_timestep_embedding
from torch import Tensor, nn

from helpers.errors import InvalidInput
from helpers.models.paths import PathDenoiser, ask
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, behind, image_shape, latent_size, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts, refuse_settings
from helpers.models.pretrained.prompts import Encode, tokens
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size
from helpers.models.pretrained.text_to_image import CLIP_TOKENIZERS, model_of_text, pipeline_default

PLAIN = {"class_embed_type": None, "num_class_embeds": None, "encoder_hid_dim_type": None}


def text_unet(parts: Parts, autoencoder: Any, addition: str | None = None) -> PathDenoiser:
    """A ``UNet2DConditionModel`` with its scheduler's path, told what it needs apart from prompts.

    Args:
        addition: the only `addition_embed_type` that is understood.

    Raises:
        ValueError: a network that wants to be told something else, or denoises other latents.
    """
    unet, channels = parts.network("unet"), autoencoder.config.latent_channels
    refuse_settings("unet", unet.config, **PLAIN, addition_embed_type=addition)
    height, width = network_size(unet, "unet", latent_size(parts.size, autoencoder))
    inner = PathDenoiser(unet, path_of(parts.scheduler()), (channels, height, width))
    if unet.config.time_cond_proj_dim is not None:
        inner = inner.told(timestep_cond=guidance_embedding(parts, unet.config.time_cond_proj_dim))
    if unet.config.in_channels == 2 * channels + 1:
        return _inpainting(parts, autoencoder, inner)
    if unet.config.in_channels != channels:
        raise InvalidInput(
            f"unet: takes {unet.config.in_channels} channels where the autoencoder has {channels}: it wants an image beside the "
            "one it denoises, and what that would be for a member is not known"
        )
    return inner


def guidance_embedding(parts: Parts, width: int) -> Tensor:
    """(1, width): the strength of guidance that a distilled network is told, its pipeline's default.

    Source: Luo et al., "Latent Consistency Models" (2023); `get_guidance_scale_embedding` of diffusers.
    """
    scale = float(pipeline_default(parts.kind, "guidance_scale"))
    parts.note(f"it is told how strongly to follow the prompt: guidance {scale:g}, its pipeline's default")
    return get_timestep_embedding(torch.tensor([scale - 1]), width, downscale_freq_shift=1, scale=1000)


@torch.inference_mode()
def _inpainting(parts: Parts, autoencoder: Any, inner: PathDenoiser) -> PathDenoiser:
    """A network that sees which part of an image it has to paint, and the rest: here it has to paint all."""
    parts.note("an inpainting model: asked with everything masked, so that it sees nothing of an image but its noisy latents")
    blank = torch.zeros(1, *image_shape(autoencoder, inner), device=parts.device)
    rest = behind(autoencoder, inner, parts).encode(blank).clone()
    return replace(inner.told(mask=torch.ones_like(rest[:, :1]), rest=rest), asked=ask_inpainting)


def ask_inpainting(network: nn.Module, y: Tensor, time: Tensor, mask: Tensor, rest: Tensor, **condition: Tensor) -> Tensor:
    """What a network says that sees, beside y (n, c, h, w), a mask (n, 1, h, w) and the latents (n, c, h, w) of the rest."""
    return ask(network, torch.cat([y, mask.to(y), rest.to(y)], dim=1), time, **condition)


def _build(parts: Parts) -> LoadedModel:
    autoencoder = load_autoencoder(parts)

    def read() -> Encode:
        tokenizer, encoder = parts.tokenizer(), parts.network("text_encoder")
        masked = getattr(encoder.config, "use_attention_mask", False)

        def encode(prompts: list[str]) -> dict[str, Tensor]:
            given = tokens(tokenizer, prompts, parts.device)
            mask = given.attention_mask if masked else None
            return {"encoder_hidden_states": encoder(given.input_ids, attention_mask=mask)[0]}

        return encode

    return model_of_text(parts, autoencoder, text_unet(parts, autoencoder), read)


STABLE_DIFFUSION = Family(
    pipelines=(
        "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline", "StableDiffusionInpaintPipeline",
        "LatentConsistencyModelPipeline", "LatentConsistencyModelImg2ImgPipeline",
    ),
    components={
        "vae": AUTOENCODERS,
        "unet": ("diffusers.UNet2DConditionModel",),
        "scheduler": SCHEDULERS,
        "text_encoder": ("transformers.CLIPTextModel",),
        "tokenizer": CLIP_TOKENIZERS,
    },
    build=_build,
    unneeded=("safety_checker", "feature_extractor", "image_encoder"),
    settings=("requires_safety_checker",),
)  # fmt: skip
