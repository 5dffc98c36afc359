"""Which models of emoji are trained, and on which pictures?

Public pictures, the auxiliary part and the other hand's, train the autoencoder and a *base*. From the same base start all
fine-tunes on 500 members; each of three seeds draws members and held-out images anew, and leaves the public pictures as they are.

All of it stands here twice: on the pictures of 32 x 32 that the book comes with, and, for whoever has a GPU, on the same pictures
at 64 x 64, which `helpers.data.make_emoji` makes.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from helpers.data.emoji import CaptionedSplit, archives_of, load_emoji, load_other_hand
from helpers.models.autoencoders import AutoencoderRecipe
from helpers.training.class_recipe import ClassRecipe
from helpers.training.text_to_image import LargeTextToImageRecipe, TextToImageRecipe

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
EMOJI_64_AUTOENCODER = AutoencoderRecipe(
    "emoji-64-autoencoder",
    "emoji",
    channels=(64, 128, 128),
    beta=1e-3,
    steps=4000,
    batch_size=32,
    learning_rate=1e-3,
    checkpoint_every=500,
)
EMOJI_64_BASE = LargeTextToImageRecipe("emoji-64-base", steps=12_000, cooling=True, checkpoint_every=1000)

# By the size of their pictures.
AUTOENCODERS = {32: EMOJI_AUTOENCODER, 64: EMOJI_64_AUTOENCODER}
BASES = {32: EMOJI_BASE, 64: EMOJI_64_BASE}


def split_of_seed(seed: int, size: int = 32) -> CaptionedSplit:
    """Members and held-out images of a seed, and the public auxiliary part; at each size the same pictures.

    Raises:
        ValueError, FileNotFoundError: as `helpers.data.emoji.archives_of`.
    """
    return load_emoji(seed, auxiliary_seed=PUBLIC_SEED, archive=archives_of(size).emoji)


class Public(NamedTuple):
    """Images (2246, 3, size, size) that everybody has, with a caption and a category each."""

    images: Tensor
    captions: tuple[str, ...]
    categories: tuple[str, ...]


def public_pictures(size: int = 32) -> Public:
    """The auxiliary part, and all concepts in another hand.

    Raises:
        ValueError, FileNotFoundError: as `helpers.data.emoji.archives_of`.
    """
    archives = archives_of(size)
    split, other = load_emoji(PUBLIC_SEED, archive=archives.emoji), load_other_hand(archives.other_hand, archives.emoji)
    assert split.auxiliary is not None
    return Public(
        torch.cat([split.auxiliary, other.images]),
        split.captions.auxiliary + other.captions,
        split.categories.auxiliary + other.categories,
    )


def _fine_tunes(base: TextToImageRecipe, seed: int) -> tuple[TextToImageRecipe, ...]:
    recipe, family = type(base), base.name.removesuffix("-base")

    def tuned(kind: str, **more: Any) -> TextToImageRecipe:
        return recipe(
            f"{family}-{kind}-seed-{seed}",
            base.name,
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
        recipe(f"{family}-scratch-seed-{seed}", split_seed=seed, seed=seed, steps=3000, checkpoint_every=500),
    )


FINE_TUNES = {recipe.name: recipe for seed in SEEDS for recipe in _fine_tunes(EMOJI_BASE, seed)}
FINE_TUNES_64 = {recipe.name: recipe for seed in SEEDS for recipe in _fine_tunes(EMOJI_64_BASE, seed)}


def told_recipe(name: str) -> TextToImageRecipe:
    """The base or fine-tune of that name, of any size.

    Raises:
        KeyError: no such recipe.
    """
    return ({base.name: base for base in BASES.values()} | FINE_TUNES | FINE_TUNES_64)[name]


def kind_of(recipe: TextToImageRecipe) -> str:
    """What a command calls a recipe of any seed: "full" is "emoji-full-seed-0", "full-64" "emoji-64-full-seed-0"."""
    size = f"{recipe.size}-"
    kind = recipe.name.removeprefix("emoji-").rsplit("-seed-", 1)[0]
    return f"{kind.removeprefix(size)}-{recipe.size}" if kind.startswith(size) else kind
