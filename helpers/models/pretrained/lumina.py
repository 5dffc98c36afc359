"""Flow models that count time from noise to image: ``Lumina2Pipeline``."""

from torch import Tensor, nn

from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, latent_size, load_autoencoder
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.pixart import ask_by_name
from helpers.models.pretrained.prompts import Encode, tokens
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size
from helpers.models.pretrained.text_to_image import GEMMA_TOKENIZERS, GEMMAS, model_of_text, pipeline_default

# The pipeline puts it before each prompt; here as there.
SYSTEM_PROMPT = (
    "You are an assistant designed to generate superior images with the superior degree of image-text alignment based on textual "
    "prompts or user prompts. <Prompt Start> "
)


def ask_backwards(network: nn.Module, y: Tensor, time: Tensor, **condition: Tensor) -> Tensor:
    """v = ε - x₀ of a network that is told 1 - σ and says x₀ - ε."""
    return -ask_by_name(network, y, 1 - time / 1000, **condition)


def read_gemma(parts: Parts) -> Encode:
    """Prompts, behind the pipeline's own, to the last but one layer, and the mask of their tokens."""
    tokenizer, encoder = parts.tokenizer(), parts.network("text_encoder")
    tokenizer.padding_side = "right"
    length = pipeline_default(parts.kind, "max_sequence_length")

    def encode(prompts: list[str]) -> dict[str, Tensor]:
        given = tokens(tokenizer, [SYSTEM_PROMPT + prompt for prompt in prompts], parts.device, length)
        said = encoder(given.input_ids, attention_mask=given.attention_mask, output_hidden_states=True).hidden_states[-2]
        return {"encoder_hidden_states": said, "encoder_attention_mask": given.attention_mask}

    return encode


def _build(parts: Parts) -> LoadedModel:
    autoencoder, network = load_autoencoder(parts), parts.network("transformer")
    size = network_size(network, "transformer", latent_size(parts.size, autoencoder), network.config.patch_size)
    inner = PathDenoiser(network, path_of(parts.scheduler()), (network.config.in_channels, *size), asked=ask_backwards)
    return model_of_text(parts, autoencoder, inner, lambda: read_gemma(parts))


LUMINA = Family(
    pipelines=("Lumina2Pipeline",),
    components={
        "vae": AUTOENCODERS,
        "transformer": ("diffusers.Lumina2Transformer2DModel",),
        "scheduler": SCHEDULERS,
        "text_encoder": GEMMAS,
        "tokenizer": GEMMA_TOKENIZERS,
    },
    build=_build,
)
