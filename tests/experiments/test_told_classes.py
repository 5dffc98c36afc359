"""A model that is told categories is asked along its run, and with everything at its end."""

from dataclasses import replace

import pytest
import torch

from helpers.attacks import SimA
from helpers.data.emoji import CaptionedSplit, Words
from helpers.experiments import told_classes
from helpers.experiments.outcomes import load_outcome
from helpers.experiments.prompted import Question
from helpers.experiments.told_classes import CLASS_QUESTIONS, measure_classes, run_classes
from helpers.training.class_recipe import ClassRecipe
from helpers.training.emoji_recipes import CATEGORIES, EMOJI_CLASSES, split_of_seed

RECIPE = ClassRecipe("tiny", "emoji", channels=(8, 8), norm_groups=2, steps=4, batch_size=4, checkpoint_every=2)
QUESTIONS = {"along": Question(SimA(), timesteps=(50,), along=True), "once": Question(SimA(), "other", timesteps=(50,))}


@pytest.fixture
def split():
    images = torch.rand(16, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    categories = Words(CATEGORIES, CATEGORIES, ())
    return CaptionedSplit(images[:8], images[8:], None, categories, categories)


def test_some_is_asked_at_each_checkpoint_and_all_at_the_end(split, tmp_path, monkeypatch):
    outcome = measure_classes(RECIPE, split, questions=QUESTIONS, progress=False)
    assert set(outcome.rows) == {("along", "2"), ("along", "4"), ("once", "4")}
    assert abs(outcome.rows["along", "4"].members - outcome.rows["once", "4"].members).max() > 0

    monkeypatch.setattr(told_classes, "EMOJI_CLASSES", [RECIPE])
    monkeypatch.setattr(told_classes, "split_of_seed", lambda seed: split)
    monkeypatch.setattr(told_classes, "measure_classes", lambda *args, **more: outcome)
    assert [path.stem for path in run_classes(tmp_path, tmp_path)] == ["tiny"]
    assert list(run_classes(tmp_path, tmp_path)) == []
    kept = load_outcome("tiny", tmp_path, RECIPE.to_json())
    assert kept.rows["once", "4"].members == pytest.approx(outcome.rows["once", "4"].members, rel=1e-5)


def test_the_recipes_know_all_categories_and_the_questions_need_no_caption():
    split = split_of_seed(0)
    assert set(split.categories.members) | set(split.categories.held_out) == set(CATEGORIES)
    assert all(recipe.classes == len(CATEGORIES) for recipe in EMOJI_CLASSES)
    assert {q.condition for q in CLASS_QUESTIONS.values()} == {"right", "none", "other"}
    assert len({replace(recipe, name="").to_json() for recipe in EMOJI_CLASSES}) == 3
