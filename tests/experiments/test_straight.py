"""A run is measured along its training and at its end, kept, and not repeated."""

from dataclasses import asdict

import pytest
import torch

from helpers.attacks import SimA
from helpers.data.catalogue import load_digits
from helpers.evaluation.feature_network import Classifier
from helpers.experiments import straight
from helpers.experiments.contest import Entry
from helpers.experiments.straight import ALONG_THE_PATH, draw, measure_straight, players, run_straight, straight_outcome, waiting
from helpers.models.flow import sigma_of
from helpers.training.denoiser import train_denoiser
from helpers.training.path_recipe import PathRecipe

SPLIT = load_digits(members=16, held_out=16)
ATTACKS = {"PIA": Entry(players()["PIA"].attack, (50,)), "again": Entry(SimA(), (), timestep_of="PIA")}


@pytest.fixture
def recipe(tiny_recipe):
    return PathRecipe(**{**asdict(tiny_recipe), "name": "digits-flow-seed-0"})


@pytest.fixture
def measured(recipe):
    torch.manual_seed(0)
    return measure_straight(recipe, SPLIT, ATTACKS, [Classifier().eval()], progress=False)


def test_everything_is_asked_and_judged(recipe, measured):
    assert {when for name, when in measured.rows if name == "SimA"} == {"2", "4", "6"}
    for name in ("SimA", "Loss, 4 draws"):
        assert {t for t in range(1000) if f"AUC of {name} at {t}" in measured.quality} == set(ALONG_THE_PATH)
    assert measured.rows["again", "end"].timestep == measured.rows["PIA", "end"].timestep == 50
    assert set(measured.pictures) == {"in 1", "in 4", "in 20", "in 50"}
    assert {"frechet.2", "near_copies.6", "frechet in 4"} <= set(measured.quality)
    assert measured.quality["frechet.6"] == pytest.approx(measured.quality["frechet in 20"], rel=1e-4)
    assert all(len(row.members) == len(row.held_out) == 8 for row in measured.rows.values())


def test_a_kept_run_is_not_repeated_and_is_found(recipe, measured, tmp_path, monkeypatch):
    monkeypatch.setattr(straight, "STRAIGHT", {("digits", "flow", 0): recipe})
    monkeypatch.setattr(straight, "classifiers_for", lambda *_: [])
    monkeypatch.setattr(straight, "measure_straight", lambda *_: measured)
    assert [r.name for r in waiting(["all"], tmp_path)] == [recipe.name]
    with pytest.raises(FileNotFoundError, match="run `python -m helpers maintain straight digits-flow-seed-0`"):
        straight_outcome("digits", "flow", 0, tmp_path)
    assert [path.stem for path in run_straight(["digits-flow"], scores=tmp_path)] == [recipe.name]
    assert waiting(["digits"], tmp_path) == list(run_straight(["digits"], scores=tmp_path)) == []
    kept = straight_outcome("digits", "flow", 0, tmp_path)
    assert kept.rows["PIA", "end"].members == pytest.approx(measured.rows["PIA", "end"].members, rel=1e-5)
    with pytest.raises(ValueError, match="no run's name begins with 'nothing'"):
        waiting(["nothing"], tmp_path)


@pytest.mark.parametrize("path", ["ddpm", "flow"])
def test_samples_are_drawn_in_the_same_way_whatever_the_path(recipe, path):
    recipe = PathRecipe(**{**asdict(recipe), "path": path})
    denoiser, asked = train_denoiser(recipe, SPLIT.members, progress=False).denoiser, []

    class Listening:
        alphas_cumprod = denoiser.alphas_cumprod

        def predict_noise(self, x, timestep):
            asked.append((timestep, x))
            return denoiser.predict_noise(x, timestep)

    samples = draw(recipe, Listening(), 3, 4, SPLIT)
    assert samples.shape == (3, 1, 8, 8)
    assert torch.equal(asked[0][1], torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(recipe.seed)))
    sigmas = sigma_of(denoiser.alphas_cumprod)[[t for t, _ in asked]]
    assert (-sigmas.diff()).tolist() == pytest.approx([0.25] * 3, abs=0.01)


def test_shadow_models_do_not_play_and_the_calibrated_loss_does():
    found = players()
    assert "LiRA" not in found
    assert found["Loss, calibrated"].timestep_of == "Loss, 4 draws"
    assert len(found) > 12
