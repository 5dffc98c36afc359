"""Runs are asked for by the beginning of their names, once, and what each keeps says where it came from."""

import json
import os

import pytest
import torch

from helpers.attacks import SimA
from helpers.data.catalogue import load_digits
from helpers.experiments.outcomes import Outcome, save_outcome
from helpers.experiments.runs import about, all_of, along, found_by, sima_rows, waiting_among
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.training.denoiser import train_denoiser
from helpers.training.recipes import Recipe

RECIPES = [Recipe(name) for name in ("one-a", "one-b", "two")]


def named(names, folder):
    return [recipe.name for recipe in waiting_among(RECIPES, names, folder, "one")]


def test_what_is_asked_for_and_is_not_there_waits(tmp_path):
    assert named(["one"], tmp_path) == ["one-a", "one-b"]
    assert named(["two", "one-a"], tmp_path) == ["one-a", "two"]
    assert named(["all", "one"], tmp_path) == ["one-a", "one-b", "two"]
    save_outcome("one-a", Outcome({"experiment": RECIPES[0].to_json()}), tmp_path)
    save_outcome("two", Outcome({"experiment": "of another recipe"}), tmp_path)
    assert named(["all"], tmp_path) == ["one-b", "two"]
    with pytest.raises(ValueError, match="no run's name begins with 'three'; try one, or all"):
        named(["one", "three"], tmp_path)


def test_runs_come_one_by_one_or_from_other_processes(tmp_path):
    assert [path.stem for path in all_of(_measured, RECIPES[:2], tmp_path)] == ["one-a", "one-b"]
    assert found_by(RECIPES[0], tmp_path, "sweep").quality == {"process": os.getpid()}
    assert {path.stem for path in all_of(_measured, RECIPES, tmp_path, jobs=2)} == {"one-a", "one-b", "two"}
    assert found_by(RECIPES[0], tmp_path, "sweep").quality != {"process": os.getpid()}
    with pytest.raises(ValueError, match="cannot be measured"):
        list(all_of(_measured, [*RECIPES, Recipe("bad")], tmp_path, jobs=2))
    with pytest.raises(ValueError, match="jobs must be at least 1, got 0"):
        list(all_of(_measured, RECIPES, tmp_path, jobs=0))


def _measured(recipe):
    if recipe.name == "bad":
        raise ValueError("cannot be measured")
    return Outcome({"experiment": recipe.to_json()}, quality={"process": os.getpid()})


def test_what_was_found_is_found_again_and_what_was_not_names_the_command(tmp_path):
    with pytest.raises(FileNotFoundError, match="run `python -m helpers maintain sweep one-a`"):
        found_by(RECIPES[0], tmp_path, "sweep")
    save_outcome("one-a", Outcome({"experiment": RECIPES[0].to_json()}, quality={"auc": 0.5}), tmp_path)
    assert found_by(RECIPES[0], tmp_path, "sweep").quality == {"auc": 0.5}
    save_outcome("one-a", Outcome({"experiment": RECIPES[1].to_json()}), tmp_path)
    with pytest.raises(ValueError, match="belong to another recipe"):
        found_by(RECIPES[0], tmp_path, "sweep")


def test_a_run_keeps_its_recipe_and_what_was_found_along_it(tiny_recipe, tiny_images):
    run = train_denoiser(tiny_recipe, tiny_images, None, lambda denoiser: {"quality": {"constant": 1.5}}, progress=False)
    assert along(run) == {"constant.2": 1.5, "constant.4": 1.5, "constant.6": 1.5}
    kept = about(tiny_recipe, run)
    assert kept["experiment"] == tiny_recipe.to_json()
    assert kept["final_loss"] == pytest.approx(sum(run.losses) / 6)
    assert json.loads(json.dumps(kept)) == kept


def test_rows_are_simas_scores_of_all_images():
    part = load_digits(members=30, held_out=20).calibration
    denoiser = EmpiricalDenoiser(part.members)
    rows = sima_rows(denoiser, part, (20, 100))
    assert [*rows] == [20, 100]
    for t, row in rows.items():
        assert (row.timestep, row.queries) == (t, 1)
        assert torch.equal(torch.from_numpy(row.members), SimA(t).score(denoiser, part.members).double())
        assert len(row.held_out) == len(part.held_out)
