"""The chapter's runs are made once, each as its study wants, and are found by what they are."""

from dataclasses import replace

import pytest

from helpers.data.catalogue import load_digits
from helpers.experiments import memory
from helpers.experiments.memory import MEMORY, clock_outcome, duplicates_outcome, run_memory, waiting, which_outcome
from helpers.training.clock_recipes import CLOCK
from helpers.training.duplicate_recipes import DUPLICATES
from helpers.training.which_recipes import WHICH

TINY = {"channels": (8, 8), "norm_groups": 2, "steps": 2, "batch_size": 4, "checkpoint_every": 2}
RECIPES = {
    "clock": replace(CLOCK["digits", 75, 0], n=20, **TINY),
    "duplicates": replace(DUPLICATES["shifted", 1], groups=((1, 10), (4, 3)), **TINY),
    "which": replace(WHICH["flow"], **TINY),
}


@pytest.fixture
def small(monkeypatch):
    split = load_digits(members=30, held_out=20)
    monkeypatch.setattr(memory, "MEMORY", tuple(RECIPES.values()))
    monkeypatch.setattr(memory, "CLASSIFIER_STEPS", 2)
    monkeypatch.setattr(memory, "load_split", lambda *arguments: split)
    monkeypatch.setattr(memory, "whole_split", lambda recipe: split)
    monkeypatch.setattr(memory, "DUPLICATES", {("shifted", 1): RECIPES["duplicates"]})
    monkeypatch.setattr(memory, "WHICH", {"flow": RECIPES["which"]})


def test_each_run_is_made_once_as_its_study_wants(small, tmp_path):
    scores = tmp_path / "scores"
    assert [path.stem for path in run_memory(["all"], tmp_path, scores, False)] == [recipe.name for recipe in RECIPES.values()]
    assert list(run_memory(["all"], tmp_path, scores, False)) == waiting(["which"], scores) == []
    assert "memorised.2" in clock_outcome(RECIPES["clock"], scores).quality
    assert ("closed form", "50") in duplicates_outcome("shifted", 1, scores).rows
    assert ("SimA at", "100") in which_outcome("flow", scores).rows


def test_runs_are_asked_for_by_the_beginning_of_their_names(tmp_path):
    assert len({recipe.name for recipe in MEMORY}) == len({recipe.to_json() for recipe in MEMORY}) == 30 + 3 + 6 + 8
    assert [recipe.name for recipe in waiting(["clock-digits-75"], tmp_path)] == [f"clock-digits-75-seed-{s}" for s in range(3)]
    assert waiting(["duplicates"], tmp_path) == [*DUPLICATES.values()]
    assert waiting(["which"], tmp_path) == [*WHICH.values()]
    with pytest.raises(
        ValueError, match="no run's name begins with 'flow'; try clock, clock-digits-75, duplicates-same, which, "
    ):
        waiting(["flow"], tmp_path)


@pytest.mark.parametrize(
    ("found", "name"),
    [
        (lambda folder: clock_outcome(CLOCK["fashion", 3000, 2], folder), "clock-fashion-3000-seed-2"),
        (lambda folder: duplicates_outcome("same", 1, folder), "duplicates-same-seed-1"),
        (lambda folder: which_outcome("dit", folder), "which-dit"),
    ],
)
def test_what_was_not_run_says_how_to(found, name, tmp_path):
    with pytest.raises(FileNotFoundError, match=f"run `python -m helpers maintain memory {name}`"):
        found(tmp_path)
