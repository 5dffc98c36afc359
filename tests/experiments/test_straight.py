"""A run is measured along its training and at its end, kept, and not repeated."""

from dataclasses import asdict

import pytest
import torch

from helpers.attacks import SimA
from helpers.data.catalogue import load_digits
from helpers.data.splits import MembershipSplit, image_keys
from helpers.evaluation.feature_network import Classifier
from helpers.experiments import straight
from helpers.experiments.contest import Entry
from helpers.experiments.measure import SWEPT_TIMESTEPS
from helpers.experiments.outcomes import Outcome
from helpers.experiments.straight import (
    ALONG_THE_PATH,
    draw,
    measure_straight,
    players,
    players_on_latents,
    run_straight,
    straight_outcome,
    waiting,
)
from helpers.models.autoencoders import AutoencoderRecipe, build_autoencoder, encode_all
from helpers.models.flow import sigma_of
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.denoiser import train_denoiser
from helpers.training.emoji_recipes import public_pictures
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


@pytest.fixture
def behind_an_autoencoder(recipe, monkeypatch):
    """A run on latents (4, 4, 4) of colour pictures."""
    monkeypatch.setattr(straight, "ALONG_THE_PATH", (0, 50))
    torch.manual_seed(0)
    images = torch.rand(24, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
    split = MembershipSplit(images[:12], images[12:], None)
    autoencoder = build_autoencoder(AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=4), (3, 8, 8)).eval()
    autoencoder.register_to_config(scaling_factor=2.5)
    return measure_straight(recipe, split, ATTACKS, [Classifier(channels=3).eval()], progress=False, autoencoder=autoencoder)


def test_behind_an_autoencoder_the_same_is_asked(behind_an_autoencoder, measured):
    assert set(behind_an_autoencoder.rows) == set(measured.rows)
    assert set(behind_an_autoencoder.quality) == set(measured.quality) | {"frechet of decoded"}
    assert behind_an_autoencoder.quality["frechet of decoded"] > 0
    assert behind_an_autoencoder.pictures["in 20"].shape == (8, 3, 8, 8)
    assert all(len(row.members) == len(row.held_out) == 6 for row in behind_an_autoencoder.rows.values())


def test_a_model_of_latents_learns_from_scaled_latents_and_is_asked_about_images(recipe, monkeypatch):
    asked = {}

    def train(recipe, images, folder, probe, progress, spread):
        asked.update(images=images, spread=spread)
        raise InterruptedError

    monkeypatch.setattr(straight, "train_denoiser", train)
    autoencoder = build_autoencoder(AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=4), (1, 8, 8)).eval()
    autoencoder.register_to_config(scaling_factor=2.5)
    with pytest.raises(InterruptedError):
        measure_straight(recipe, SPLIT, ATTACKS, [], progress=False, autoencoder=autoencoder)
    mean, spread = encode_all(autoencoder, SPLIT.members)
    assert torch.allclose(asked["images"], 2.5 * mean)
    assert torch.allclose(asked["spread"], 2.5 * spread)


def test_the_split_of_a_latent_run_has_no_picture_that_the_autoencoder_saw(monkeypatch, tmp_path):
    given = {}

    def measure(recipe, split, attacks, classifiers, folder, progress, autoencoder):
        given[recipe.split_seed] = split, autoencoder
        return Outcome({"experiment": recipe.to_json(), "failed": ""})

    monkeypatch.setattr(straight, "measure_straight", measure)
    monkeypatch.setattr(straight, "emoji_classifiers", lambda: [])
    assert len(list(run_straight(["emoji-flow-seed"], scores=tmp_path))) == 3
    public = set(image_keys(public_pictures().images))
    for split, autoencoder in given.values():
        assert not public & {*image_keys(split.members), *image_keys(split.held_out)}
        assert autoencoder.config.scaling_factor != 1
    assert not torch.equal(given[0][0].members, given[1][0].members)


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


def test_samples_of_latents_stay_in_the_range_of_latents_and_are_decoded(recipe):
    class Far:
        alphas_cumprod, shape = linear_scheduler().alphas_cumprod, (4, 4, 4)

        def predict_noise(self, x, timestep):
            return -100 * torch.ones_like(x)

    autoencoder = build_autoencoder(AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=4), (1, 8, 8)).eval()
    behind = LatentDenoiser(autoencoder, Far(), 1.0)
    drawn, decoded = [], behind.decode
    behind.decode = lambda z: drawn.append(z) or decoded(z)
    assert draw(recipe, behind, 3, 4, SPLIT).shape == (3, 1, 8, 8)
    with torch.inference_mode():
        largest = behind.encode(SPLIT.members).abs().max()
    assert torch.allclose(drawn[0], largest.expand(3, 4, 4, 4))


def test_on_latents_four_attacks_play_at_the_timesteps_of_other_latent_models():
    found = players_on_latents()
    assert set(found) == {"SimA", "PIA", "SecMI", "Loss, 4 draws"} <= set(players())
    assert all(entry.timesteps == SWEPT_TIMESTEPS and not entry.timestep_of for entry in found.values())


def test_shadow_models_do_not_play_and_the_calibrated_loss_does():
    found = players()
    assert "LiRA" not in found
    assert found["Loss, calibrated"].timestep_of == "Loss, 4 draws"
    assert len(found) > 12
