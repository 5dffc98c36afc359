"""Weights are loaded only if they are the recipe's, whole, and good for something."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from helpers import __version__, zoo
from helpers.attacks import SimA, score_over_timesteps, score_part
from helpers.data.catalogue import load_digits
from helpers.evaluation.metrics import calibrated_timestep, evaluate
from helpers.experiments.retrain import retrain
from helpers.training.book_recipes import continue_shorter
from helpers.training.denoiser import train_denoiser
from helpers.zoo import pixel_models


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_recipe):
    """A zoo with one recipe, trained for a moment."""
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", tiny_recipe)
    run = train_denoiser(tiny_recipe, zoo.split_for(tiny_recipe).members, progress=False)
    pixel_models.save(tiny_recipe, run, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", zoo.COMMITTED)
def test_committed_weights_are_those_of_their_recipe(name):
    denoiser = zoo.load(name)  # which refuses weights of another recipe
    assert json.loads(zoo.provenance(name)["recipe"])["name"] == name
    assert denoiser.predict_noise(zoo.training_split(zoo.recipe(name)).members[:2], 50).isfinite().all()


@pytest.mark.parametrize("name", ["ddpm-digits", "ddpm-digits-shadow"])
def test_committed_weights_leak(name):
    recipe, denoiser = zoo.recipe(name), zoo.load(name)
    split, timesteps = zoo.split_for(recipe), range(0, 201, 10)
    timestep = calibrated_timestep(*score_over_timesteps(SimA(), denoiser, split.calibration, timesteps), timesteps)
    report = evaluate(*score_part(SimA(timestep), denoiser, split.evaluation))
    assert report.auc >= 0.90
    assert report.auc.low > 0.85


def test_committed_weights_stay_small():
    assert sum(path.stat().st_size for path in pixel_models.PIXEL_WEIGHTS.rglob("*.safetensors")) < 30e6


def test_the_provenance_travels_with_the_weights():
    with safe_open(pixel_models.PIXEL_WEIGHTS / "ddpm-digits.safetensors", "pt") as file:
        metadata = file.metadata()
    assert {"recipe", "sha256", "version", "device", "final_loss", "seconds"} <= set(metadata)
    assert json.loads(metadata["recipe"])["seed"] == 0


def test_saved_weights_come_back(folder, tiny_recipe):
    denoiser = zoo.load("tiny", folder)
    stored = load_file(folder / "tiny.safetensors")
    assert stored.keys() == denoiser.unet.state_dict().keys()
    assert all(torch.equal(stored[name].float(), value) for name, value in denoiser.unet.state_dict().items())
    assert not denoiser.unet.training


def test_weights_are_stored_in_half_precision_and_used_in_single(tmp_path, monkeypatch, tiny_recipe):
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", tiny_recipe)
    run = train_denoiser(tiny_recipe, zoo.training_split(tiny_recipe).members, progress=False)
    stored = load_file(pixel_models.save(tiny_recipe, run, tmp_path))
    loaded, trained = zoo.load("tiny", tmp_path).unet.state_dict(), run.denoiser.unet.state_dict()
    assert {value.dtype for value in stored.values()} == {torch.float16}
    assert {value.dtype for value in loaded.values()} == {torch.float32}
    assert all(torch.allclose(loaded[name], value, rtol=1e-3, atol=1e-6) for name, value in trained.items())


def test_the_provenance_says_where_the_weights_came_from(folder, tiny_recipe):
    origin = zoo.provenance("tiny", folder)
    assert origin.keys() == {"recipe", "sha256", "version", "device", "final_loss", "seconds"}
    assert origin["recipe"] == tiny_recipe.to_json()
    assert origin["version"] == __version__
    assert float(origin["final_loss"]) > 0
    assert len(origin["sha256"]) == 64


def test_the_provenance_of_nothing_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `make retrain RECIPE=ddpm-digits`"):
        zoo.provenance("ddpm-digits", tmp_path)
    with pytest.raises(ValueError, match="unknown recipe 'nothing'"):
        zoo.provenance("nothing", tmp_path)


def test_recipes_are_listed_by_their_names_and_the_committed_ones_are_among_them():
    assert all(recipe.name == name for name, recipe in zoo.BOOK_RECIPES.items())
    assert set(zoo.COMMITTED) < set(zoo.BOOK_RECIPES)
    assert "ddpm-digits-large" not in zoo.COMMITTED


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
def test_committed_shadow_models_come_in_pairs_that_cover_every_candidate(dataset):
    recipes = [r for r in map(zoo.recipe, zoo.COMMITTED) if r.name.startswith(f"ddpm-{dataset}-lira-")]
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


def test_retraining_saves_and_goes_on_from_the_shorter_run(trajectory, tmp_path):
    assert len(list(retrain(["tiny-3", "tiny-6"], tmp_path / "runs", tmp_path))) == 2
    assert zoo.load("tiny-6", tmp_path).unet.config.block_out_channels == (8, 8)
    assert json.loads(zoo.provenance("tiny-6", tmp_path)["recipe"])["steps"] == 6


def test_an_unknown_recipe_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="unknown recipe 'ddpm-cats'; there are ddpm-digits-early, ddpm-digits, "):
        zoo.load("ddpm-cats")


def test_missing_weights_say_how_to_train_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `make retrain RECIPE=ddpm-digits-large` to train them anew"):
        zoo.load("ddpm-digits-large", tmp_path)


def test_a_truncated_file_is_refused(folder):
    path = folder / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"tiny\.safetensors are corrupted .*run `make retrain RECIPE=tiny`"):
        zoo.load("tiny", folder)


def test_a_flipped_weight_is_refused(folder):
    path = folder / "tiny.safetensors"
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    next(iter(tensors.values())).view(-1)[0] += 1
    save_file(tensors, path, metadata)
    with pytest.raises(ValueError, match=r"corrupted \(checksum differs\)"):
        zoo.load("tiny", folder)


def test_weights_of_another_recipe_are_refused(folder, monkeypatch, tiny_recipe):
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", replace(tiny_recipe, steps=7))
    with pytest.raises(ValueError, match=r"belong to another recipe \(.*\"steps\": 6"):
        zoo.load("tiny", folder)
