"""Images that stand in the training set more often are counted in their own group, by the model and by the closed form."""

import numpy as np
import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.data.splits import LabelledPart
from helpers.evaluation.row import Row
from helpers.experiments import duplicates
from helpers.experiments.duplicates import AT_THE_END, by_group, copied_shares, figures_of_groups, log_norm, measure_duplicates
from helpers.experiments.runs import sima_rows
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.training.duplicate_recipes import DuplicateRecipe, repeated_images, training_set

GROUPS = ((1, 20), (3, 6), (12, 4))
SETTINGS = {"channels": (8, 8), "norm_groups": 2, "steps": 4, "batch_size": 4, "checkpoint_every": 2, "groups": GROUPS}
RECIPES = [DuplicateRecipe("tiny", copies=copies, **SETTINGS) for copies in ("same", "shifted")]


@pytest.fixture(scope="module")
def split():
    return load_digits(members=40, held_out=25)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.copies)
def test_each_group_is_measured_along_the_run_and_each_image_at_its_end(recipe, split):
    outcome = measure_duplicates(recipe, split, progress=False)
    along = {f"{name} {k}" for name in ("log-norm", "AUC", "TPR", "copied") for k, _ in GROUPS} | {"log-norm held-out"}
    expected = {f"{name}.{step}" for name in along for step in (2, 4)} | {f"copied {k}.held-out" for k, _ in GROUPS}
    assert set(outcome.quality) == expected
    assert set(outcome.rows) == {(name, str(t)) for name in ("SimA at", "closed form") for t in AT_THE_END}
    row = outcome.rows["SimA at", "50"]
    assert (len(row.members), len(row.held_out)) == (30, 25)
    found = figures_of_groups(recipe, row)
    assert {name: outcome.quality[f"{name}.4"] for name in found} == pytest.approx(found, rel=1e-3)
    assert outcome.quality["copied 1.held-out"] < 0.3


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.copies)
@pytest.mark.parametrize("times", [1, 3, 12])
def test_a_model_that_draws_members_copies_those_of_their_group(recipe, times, split):
    images, source = training_set(recipe, split.members)
    different = repeated_images(recipe, split.members)
    drawn = images[recipe.times[source] == times]
    shares = copied_shares(recipe, drawn, different, images, source)
    assert shares == {f"copied {k}": float(k == times) for k, _ in GROUPS}


def test_what_a_model_draws_is_what_is_counted(split, monkeypatch):
    frequent = repeated_images(RECIPES[0], split.members)[-1:].expand(25, -1, -1, -1)
    monkeypatch.setattr(duplicates, "draw", lambda *arguments: frequent)
    quality = measure_duplicates(RECIPES[0], split, progress=False).quality
    assert [quality[f"copied {k}.4"] for k, _ in GROUPS] == [0, 0, 1]


def test_what_resembles_no_member_is_no_copy(split):
    images, source = training_set(RECIPES[0], split.members)
    noise = torch.rand(10, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    shares = copied_shares(RECIPES[0], noise, repeated_images(RECIPES[0], split.members), images, source)
    assert set(shares.values()) == {0}


def test_the_closed_form_is_pulled_harder_by_an_image_that_stands_there_more_often(split):
    recipe = RECIPES[0]
    different = repeated_images(recipe, split.members)
    once, often = EmpiricalDenoiser(different), EmpiricalDenoiser(training_set(recipe, split.members)[0])
    weights = [of.kernel_weights(different, 500) for of in (once, often)]
    ends = recipe.times.cumsum(0)
    own = [weights[1][row, ends[row] - recipe.times[row] : ends[row]].sum() for row in range(len(different))]
    gained = by_group(recipe, (torch.stack(own) / weights[0].diagonal()).numpy())
    assert gained[12].min() > gained[3].max() > gained[1].max()

    part = LabelledPart(different, split.held_out)
    scores = [by_group(recipe, sima_rows(of, part, (500,))[500].members) for of in (once, often)]
    better = {k: (scores[1][k] > scores[0][k]).mean() for k, _ in GROUPS}
    assert better[12] == 1
    assert better[1] < 0.5


def test_groups_are_cut_where_they_end():
    found = by_group(RECIPES[0], np.arange(30))
    assert {k: part.tolist() for k, part in found.items()} == {1: [*range(20)], 3: [*range(20, 26)], 12: [*range(26, 30)]}


def test_figures_are_those_of_the_group():
    members = -np.concatenate([np.full(20, 9.0), np.full(6, 2.0), np.full(4, 1.0)])
    found = figures_of_groups(RECIPES[0], Row(members, -np.linspace(2, 10, 25), 50, 1))
    assert [found[f"AUC {k}"] for k, _ in GROUPS] == pytest.approx([0.12 + 0.02 * (9 in np.linspace(2, 10, 25)), 0.98, 1])
    assert [found[f"TPR {k}"] for k, _ in GROUPS] == [0, 0, 1]
    assert found["log-norm 3"] == pytest.approx(np.log(2))
    assert np.isfinite(log_norm(np.zeros(3)))
