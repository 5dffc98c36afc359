"""A private run is measured along its training and at its end; canaries stand for members and held-out images."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.data.splits import image_keys
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.row import Row
from helpers.experiments import clock, private
from helpers.experiments.private import asked_about, measure_private, private_outcome, refuted_epsilon, run_private, waiting
from helpers.training.canaries import CanaryRecipe, draw_canaries
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.private_recipes import PRIVATE

SPLIT = load_digits(members=20, held_out=16)
TINY = {"n": 20, "noise_multiplicity": 1, "noise_multiplier": 2.0}


@pytest.fixture
def recipe(tiny_recipe):
    return PrivateRecipe(**asdict(tiny_recipe) | TINY | {"name": "private-noise-2-seed-0"})


@pytest.fixture
def canaries(tiny_recipe):
    return CanaryRecipe(
        **asdict(tiny_recipe) | TINY | {"name": "canaries-copies-seed-0"}, canaries=12, copies=2, broken="shuffled"
    )


@pytest.fixture
def classifiers():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return [Classifier().eval()]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(clock, "SAMPLED_IN", 2)


def test_everything_is_asked_and_the_promise_is_kept_with_it(recipe, classifiers):
    found = measure_private(recipe, SPLIT, classifiers, progress=False)
    assert set(found.rows) == {("SimA at", "20"), ("SimA at", "50"), ("SimA at", "100"), ("Loss at", "100")}
    assert all((len(row.members), len(row.held_out)) == (20, 16) for row in found.rows.values())
    for step in (2, 4, 6):
        assert found.quality[f"epsilon.{step}"] == recipe.claimed_epsilon(step)
        for name in ("AUC of SimA", "TPR of SimA", "AUC of Loss", "TPR of Loss", "frechet", "near_copies"):
            assert f"{name}.{step}" in found.quality
    assert found.quality["epsilon.2"] < found.quality["epsilon.6"]
    assert found.about["privacy"] == recipe.guarantee(6)
    assert found.pictures["samples"].shape == (8, 8, 8)


def test_of_canaries_those_that_are_in_are_asked_about_against_those_that_are_out(canaries, classifiers):
    images, part = asked_about(canaries, SPLIT)
    drawn = draw_canaries(canaries, SPLIT.members)
    trained, known, unknown = (set(image_keys(x)) for x in (images, part.members, part.held_out))
    assert known < trained
    assert not unknown & trained
    assert len(images) == 8 + 2 * len(part.members)
    assert len(part.members) + len(part.held_out) == len(drawn.images) == 12
    found = measure_private(canaries, SPLIT, classifiers, progress=False)
    row = found.rows["SimA at", "50"]
    assert (len(row.members), len(row.held_out)) == (len(part.members), len(part.held_out))
    assert found.about["privacy"] == canaries.guarantee(6)


def test_canaries_that_are_told_apart_refute_what_was_claimed_and_others_do_not():
    recipe = PRIVATE["canaries-no-noise", 0]
    rng = np.random.default_rng(0)
    told = Row(rng.normal(6, 1, 148), rng.normal(0, 1, 152), 50, 1)
    assert refuted_epsilon(recipe, told) > 3 > recipe.claimed_epsilon(recipe.steps)
    assert refuted_epsilon(recipe, told, confidence=0.999) < refuted_epsilon(recipe, told)
    assert refuted_epsilon(recipe, Row(rng.normal(0, 1, 148), rng.normal(0, 1, 152), 50, 1)) == 0
    assert refuted_epsilon(recipe, Row(np.zeros(148), np.zeros(152), 50, 1)) == 0
    with pytest.raises(ValueError, match="canaries-no-noise-seed-0 has 300 canaries, got the scores of 3 images"):
        refuted_epsilon(recipe, Row(np.zeros(1), np.zeros(2), 50, 1))


def test_without_canaries_members_are_asked_about(recipe):
    images, part = asked_about(recipe, SPLIT)
    assert images is part.members is SPLIT.members
    assert part.held_out is SPLIT.held_out


def test_a_kept_run_is_not_repeated_and_is_found(recipe, classifiers, tmp_path, monkeypatch):
    monkeypatch.setattr(private, "PRIVATE", {("noise-2", 0): recipe})
    monkeypatch.setattr(private, "private_split", lambda *_: SPLIT)
    monkeypatch.setattr(private, "classifiers_for", lambda *_: classifiers)
    scores = tmp_path / "scores"
    with pytest.raises(FileNotFoundError, match="run `python -m helpers maintain private private-noise-2-seed-0`"):
        private_outcome("noise-2", 0, scores)
    assert [path.stem for path in run_private(["private"], tmp_path, scores, False)] == [recipe.name]
    assert waiting(["all"], scores) == list(run_private(["private"], tmp_path, scores, False)) == []
    assert private_outcome("noise-2", 0, scores).about["privacy"] == recipe.guarantee(6)


def test_a_run_that_promises_nothing_is_kept_and_read_again(recipe, classifiers, tmp_path, monkeypatch):
    clipped = PrivateRecipe(**asdict(recipe) | {"noise_multiplier": 0.0})
    monkeypatch.setattr(private, "PRIVATE", {("clip-only", 0): clipped})
    monkeypatch.setattr(private, "private_split", lambda *_: SPLIT)
    monkeypatch.setattr(private, "classifiers_for", lambda *_: classifiers)
    assert len(list(run_private(["all"], tmp_path, tmp_path, False))) == 1
    kept = private_outcome("clip-only", 0, tmp_path)
    assert kept.about["privacy"]["epsilon"] is None
    assert kept.quality["epsilon.6"] == float("inf")


def test_runs_are_asked_for_by_the_beginning_of_their_names(tmp_path):
    assert waiting(["all"], tmp_path) == [*PRIVATE.values()]
    assert [r.name for r in waiting(["private-noise-16"], tmp_path)] == [f"private-noise-16-seed-{s}" for s in range(3)]
    with pytest.raises(ValueError, match="no run's name begins with 'nothing'; try private, private-noise-2, canaries-honest-"):
        waiting(["nothing"], tmp_path)
