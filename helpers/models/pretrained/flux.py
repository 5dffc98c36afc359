"""Flow models of packed latents: ``FluxPipeline``, told how much guidance there is ("dev") or not ("schnell")."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, latent_size, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.pixart import read_t5
from helpers.models.pretrained.prompts import Encode, tokens
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size
from helpers.models.pretrained.text_to_image import CLIP_TOKENIZERS, T5_TOKENIZERS, model_of_text, pipeline_default

LATENTS = 128  # along each side, where nobody says another size: the pipeline's default, since the network's config has none


def ask_packed(network: nn.Module, y: Tensor, time: Tensor, encoder_hidden_states: Tensor, **condition: Tensor) -> Tensor:
    """What a network says that is told latents (n, c, h, w) as (n, h/2 · w/2, 4c), where each of them lies, and σ as time."""
    n, _, height, width = y.shape
    rows, columns = torch.meshgrid(torch.arange(height // 2), torch.arange(width // 2), indexing="ij")
    places = torch.stack([torch.zeros_like(rows), rows, columns], dim=-1).reshape(-1, 3).to(y)
    said = network(
        hidden_states=pixel_unshuffle(y, 2).flatten(2).transpose(1, 2), timestep=time / 1000, img_ids=places,
        txt_ids=places.new_zeros(encoder_hidden_states.shape[1], 3), encoder_hidden_states=encoder_hidden_states, **condition,
    ).sample  # fmt: skip
    return pixel_shuffle(said.transpose(1, 2).reshape(n, -1, height // 2, width // 2), 2)


def read_clip_and_t5(parts: Parts) -> Encode:
    """Prompts to the tokens of T5, and to what CLIP makes of the whole."""
    tokenizer, encoder = parts.tokenizer(), parts.network("text_encoder")
    t5 = read_t5(parts, "_2", masked=False)

    def encode(prompts: list[str]) -> dict[str, Tensor]:
        whole = encoder(tokens(tokenizer, prompts, parts.device).input_ids).pooler_output
        return {"encoder_hidden_states": t5(prompts)["encoder_hidden_states"], "pooled_projections": whole}

    return encode


def _build(parts: Parts) -> LoadedModel:
    autoencoder, network = load_autoencoder(parts), parts.network("transformer")
    size = network_size(network, "transformer", latent_size(parts.size, autoencoder) or (LATENTS, LATENTS), 2)
    inner = PathDenoiser(network, path_of(parts.scheduler()), (network.config.in_channels // 4, *size), asked=ask_packed)
    if network.config.guidance_embeds:
        scale = float(pipeline_default(parts.kind, "guidance_scale"))
        parts.note(f"it is told how strongly to follow the prompt: guidance {scale:g}, its pipeline's default")
        inner = inner.told(guidance=torch.tensor([scale]))
    return model_of_text(parts, autoencoder, inner, lambda: read_clip_and_t5(parts))


FLUX = Family(
    pipelines=("FluxPipeline", "FluxImg2ImgPipeline", "FluxInpaintPipeline"),
    components={
        "vae": AUTOENCODERS,
        "transformer": ("diffusers.FluxTransformer2DModel",),
        "scheduler": SCHEDULERS,
        "text_encoder": ("transformers.CLIPTextModel",),
        "text_encoder_2": ("transformers.T5EncoderModel",),
        "tokenizer": CLIP_TOKENIZERS,
        "tokenizer_2": T5_TOKENIZERS,
    },
    build=_build,
    unneeded=("feature_extractor", "image_encoder"),
)
