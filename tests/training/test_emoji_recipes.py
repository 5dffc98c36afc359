"""Public pictures stay the same for all seeds, and each seed draws who is a member anew."""

import torch

from helpers.data.splits import image_keys
from helpers.training.emoji_recipes import EMOJI_BASE, FINE_TUNES, SEEDS, public_pictures, split_of_seed


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
