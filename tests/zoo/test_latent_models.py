"""Latent models come back as they were kept, or with an error that says what to do."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from helpers.attacks import SimA, score_part
from helpers.data.catalogue import load_fashion
from helpers.experiments import outcomes
from helpers.experiments.train import round_to_half
from helpers.models.autoencoders import build_autoencoder
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training import experiment_recipes
from helpers.training.experiment_recipes import EXPERIMENT_GROUPS
from helpers.training.recipes import build_unet
from helpers.zoo import latent_models


@pytest.fixture
def tiny(monkeypatch):
    """An experiment with small networks, known to the book for the time of a test."""
    e = EXPERIMENT_GROUPS["beta"][0]
    autoencoder = replace(e.autoencoder, channels=(8, 8), norm_groups=2)
    e = replace(e, name="tiny", denoiser=replace(e.denoiser, channels=(8, 8), norm_groups=2), autoencoder=autoencoder)
    monkeypatch.setitem(experiment_recipes.EXPERIMENTS, "tiny", e)
    return e


@pytest.fixture
def denoiser(tiny):
    autoencoder = build_autoencoder(tiny.autoencoder, (1, 16, 16)).eval()
    unet = build_unet(tiny.denoiser, (4, 8, 8)).eval()
    for network in (autoencoder, unet):
        round_to_half(network)
    autoencoder.register_to_config(scaling_factor=1.25)
    return LatentDenoiser(autoencoder, UNetDenoiser(unet, linear_scheduler()), 1.25)


def test_a_model_comes_back_and_predicts_the_same(tiny, denoiser, tmp_path):
    latent_models.save(tiny, denoiser, tmp_path)
    again = latent_models.load("tiny", tmp_path)
    images = load_fashion().members[:3]
    z = denoiser.encode(images)
    assert again.scaling_factor == 1.25
    assert torch.equal(again.encode(images), z)
    assert torch.equal(again.predict_noise(z, 50), denoiser.predict_noise(z, 50))
    assert torch.equal(again.decode(z), denoiser.decode(z))
    assert not again.autoencoder.training
    assert not again.unet.training


def test_weights_that_are_not_there_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="make retrain RECIPE=beta-1e-4-seed-0"):
        latent_models.load("beta-1e-4-seed-0", tmp_path)


def test_an_unknown_experiment_is_named():
    with pytest.raises(ValueError, match="unknown experiment 'nothing'"):
        latent_models.load("nothing")


def test_weights_of_another_recipe_are_refused(tiny, denoiser, tmp_path):
    latent_models.save(replace(tiny, latents="mean"), denoiser, tmp_path)
    with pytest.raises(ValueError, match="belong to another recipe"):
        latent_models.load("tiny", tmp_path)


def test_altered_weights_are_refused(tiny, denoiser, tmp_path):
    from safetensors import safe_open

    path = latent_models.save(tiny, denoiser, tmp_path)
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    first = next(iter(tensors))
    save_file(tensors | {first: tensors[first] + 1}, path, metadata)
    with pytest.raises(ValueError, match="checksum differs"):
        latent_models.load("tiny", tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match="corrupted"):
        latent_models.load("tiny", tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", latent_models.COMMITTED_LATENT)
def test_committed_weights_give_the_committed_scores(name):
    outcome, denoiser = outcomes.load_outcome(name), latent_models.load(name)
    row = outcome.rows["SimA", "mean"]
    split = load_fashion(experiment_recipes.experiment(name).seed)
    members, held_out = score_part(SimA(row.timestep), denoiser, split.evaluation)
    assert np.allclose(members, row.members, rtol=1e-3)
    assert np.allclose(held_out, row.held_out, rtol=1e-3)
