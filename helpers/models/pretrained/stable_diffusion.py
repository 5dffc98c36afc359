"""Networks that denoise latents and are told a prompt: ``StableDiffusionPipeline``."""

import torch
from torch import Tensor

from helpers.models.latent import LatentDenoiser
from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, behind, image_shape, latent_size, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts, refuse_settings
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size

PLAIN = {"class_embed_type": None, "num_class_embeds": None, "addition_embed_type": None, "encoder_hid_dim_type": None}


def _build(parts: Parts) -> LoadedModel:
    autoencoder, unet = load_autoencoder(parts), parts.network("unet")
    refuse_settings("unet", unet.config, **PLAIN, time_cond_proj_dim=None, in_channels=autoencoder.config.latent_channels)
    tokenizer, text_encoder = parts.tokenizer(), parts.network("text_encoder")
    height, width = network_size(unet, "unet", latent_size(parts.size, autoencoder))
    inner = PathDenoiser(unet, path_of(parts.scheduler()), (unet.config.in_channels, height, width))

    @torch.inference_mode()
    def encode(prompts: list[str]) -> Tensor:
        padded = {"padding": "max_length", "max_length": tokenizer.model_max_length, "truncation": True}
        tokens = tokenizer(prompts, return_tensors="pt", **padded)
        return text_encoder(tokens.input_ids.to(text_encoder.device))[0]

    def tell(prompts: list[str]) -> LatentDenoiser:
        return behind(autoencoder, inner.told(encoder_hidden_states=encode(prompts)), parts)

    return LoadedModel(tell([""]), parts.kind, image_shape(autoencoder, inner), tell_prompts=tell)


STABLE_DIFFUSION = Family(
    pipelines=("StableDiffusionPipeline",),
    components={
        "vae": AUTOENCODERS,
        "unet": ("diffusers.UNet2DConditionModel",),
        "scheduler": SCHEDULERS,
        "text_encoder": ("transformers.CLIPTextModel",),
        "tokenizer": ("transformers.CLIPTokenizer", "transformers.CLIPTokenizerFast"),
    },
    build=_build,
    unneeded=("safety_checker", "feature_extractor", "image_encoder"),
    settings=("requires_safety_checker",),
)
