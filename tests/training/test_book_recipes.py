"""A recipe of the book names its images, and a longer one goes on from a shorter."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from helpers import zoo
from helpers.data.catalogue import load_digits
from helpers.training.book_recipes import continue_shorter
from helpers.training.denoiser import train_denoiser


def test_a_recipe_trains_on_the_images_that_its_subset_names(tiny_recipe):
    split = load_digits()
    assert torch.equal(zoo.training_split(tiny_recipe).members, split.members)
    assert torch.equal(zoo.training_split(replace(tiny_recipe, subset="shadow")).members, split.auxiliary[:298])
    for index in (0, 3):
        candidates = zoo.training_split(replace(tiny_recipe, subset=f"candidates-{index}")).members
        assert torch.equal(candidates, split.candidates[split.candidate_half(index)])
    assert zoo.training_split(replace(tiny_recipe, dataset="fashion")).members.shape[1:] == (1, 16, 16)


def test_a_recipe_on_candidates_knows_which(tiny_recipe):
    assert zoo.candidate_index(replace(tiny_recipe, subset="candidates-12")) == 12
    assert [zoo.candidate_index(replace(tiny_recipe, subset=s)) for s in ("members", "shadow")] == [None, None]
    split = zoo.split_for(replace(tiny_recipe, subset="candidates-12"))
    assert torch.equal(split.members, load_digits().members)  # the target's, whatever the shadow model trains on


@pytest.mark.parametrize("dataset", ["digits", "fashion"])
def test_shadow_models_come_in_pairs_that_cover_every_candidate(dataset):
    recipes = [r for r in zoo.BOOK_RECIPES.values() if r.name.startswith(f"ddpm-{dataset}-lira-")]
    assert [zoo.candidate_index(r) for r in recipes] == list(range(len(recipes)))
    assert len(recipes) >= 2
    assert len(recipes) % 2 == 0
    assert len({r.seed for r in recipes}) == len(recipes)
    assert {r.dataset for r in recipes} == {dataset}


@pytest.fixture
def trajectory(monkeypatch, tiny_recipe):
    """Three recipes that differ in where they end."""
    recipes = {steps: replace(tiny_recipe, name=f"tiny-{steps}", steps=steps) for steps in (3, 6, 9)}
    for recipe in recipes.values():
        monkeypatch.setitem(zoo.BOOK_RECIPES, recipe.name, recipe)
    return recipes


@pytest.mark.slow
def test_a_longer_recipe_goes_on_from_the_shorter_and_ends_with_the_same_weights(trajectory, tiny_images, tmp_path):
    train_denoiser(trajectory[3], tiny_images, tmp_path, progress=False)
    train_denoiser(trajectory[6], tiny_images, tmp_path, progress=False)
    continue_shorter(trajectory[9], tmp_path)
    with safe_open(tmp_path / "tiny-9.checkpoint.safetensors", "pt") as file:
        assert len(json.loads(file.metadata()["history"])["losses"]) == 6  # the longer of the two shorter ones
    resumed = train_denoiser(trajectory[9], tiny_images, tmp_path, progress=False)
    straight = train_denoiser(trajectory[9], tiny_images, progress=False)
    assert resumed.losses == straight.losses
    pairs = zip(resumed.denoiser.unet.state_dict().values(), straight.denoiser.unet.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not list(tmp_path.glob("*.tmp"))


def test_a_run_with_a_checkpoint_of_its_own_keeps_it(trajectory, tiny_images, tmp_path):
    for steps in (3, 6):
        train_denoiser(trajectory[steps], tiny_images, tmp_path, progress=False)
    own = tmp_path / "tiny-6.checkpoint.safetensors"
    before = own.read_bytes()
    continue_shorter(trajectory[6], tmp_path)
    assert own.read_bytes() == before


@pytest.mark.slow
def test_a_shorter_recipe_is_looked_for_among_those_given_and_only_there(tiny_recipe, trajectory, tiny_images, tmp_path):
    outside = [replace(tiny_recipe, name=f"outside-{steps}", steps=steps) for steps in (2, 4)]
    for recipe in (*outside, trajectory[6]):
        train_denoiser(recipe, tiny_images, tmp_path, progress=False)
    continue_shorter(trajectory[9], tmp_path, iter(outside))
    with safe_open(tmp_path / "tiny-9.checkpoint.safetensors", "pt") as file:
        assert len(json.loads(file.metadata()["history"])["losses"]) == 4  # and not the 6 of the zoo's
    straight, resumed = (train_denoiser(trajectory[9], tiny_images, place, progress=False) for place in (None, tmp_path))
    assert resumed.losses == straight.losses


def test_without_a_shorter_run_or_even_a_folder_there_is_nothing_to_go_on_from(trajectory, tmp_path):
    continue_shorter(trajectory[9], tmp_path / "nowhere", [trajectory[3]])
    assert list(tmp_path.iterdir()) == []


def test_another_trajectory_or_a_longer_run_is_not_gone_on_from(trajectory, tiny_images, tmp_path):
    train_denoiser(trajectory[6], tiny_images, tmp_path, progress=False)
    for recipe in (trajectory[3], replace(trajectory[9], seed=1), replace(trajectory[9], subset="shadow")):
        continue_shorter(recipe, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["tiny-6.checkpoint.safetensors"]
