"""Flow models with a language model as text encoder and an autoencoder that cuts a lot: ``SanaPipeline``."""

from typing import Any

from torch import Tensor

from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, latent_size, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts, refuse_settings
from helpers.models.pretrained.pixart import ask_by_name, cleaned
from helpers.models.pretrained.prompts import Encode, tokens
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size
from helpers.models.pretrained.text_to_image import GEMMA_TOKENIZERS, GEMMAS, model_of_text, pipeline_default


def ask_sana(network: Any, y: Tensor, time: Tensor, **condition: Tensor) -> Tensor:
    """What a network says that counts time on a scale of its own."""
    return ask_by_name(network, y, time * network.config.timestep_scale, **condition)


def read_gemma(parts: Parts) -> Encode:
    """Prompts, behind the pipeline's own instruction, to the last layer; told are the first and the last tokens."""
    tokenizer, encoder = parts.tokenizer(), parts.network("text_encoder")
    tokenizer.padding_side = "right"
    most = pipeline_default(parts.kind, "max_sequence_length")
    instruction = "\n".join(pipeline_default(parts.kind, "complex_human_instruction") or [])
    length = len(tokenizer.encode(instruction)) + most - 2 if instruction else most
    told = [0, *range(length - most + 1, length)]

    def encode(prompts: list[str]) -> dict[str, Tensor]:
        given = tokens(tokenizer, [instruction + prompt for prompt in prompts], parts.device, length)
        said = encoder(given.input_ids, attention_mask=given.attention_mask)[0]
        return {"encoder_hidden_states": said[:, told], "encoder_attention_mask": given.attention_mask[:, told]}

    return encode


def _build(parts: Parts) -> LoadedModel:
    autoencoder, network = load_autoencoder(parts), parts.network("transformer")
    refuse_settings("transformer", network.config, guidance_embeds=False)
    size = network_size(network, "transformer", latent_size(parts.size, autoencoder), network.config.patch_size)
    inner = PathDenoiser(network, path_of(parts.scheduler()), (network.config.in_channels, *size), asked=ask_sana)
    return model_of_text(parts, autoencoder, inner, lambda: cleaned(read_gemma(parts)))


SANA = Family(
    pipelines=("SanaPipeline",),
    components={
        "vae": AUTOENCODERS,
        "transformer": ("diffusers.SanaTransformer2DModel",),
        "scheduler": SCHEDULERS,
        "text_encoder": GEMMAS,
        "tokenizer": GEMMA_TOKENIZERS,
    },
    build=_build,
)
