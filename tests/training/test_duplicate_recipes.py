"""Every image stands in the training set as often as its group says, as it is or once as it is and then shifted."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.data.splits import image_keys
from helpers.training.duplicate_recipes import DUPLICATES, GROUPS, DuplicateRecipe, repeated_images, shifted, training_set
from helpers.training.recipes import Recipe

TINY = DuplicateRecipe("tiny", groups=((1, 3), (4, 2)))


@pytest.fixture
def images():
    return torch.rand(7, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_each_member_stands_there_as_often_as_its_group_says(seed):
    members = load_digits(seed).members
    recipe = DUPLICATES["same", seed]
    images, source = training_set(recipe, members)
    different = repeated_images(recipe, members)
    counts = Counter(image_keys(images))
    assert [counts[key] for key in image_keys(different)] == recipe.times.tolist()
    assert Counter(counts.values()) == Counter(dict(GROUPS))
    assert torch.equal(images, different[source])
    assert set(counts) <= set(image_keys(members))
    assert len(images) == 1600


def test_of_shifted_copies_the_image_itself_is_there_once():
    members, recipe = load_digits(1).members, DUPLICATES["shifted", 1]
    images, source = training_set(recipe, members)
    different = repeated_images(recipe, members)
    assert torch.equal(source, training_set(DUPLICATES["same", 1], members)[1])
    assert torch.equal(different, repeated_images(DUPLICATES["same", 1], members))
    counts = Counter(image_keys(images))
    assert {counts[key] for key in image_keys(different)} == {1}
    # Inside, where nothing is pushed out, a shifted copy has the pixels of the image one further on.
    frequent = (source == source.max()).nonzero()[:, 0]
    original, copies = different[-1], images[frequent]
    for copy in copies[1:]:
        sides = [original.roll((down, right), (1, 2)) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]
        assert any(torch.equal(copy[:, 1:-1, 1:-1], side[:, 1:-1, 1:-1]) for side in sides)
    assert len(set(image_keys(copies))) > 5


def test_a_shift_moves_pixels_and_brings_background_in(images):
    moved = shifted(images, torch.tensor([[1, 0]] * 7))
    assert torch.equal(moved[:, :, 1:], images[:, :, :-1])
    assert (moved[:, :, 0] == -1).all()
    moved = shifted(images, torch.tensor([[0, -1]] * 6 + [[0, 0]]))
    assert torch.equal(moved[:6, ..., :-1], images[:6, ..., 1:])
    assert (moved[:6, ..., -1] == -1).all()
    assert torch.equal(moved[6], images[6])


def test_another_seed_puts_other_images_into_the_groups(images):
    first, again, other = (repeated_images(replace(TINY, seed=seed), images) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_apart_from_its_copies_a_run_is_the_books():
    names = {recipe.name for recipe in DUPLICATES.values()}
    assert names == {f"duplicates-{copies}-seed-{seed}" for copies in ("same", "shifted") for seed in range(3)}
    for recipe in DUPLICATES.values():
        for setting in ("dataset", "channels", "steps", "batch_size", "checkpoint_every"):
            assert getattr(recipe, setting) == getattr(Recipe("book"), setting)


def test_copies_and_groups_that_cannot_be_are_refused(images):
    with pytest.raises(ValueError, match="copies must be one of same, shifted, got 'turned'"):
        DuplicateRecipe("a", copies="turned")
    for groups in (((0, 3),), ((1, 0),)):
        with pytest.raises(ValueError, match=r"groups must be pairs \(times, images\) of at least 1"):
            DuplicateRecipe("a", groups=groups)
    with pytest.raises(ValueError, match="the groups want 564 members, got 7"):
        repeated_images(DUPLICATES["same", 0], images)
    with pytest.raises(ValueError, match=r"members must lie in \[-1, 1\]"):
        training_set(TINY, images + 3)
