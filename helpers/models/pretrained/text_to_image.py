"""What have all models in common that make images of text, behind an autoencoder?"""

import inspect
from collections.abc import Callable
from typing import Any

import diffusers

from helpers.models.latent import LatentDenoiser
from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.latents import behind, image_shape
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.prompts import Encode, Prompts

CLIP_TOKENIZERS = ("transformers.CLIPTokenizer", "transformers.CLIPTokenizerFast")
T5_TOKENIZERS = ("transformers.T5Tokenizer", "transformers.T5TokenizerFast")
GEMMA_TOKENIZERS = ("transformers.GemmaTokenizer", "transformers.GemmaTokenizerFast")
GEMMAS = ("transformers.Gemma2Model", "transformers.Gemma2ForCausalLM")


def model_of_text(parts: Parts, autoencoder: Any, inner: PathDenoiser, read: Callable[[], Encode]) -> LoadedModel:
    """The model, asked with the empty prompt where nobody says anything.

    Args:
        inner: denoises latents, once it was told what the encoders make of a prompt.
        read: reads the text encoders; see `Prompts`.
    """
    prompts = Prompts(read)

    def tell(texts: list[str]) -> LatentDenoiser:
        return behind(autoencoder, inner.told(**prompts(texts)), parts)

    return LoadedModel(
        tell([""]), parts.kind, image_shape(autoencoder, inner), tell_prompts=tell, prepare_prompts=prompts.prepare
    )


def pipeline_default(kind: str, name: str) -> Any:
    """With which value a pipeline is called where nobody says another: a network may have been trained to be told it."""
    return inspect.signature(getattr(diffusers, kind).__call__).parameters[name].default
