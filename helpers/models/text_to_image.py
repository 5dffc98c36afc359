"""What is a text-to-image model made of?

A tokenizer cuts a caption into words, a text encoder makes a vector of each, and a network that denoises latents looks at those
vectors from every place of the picture, by cross-attention:

    attention(z, c) = softmax(Q K^T / sqrt(d)) V,   Q = W_q z,  K = W_k c,  V = W_v c        (z: places, c: words)

The parts are those of Stable Diffusion, only small, and saved they are a pipeline like any other.
Source: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022), section 3.3.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from tokenizers import Tokenizer, models, trainers
from torch import Tensor
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from helpers.errors import InvalidInput
from helpers.models.denoisers import UNetDenoiser
from helpers.models.kept import Kept
from helpers.models.latent import LatentDenoiser
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.prompts import tokens
from helpers.models.schedule import linear_scheduler

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

START, END = "<|startoftext|>", "<|endoftext|>"
TOKENS = 16  # of a caption, its start and end included


@dataclass
class TextToImage:
    """The parts of a small Stable Diffusion; `autoencoder` has its scaling factor in its config."""

    autoencoder: AutoencoderKL
    unet: UNet2DConditionModel
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    kept: Kept = field(default_factory=Kept)  # latents of images that were asked about

    @torch.no_grad()
    def embed(self, captions: Sequence[str]) -> Tensor:
        """c of the module's equation, (n, tokens, width)."""
        ids = tokens(self.tokenizer, list(captions), self.text_encoder.device).input_ids
        return self.text_encoder(ids)[0]

    def to(self, device: str | torch.device) -> "TextToImage":
        """Itself, its networks moved to the device."""
        for network in (self.autoencoder, self.unet, self.text_encoder):
            network.to(device)
        return self

    def told(self, captions: Sequence[str]) -> LatentDenoiser:
        """The denoiser under one caption for all images, or under one for each."""
        inner = UNetDenoiser(self.unet, linear_scheduler(), self.embed(captions))
        return LatentDenoiser(self.autoencoder, inner, self.autoencoder.config.scaling_factor, kept=self.kept)

    def loaded(self) -> LoadedModel:
        """As a model that was read from disk, which is asked with no caption, with captions or with one text for all."""
        size, channels = self.autoencoder.config.sample_size, self.autoencoder.config.in_channels
        return LoadedModel(self.told([""]), "StableDiffusionPipeline", (channels, size, size), tell_prompts=self.told)

    def pipeline(self) -> "StableDiffusionPipeline":
        """The same parts as diffusers uses them, to draw pictures or to be saved."""
        from diffusers import StableDiffusionPipeline  # slow to import

        return StableDiffusionPipeline(
            self.autoencoder,
            self.text_encoder,
            self.tokenizer,
            self.unet,
            DDPMScheduler.from_config(linear_scheduler().config, clip_sample=False, steps_offset=1),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )


def word_tokenizer(captions: Sequence[str]) -> CLIPTokenizer:
    """CLIP's tokenizer, to which every word of these captions is one token; it cuts other words into pieces that it knows.

    Raises:
        ValueError: no captions, or one of more words than a model of this book is told.
    """
    if not any(captions):
        raise InvalidInput("a tokenizer needs captions")
    empty = CLIPTokenizer(vocab={START: 0, END: 1}, merges=[])
    pieces = Tokenizer(models.BPE(unk_token=END, end_of_word_suffix="</w>"))
    pieces.normalizer, pieces.pre_tokenizer = empty.backend_tokenizer.normalizer, empty.backend_tokenizer.pre_tokenizer
    read = [pieces.pre_tokenizer.pre_tokenize_str(pieces.normalizer.normalize_str(caption)) for caption in captions]
    # Left to itself, the trainer numbers letters that end a word in an order that changes from call to call.
    endings = sorted({word[-1] + "</w>" for words in read for word, _ in words})
    # Merges go on until no word is in pieces.
    trainer = trainers.BpeTrainer(
        vocab_size=10**6, min_frequency=1, special_tokens=[START, END, *endings], end_of_word_suffix="</w>", show_progress=False
    )
    pieces.train_from_iterator(captions, trainer)
    learned = json.loads(pieces.to_str())["model"]
    tokenizer = CLIPTokenizer(learned["vocab"], [tuple(pair) for pair in learned["merges"]], model_max_length=TOKENS)
    longest = max(captions, key=lambda caption: len(tokenizer(caption).input_ids))
    if (length := len(tokenizer(longest).input_ids)) > TOKENS:
        raise InvalidInput(f"a caption may have {TOKENS - 2} words, {longest!r} has {length - 2}")
    return tokenizer


def build_text_encoder(tokenizer: CLIPTokenizer, width: int, seed: int) -> CLIPTextModel:
    """An untrained encoder of two layers, for the tokenizer's words."""
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=TOKENS,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return CLIPTextModel(config)


def build_told_unet(channels: Sequence[int], latent_shape: tuple[int, int, int], width: int, seed: int) -> UNet2DConditionModel:
    """An untrained network for latents (c, h, w), which looks at words of this width at each of its resolutions."""
    latent_channels, _, side = latent_shape
    levels = len(channels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return UNet2DConditionModel(
            sample_size=side,
            in_channels=latent_channels,
            out_channels=latent_channels,
            block_out_channels=tuple(channels),
            down_block_types=("CrossAttnDownBlock2D",) * levels,
            up_block_types=("CrossAttnUpBlock2D",) * levels,
            layers_per_block=1,
            norm_num_groups=8,
            cross_attention_dim=width,
            attention_head_dim=4,
        )
