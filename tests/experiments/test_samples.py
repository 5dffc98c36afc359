"""What samples give away is measured for each number of them, and what was asked of them is kept."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from helpers.data.splits import LabelledPart
from helpers.evaluation.feature_network import Classifier
from helpers.experiments import clock, samples
from helpers.experiments.samples import (
    ASKING,
    SAMPLES_ALONE,
    asked_about_samples,
    draw_many,
    extraction,
    measure_samples,
    run_samples,
    sampled_outcome,
    trained_on,
    waiting,
    watched,
)
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.training.clock_recipes import ClockRecipe
from helpers.training.duplicate_recipes import DuplicateRecipe
from helpers.training.sampled_recipes import SAMPLED

STOPS = (20, 40)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(clock, "SAMPLED_IN", 2)
    monkeypatch.setattr(samples, "DRAWN_AT_ONCE", 20)


@pytest.fixture
def classifiers():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [Classifier().eval()]


@pytest.fixture
def recipe(tiny_recipe):
    return ClockRecipe(**asdict(tiny_recipe) | {"name": "clock-digits-600-seed-0"}, n=60)


@pytest.fixture
def duplicates(tiny_recipe):
    return DuplicateRecipe(**asdict(tiny_recipe) | {"name": "duplicates-same-seed-0"}, groups=((1, 60), (5, 10)))


def test_every_attack_is_asked_for_every_number_of_samples(recipe, classifiers):
    found = measure_samples(recipe, classifiers, progress=False, stops=STOPS)
    alone = {f"{metric} of {name}.{n}" for metric in ("AUC", "TPR") for name in SAMPLES_ALONE for n in STOPS}
    extraction = {f"extracted{whose}.{n}" for whose in ("", " held-out") for n in STOPS}
    assert set(found.quality) == alone | extraction
    groups = {(name, group) for name in ASKING for group in ("members", "samples", "no copies")}
    assert set(found.rows) == {(name, "40") for name in SAMPLES_ALONE} | groups
    assert {len(row.held_out) for row in found.rows.values()} == {300}
    assert len(found.rows["SimA", "members"].members) == 60
    assert len(found.rows["SimA", "samples"].members) == 40
    assert set(found.pictures) == {"members", "held-out"}


def test_of_images_that_stand_there_several_times_each_is_asked_about_once(duplicates):
    images, part, reference = trained_on(duplicates)
    assert (len(images), len(part.members), len(part.held_out)) == (110, 70, 600)
    assert len(reference) > 500
    copied = torch.full((40,), -1)
    copied[[3, 25, 30]] = torch.tensor([5, 65, 72])  # the last a held-out image
    shares = extraction(duplicates, copied, part, STOPS)
    assert shares["extracted.20"] == 1 / 70
    assert (shares["extracted 1.40"], shares["extracted 5.40"]) == (1 / 60, 1 / 10)
    assert (shares["extracted 5.20"], shares["extracted held-out.20"], shares["extracted held-out.40"]) == (0, 0, 1 / 600)


def test_the_first_samples_do_not_depend_on_how_many_are_drawn(tiny_images):
    denoiser = EmpiricalDenoiser(tiny_images)
    few, many = (draw_many(denoiser, n, (1, 8, 8), 0, progress=False) for n in (15, 50))
    assert (len(few), len(many)) == (15, 50)
    assert torch.equal(few, many[:15])
    assert not torch.equal(many[:20], many[20:40])
    assert not torch.equal(few, draw_many(denoiser, 15, (1, 8, 8), 1, progress=False))


def test_samples_that_are_no_copies_are_asked_about_by_themselves(recipe):
    images, part, _ = trained_on(recipe)
    drawn = torch.cat([images[:30], part.held_out[:10]])
    copied = torch.cat([torch.arange(30), torch.full((5,), -1), torch.arange(60, 65)])  # the last ones copy held-out images
    rows = asked_about_samples(EmpiricalDenoiser(images), part, drawn, copied)
    assert np.allclose(rows["SimA", "samples"].members[:30], rows["SimA", "members"].members[:30])
    assert np.allclose(rows["SimA", "no copies"].members, rows["SimA", "members"].held_out[:10])


def test_pictures_are_the_nearest_of_the_first_samples(recipe):
    images, part, _ = trained_on(recipe)
    drawn = torch.cat([part.held_out[-20:], images[:12]])
    kept = watched(drawn, LabelledPart(part.members, part.held_out))
    assert kept["members"].shape == (12, 5, 8, 8)  # of the first 1, 2, 5, 10 and 20
    assert kept["members"].dtype == np.uint8
    own = watched(drawn.flip(0), part)["members"]
    assert np.array_equal(own[11, 0], own[11, 1])  # the first sample is member 11 itself
    assert np.abs(own[11, 0] / 127.5 - 1 - images[11, 0].numpy()).max() < 0.01


def test_runs_are_made_once_and_found_again(monkeypatch, tmp_path, recipe, classifiers):
    monkeypatch.setattr(samples, "SAMPLED", {("n = 600", 0): recipe})
    monkeypatch.setattr(samples, "classifiers_for", lambda *_: classifiers)
    monkeypatch.setattr(samples, "STOPS", STOPS)
    monkeypatch.setattr(samples, "measure_samples", lambda *a: measure_samples(*a, stops=STOPS))
    assert [path.name for path in run_samples(["clock"], tmp_path, tmp_path, progress=False)] == ["clock-digits-600-seed-0.npz"]
    assert waiting(["all"], tmp_path) == []
    assert sampled_outcome("n = 600", 0, tmp_path).about["experiment"] == recipe.to_json()


def test_what_is_not_there_says_how_to_make_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="maintain samples duplicates-same-seed-1"):
        sampled_outcome("duplicates", 1, tmp_path)
    with pytest.raises(ValueError, match="no run's name begins with 'clock-x'"):
        waiting(["clock-x"], tmp_path)
    assert len(waiting(["all"], tmp_path)) == len(SAMPLED)
