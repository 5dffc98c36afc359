"""Flow models that are told a prompt by two encoders, and by T5 where it is there: ``StableDiffusion3Pipeline``."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, latent_size, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.pixart import ask_by_name, read_t5
from helpers.models.pretrained.prompts import Encode
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size
from helpers.models.pretrained.stable_diffusion_xl import read_two_encoders
from helpers.models.pretrained.text_to_image import CLIP_TOKENIZERS, T5_TOKENIZERS, model_of_text, pipeline_default


def read_three_encoders(parts: Parts, width: int) -> Encode:
    """Prompts to the tokens of both CLIPs, filled up to `width`, then those of T5; and to what the CLIPs make of the whole.

    Where there is no T5, its tokens are zeros.
    """
    clips = read_two_encoders(parts)
    t5 = read_t5(parts, "_3", masked=False) if parts.has("text_encoder_3") else None
    length = pipeline_default(parts.kind, "max_sequence_length")

    def encode(prompts: list[str]) -> dict[str, Tensor]:
        said = clips(prompts)
        short = said["encoder_hidden_states"]
        long = t5(prompts)["encoder_hidden_states"] if t5 else short.new_zeros(len(prompts), length, width)
        both = torch.cat([pad(short, (0, width - short.shape[-1])), long], dim=1)
        return {"encoder_hidden_states": both, "pooled_projections": said["pooled"]}

    return encode


def _build(parts: Parts) -> LoadedModel:
    autoencoder, network = load_autoencoder(parts), parts.network("transformer")
    size = network_size(network, "transformer", latent_size(parts.size, autoencoder), network.config.patch_size)
    inner = PathDenoiser(network, path_of(parts.scheduler()), (network.config.in_channels, *size), asked=ask_by_name)
    if not parts.has("text_encoder_3"):
        parts.note("it has no text_encoder_3: what T5 would say of a prompt is zeros")
    return model_of_text(parts, autoencoder, inner, lambda: read_three_encoders(parts, network.config.joint_attention_dim))


STABLE_DIFFUSION_3 = Family(
    pipelines=("StableDiffusion3Pipeline", "StableDiffusion3Img2ImgPipeline"),
    components={
        "vae": AUTOENCODERS,
        "transformer": ("diffusers.SD3Transformer2DModel",),
        "scheduler": SCHEDULERS,
        "text_encoder": ("transformers.CLIPTextModelWithProjection",),
        "text_encoder_2": ("transformers.CLIPTextModelWithProjection",),
        "text_encoder_3": ("transformers.T5EncoderModel",),
        "tokenizer": CLIP_TOKENIZERS,
        "tokenizer_2": CLIP_TOKENIZERS,
        "tokenizer_3": T5_TOKENIZERS,
    },
    build=_build,
    unneeded=("feature_extractor", "image_encoder"),
    optional=("text_encoder_3", "tokenizer_3"),
)
