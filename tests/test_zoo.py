"""Weights are loaded only if they are the recipe's, whole, and good for something."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from helpers import zoo
from helpers.attacks import SimA, score_over_timesteps, score_part
from helpers.metrics import calibrated_timestep, evaluate
from helpers.training import train_denoiser


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_recipe):
    """A zoo with one recipe, trained for a moment."""
    monkeypatch.setitem(zoo.RECIPES, "tiny", tiny_recipe)
    run = train_denoiser(tiny_recipe, zoo.split_for(tiny_recipe).members, progress=False)
    zoo.save(tiny_recipe, run, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", zoo.COMMITTED)
def test_committed_weights_are_those_of_their_recipe_and_leak(name):
    recipe, denoiser = zoo.recipe(name), zoo.load(name)
    split, timesteps = zoo.split_for(recipe), range(0, 201, 10)
    timestep = calibrated_timestep(*score_over_timesteps(SimA(), denoiser, split.calibration, timesteps), timesteps)
    report = evaluate(*score_part(SimA(timestep), denoiser, split.evaluation))
    assert report.auc >= 0.90
    assert report.auc.low > 0.85


def test_committed_weights_stay_small():
    assert sum(path.stat().st_size for path in zoo.WEIGHTS.iterdir()) < 30e6


def test_the_provenance_travels_with_the_weights():
    with safe_open(zoo.WEIGHTS / "ddpm-digits.safetensors", "pt") as file:
        metadata = file.metadata()
    assert {"recipe", "sha256", "version", "device", "final_loss", "seconds"} <= set(metadata)
    assert json.loads(metadata["recipe"])["seed"] == 0


def test_saved_weights_come_back(folder, tiny_recipe):
    denoiser = zoo.load("tiny", folder)
    stored = load_file(folder / "tiny.safetensors")
    assert all(torch.equal(stored[name], value) for name, value in denoiser.unet.state_dict().items())
    assert not denoiser.unet.training


def test_an_unknown_recipe_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="unknown recipe 'ddpm-cats'; there are ddpm-digits, "):
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
    monkeypatch.setitem(zoo.RECIPES, "tiny", replace(tiny_recipe, steps=7))
    with pytest.raises(ValueError, match=r"belong to another recipe \(.*\"steps\": 6"):
        zoo.load("tiny", folder)


def test_the_command_refuses_an_unknown_recipe():
    with pytest.raises(ValueError, match="unknown recipe 'nothing'"):
        zoo.main(["nothing"])
