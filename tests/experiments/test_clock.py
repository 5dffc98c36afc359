"""A model is looked at along its way; a copyist is seen to be one; an interrupted run finds what a whole one finds."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.data.near_copies import nearest
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.row import Row
from helpers.experiments import clock
from helpers.experiments.clock import draw, figures, look, losses, measure_clock, memorised, pictures_along
from helpers.experiments.outcomes import load_outcome, save_outcome
from helpers.files import to_8_bits
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.training.clock_recipes import ClockRecipe, nested

RECIPE = ClockRecipe("tiny", channels=(8, 8), norm_groups=2, steps=8, batch_size=4, checkpoint_every=2, n=20)
FOUND = {
    *(f"{name} at {t}" for name in ("AUC", "TPR") for t in (20, 50, 100)),
    *("loss of members", "loss of held-out", "frechet", "precision", "recall"),
    *(f"{name}{of}" for name in ("near_copies", "memorised") for of in ("", "_of_real")),
}


@pytest.fixture(scope="module", autouse=True)
def quick():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "LOSSES", 120)
        patched.setattr(clock, "SAMPLED_IN", 4)
        yield


@pytest.fixture(scope="module")
def whole():
    return load_digits(members=40, held_out=30)


@pytest.fixture(scope="module")
def classifiers():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [Classifier().eval()]


@pytest.fixture(scope="module")
def outcome(whole, classifiers):
    return measure_clock(RECIPE, whole, classifiers, progress=False)


def test_all_is_asked_at_each_checkpoint_and_each_images_score_kept_at_a_few(outcome):
    assert set(outcome.quality) == {f"{name}.{step}" for name in FOUND for step in (2, 4, 6, 8)} | {"frechet_of_real"}
    assert set(outcome.rows) == {("SimA at", f"50 x {step}") for step in (2, 4, 8)}
    row = outcome.rows["SimA at", "50 x 8"]
    assert (len(row.members), len(row.held_out)) == (20, 30)
    assert figures({50: row})["AUC at 50"] == pytest.approx(outcome.quality["AUC at 50.8"], abs=0.01)


def test_pictures_show_samples_beside_the_members_that_are_nearest(outcome, whole, tmp_path):
    save_outcome("tiny", outcome, tmp_path)
    shown = pictures_along(load_outcome("tiny", tmp_path, RECIPE.to_json()), RECIPE, whole)
    assert [*shown] == [2, 4, 6, 8]
    samples, members = shown[8]
    assert samples.dtype == members.dtype == np.uint8
    assert samples.shape == members.shape == (8, 8, 8)
    known = to_8_bits(whole.members[:20, 0])
    found = nearest(torch.from_numpy(samples)[:, None] / 127.5 - 1, torch.from_numpy(known)[:, None] / 127.5 - 1).index
    assert (members == known[found]).all(axis=(1, 2)).mean() > 0.8  # but for what eight bits round


def test_how_far_real_images_are_apart_does_not_depend_on_the_number_of_members(outcome, whole, classifiers):
    fewer = measure_clock(replace(RECIPE, n=10, steps=1), whole, classifiers, progress=False)
    assert fewer.quality["frechet_of_real"] == pytest.approx(outcome.quality["frechet_of_real"])


def test_a_model_that_draws_its_members_is_a_copyist(whole, classifiers, monkeypatch):
    split, denoiser = nested(whole, 30), EmpiricalDenoiser(whole.members[:30])
    monkeypatch.setattr(clock, "draw", lambda *arguments: split.members.clone())
    copied = look(denoiser, split, whole.held_out, classifiers, 0)
    assert copied["quality"]["near_copies"] == copied["quality"]["memorised"] == 1
    assert copied["nearest"] == [*range(8)]
    monkeypatch.setattr(clock, "draw", lambda *arguments: whole.auxiliary[:30])
    honest = look(denoiser, split, whole.held_out, classifiers, 0)
    assert honest["quality"]["near_copies"] < 0.3
    assert honest["quality"]["memorised"] == honest["quality"]["memorised_of_real"] == 0


def test_an_interrupted_run_goes_on_and_finds_the_same(whole, classifiers, outcome, tmp_path, monkeypatch):
    recipe, asked = replace(RECIPE, steps=4), []  # the first half of the whole run

    def interrupted(*arguments):
        asked.append(arguments)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return look(*arguments)

    monkeypatch.setattr(clock, "look", interrupted)
    with pytest.raises(KeyboardInterrupt):
        measure_clock(recipe, whole, classifiers, tmp_path, progress=False)
    resumed = measure_clock(recipe, whole, classifiers, tmp_path, progress=False)
    assert len(asked) == 3  # the checkpoint that was kept was not looked at again
    expected = {name: outcome.quality[name] for name in resumed.quality}
    assert resumed.quality == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert resumed.pictures["nearest"].tolist() == outcome.pictures["nearest"][:2].tolist()


def test_samples_are_drawn_from_the_seeds_noise_alone(whole, monkeypatch):
    monkeypatch.setattr(clock, "SAMPLED_IN", 20)
    denoiser = EmpiricalDenoiser(whole.members)
    first, again, other = (draw(denoiser, 5, (1, 8, 8), seed) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert memorised(first, whole.members) == 1


def test_an_image_is_memorised_that_is_three_times_nearer_to_one_member():
    members = torch.tensor([-1.0, 1.0, 1.0]).reshape(3, 1, 1, 1).expand(3, 1, 2, 2)
    images = torch.tensor([-0.9, -0.52, -0.48, 0.0, 0.9]).reshape(5, 1, 1, 1).expand(5, 1, 2, 2)
    assert memorised(images, members) == pytest.approx(2 / 5)  # of two equal members none is the nearer one


def test_losses_meet_the_same_noise_and_are_smaller_on_what_is_known(whole):
    known, exchanged = (losses(EmpiricalDenoiser(images), whole) for images in (whole.members, whole.held_out))
    assert known["loss of members"] < 0.7 * known["loss of held-out"]
    assert exchanged["loss of held-out"] < 0.7 * exchanged["loss of members"]
    again = replace(whole, members=whole.held_out + 1e-6 * (whole.held_out < 0))  # the same pictures, nearly
    same = losses(EmpiricalDenoiser(whole.auxiliary), again)
    assert same["loss of members"] == pytest.approx(same["loss of held-out"], rel=1e-3)


def test_figures_tell_apart_what_is_apart():
    rows = {20: Row(np.arange(10.0), np.arange(10.0) - 20, 20, 1), 50: Row(np.arange(10.0), np.arange(10.0), 50, 1)}
    assert figures(rows) == {"AUC at 20": 1, "TPR at 20": 1, "AUC at 50": 0.5, "TPR at 50": 0}
