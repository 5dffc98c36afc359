"""Which models of emoji are trained, and on which pictures?

Public pictures, the auxiliary part and the other hand's, train the autoencoder and a *base*. From the same base start all
fine-tunes on 500 members; each of three seeds draws members and held-out images anew, and leaves the public pictures as they are.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from helpers.data.emoji import CaptionedSplit, load_emoji, load_other_hand
from helpers.models.autoencoders import AutoencoderRecipe
from helpers.training.class_recipe import ClassRecipe
from helpers.training.text_to_image import TextToImageRecipe

SEEDS = (0, 1, 2)
RANKS = (2, 8, 32)
PUBLIC_SEED = 0  # draws the auxiliary part
EMOJI_AUTOENCODER = AutoencoderRecipe(
    "emoji-autoencoder",
    "emoji",
    channels=(32, 64, 64),
    beta=1e-3,
    steps=2000,
    batch_size=32,
    checkpoint_every=250,
)
CATEGORIES = (
    *("Activities", "Animals & Nature", "Food & Drink", "Objects"),
    *("People & Body", "Smileys & Emotion", "Symbols", "Travel & Places"),
)
EMOJI_CLASSES = tuple(
    ClassRecipe(
        f"emoji-classes-seed-{seed}",
        "emoji",
        split_seed=seed,
        seed=seed,
        channels=(32, 64, 64),
        batch_size=64,
        steps=2000,
        checkpoint_every=250,
        classes=len(CATEGORIES),
    )
    for seed in SEEDS
)
EMOJI_BASE = TextToImageRecipe("emoji-base", steps=6000, cooling=True, checkpoint_every=500)


def split_of_seed(seed: int) -> CaptionedSplit:
    """Members and held-out images of a seed, and the public auxiliary part."""
    return load_emoji(seed, auxiliary_seed=PUBLIC_SEED)


class Public(NamedTuple):
    """Images (2246, 3, 32, 32) that everybody has, with a caption and a category each."""

    images: Tensor
    captions: tuple[str, ...]
    categories: tuple[str, ...]


def public_pictures() -> Public:
    """The auxiliary part, and all concepts in another hand."""
    split, other = load_emoji(PUBLIC_SEED), load_other_hand()
    assert split.auxiliary is not None
    return Public(
        torch.cat([split.auxiliary, other.images]),
        split.captions.auxiliary + other.captions,
        split.categories.auxiliary + other.categories,
    )


def _fine_tunes(seed: int) -> tuple[TextToImageRecipe, ...]:
    def tuned(kind: str, **more: Any) -> TextToImageRecipe:
        return TextToImageRecipe(
            f"emoji-{kind}-seed-{seed}",
            EMOJI_BASE.name,
            split_seed=seed,
            seed=seed,
            **{"learning_rate": 2e-4, "steps": 1500} | more,
        )

    lora = {"learning_rate": 4e-3, "steps": 2000, "checkpoint_every": 500}
    return (
        tuned("untouched", steps=0),
        tuned("full"),
        *(tuned(f"lora-{rank}", rank=rank, **lora) for rank in RANKS),
        tuned("lora-8-dropout", rank=8, lora_dropout=0.3, **lora),
        tuned("shuffled", captions="shuffled"),
        TextToImageRecipe(f"emoji-scratch-seed-{seed}", split_seed=seed, seed=seed, steps=3000, checkpoint_every=500),
    )


FINE_TUNES = {recipe.name: recipe for seed in SEEDS for recipe in _fine_tunes(seed)}
