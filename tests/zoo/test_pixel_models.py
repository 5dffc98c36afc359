"""Weights are loaded only if they are the recipe's, whole, and good for something."""

import json
from dataclasses import asdict
from types import SimpleNamespace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from helpers import __version__, zoo
from helpers.attacks import SimA, score_over_timesteps, score_part
from helpers.evaluation.metrics import calibrated_timestep, evaluate
from helpers.training.denoiser import TrainingRun, train_denoiser
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.recipes import build_unet
from helpers.zoo import pixel_models


@pytest.mark.parametrize("name", zoo.COMMITTED)
def test_committed_weights_are_those_of_their_recipe(name):
    denoiser = zoo.load(name)  # which refuses weights of another recipe
    assert json.loads(zoo.provenance(name)["recipe"])["name"] == name
    assert denoiser.predict_noise(zoo.training_split(zoo.recipe(name)).members[:2], 50).isfinite().all()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ddpm-digits", "ddpm-digits-shadow"])
def test_committed_weights_leak(name):
    recipe, denoiser = zoo.recipe(name), zoo.load(name)
    split, timesteps = zoo.split_for(recipe), range(0, 201, 10)
    timestep = calibrated_timestep(*score_over_timesteps(SimA(), denoiser, split.calibration, timesteps), timesteps)
    report = evaluate(*score_part(SimA(timestep), denoiser, split.evaluation))
    assert report.auc >= 0.90
    assert report.auc.low > 0.85


def test_committed_weights_stay_small():
    files = [path for path in pixel_models.PIXEL_WEIGHTS.rglob("*") if path.is_file()]  # of all models, exports too
    assert sum(path.stat().st_size for path in files) < 40e6


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
    assert {"ddpm-digits-large", "ddpm-fashion-lira-0"}.isdisjoint(zoo.COMMITTED)


def test_an_unknown_recipe_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="unknown recipe 'ddpm-cats'; there are ddpm-digits-early, ddpm-digits, "):
        zoo.load("ddpm-cats")


def test_missing_weights_say_how_to_train_them(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `make retrain RECIPE=ddpm-digits-large` to train them anew"):
        zoo.load("ddpm-digits-large", tmp_path)


def test_a_promise_of_privacy_travels_with_the_weights(tiny_recipe, tmp_path):
    private = PrivateRecipe(**asdict(tiny_recipe), n=6)
    network = build_unet(private, (1, 8, 8))
    for recipe, promised in ((private, private.guarantee(3)), (tiny_recipe, None)):
        path = pixel_models.save(recipe, TrainingRun(SimpleNamespace(unet=network), [1.0, 0.9, 0.8]), tmp_path)
        with safe_open(path, "pt") as file:
            kept = file.metadata().get("privacy")
        assert (json.loads(kept) if kept else None) == promised
