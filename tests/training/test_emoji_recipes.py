"""Public pictures stay the same for all seeds, and each seed draws who is a member anew; larger models have the same recipes."""

import json

import numpy as np
import pytest
import torch

from helpers.data.emoji import ARCHIVES, Archives
from helpers.data.splits import image_keys
from helpers.training.emoji_recipes import (
    AUTOENCODERS,
    BASES,
    EMOJI_BASE,
    FINE_TUNES,
    FINE_TUNES_64,
    SEEDS,
    kind_of,
    public_pictures,
    split_of_seed,
    told_recipe,
)


def test_no_fine_tune_was_trained_on_what_is_public_and_each_seed_has_its_own_members():
    public, captions, categories = public_pictures()
    known = set(image_keys(public))
    splits = [split_of_seed(seed) for seed in SEEDS]
    assert len(public) == len(captions) == len(categories) == 2246
    for split in splits:
        assert torch.equal(split.auxiliary, splits[0].auxiliary)
        assert len(split.members) == len(split.held_out) == 500
        assert not known & set(image_keys(split.members)) | known & set(image_keys(split.held_out))
    members = [set(image_keys(split.members)) for split in splits]
    assert all(100 < len(members[0] & other) < 400 for other in members[1:])


def test_every_fine_tune_starts_from_the_base_or_from_nothing():
    assert {recipe.base for recipe in FINE_TUNES.values()} == {EMOJI_BASE.name, ""}
    assert {recipe.split_seed for recipe in FINE_TUNES.values()} == set(SEEDS)
    assert len({recipe.to_json() for recipe in FINE_TUNES.values()}) == len(FINE_TUNES)


def test_the_size_of_the_books_own_pictures_is_not_in_their_recipes():
    assert {recipe.size for recipe in FINE_TUNES.values()} == {BASES[32].size} == {32}
    assert not any("size" in json.loads(recipe.to_json()) for recipe in (EMOJI_BASE, *FINE_TUNES.values()))


def test_there_are_the_same_fine_tunes_at_64_with_wider_networks():
    assert [name.replace("emoji-64-", "emoji-") for name in FINE_TUNES_64] == [*FINE_TUNES]
    differ = {"name", "base", "channels", "text_width", "size"}
    for small, large in zip(FINE_TUNES.values(), FINE_TUNES_64.values(), strict=True):
        told = [json.loads(recipe.to_json()) for recipe in (small, large)]
        assert {key for key in told[1] if told[0].get(key) != told[1][key]} <= differ
        assert '"size": 64' in large.to_json()
        assert '"size": 64' in large.trajectory()
        assert large.base == (BASES[64].name if small.base else "")
        assert kind_of(large) == f"{kind_of(small)}-64"
    assert kind_of(FINE_TUNES_64["emoji-64-lora-8-dropout-seed-1"]) == "lora-8-dropout-64"
    assert [kind_of(base) for base in BASES.values()] == ["base", "base-64"]
    assert AUTOENCODERS[64].latent_shape(64) == (4, 16, 16)


@pytest.mark.parametrize("name", ["emoji-base", "emoji-full-seed-2", "emoji-64-base", "emoji-64-full-seed-2"])
def test_a_recipe_is_found_by_its_name(name):
    assert told_recipe(name).name == name


@pytest.fixture
def archives_64(tmp_path, monkeypatch):
    """Archives of 64 x 64, each pixel of the book's pictures four times."""
    large = Archives(tmp_path / "emoji.npz", tmp_path / "twemoji.npz")
    for small, path in zip(ARCHIVES[32], large, strict=True):
        with np.load(small) as stored:
            np.savez(path, **{**stored, "images": stored["images"].repeat(2, axis=1).repeat(2, axis=2)})
    monkeypatch.setitem(ARCHIVES, 64, large)


@pytest.mark.slow
def test_a_seed_draws_the_same_pictures_at_every_size(archives_64):
    small, large = split_of_seed(1), split_of_seed(1, 64)
    assert small.captions == large.captions
    assert small.categories == large.categories
    assert torch.equal(small.members, large.members[..., ::2, ::2])
    few, many = public_pictures(), public_pictures(64)
    assert few[1:] == many[1:]
    assert torch.equal(few.images, many.images[..., ::2, ::2])
