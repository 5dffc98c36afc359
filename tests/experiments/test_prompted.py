"""Questions under captions: what is told, what is chosen where, and what captions give away by themselves."""

from dataclasses import replace

import pytest
import torch

from helpers.attacks import Loss, SimA
from helpers.data.emoji import CaptionedSplit, Words
from helpers.experiments.prompted import QUESTIONS, Captioned, Question, ask, captions_only, parts_of


@pytest.fixture
def split():
    images = torch.rand(20, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    words = [f"{animal} {kind}" for animal in ("cat", "face") for kind in ("smiling", "grinning", "one", "large", "eye")] * 2
    parts = images[:8], images[8:16], images[16:]
    captions = Words(tuple(words[:8]), tuple(words[8:16]), tuple(words[16:]))
    return CaptionedSplit(*parts, captions, captions)


def test_captions_stay_with_their_images(split):
    parts = parts_of(split, guessed=True)
    assert parts["calibration"]["members"].right + parts["evaluation"]["members"].right == split.captions.members
    assert torch.equal(parts["evaluation"]["held_out"].images, split.held_out[4:])
    assert set(parts["evaluation"]["members"].guessed) <= set(split.captions.auxiliary)


def test_what_is_told_under_each_condition():
    asked = Captioned(torch.zeros(3, 3, 4, 4), ("a", "b", "c"), ("x", "y", "z"))
    assert [asked.told(c) for c in ("right", "none", "other", "guessed")] == [
        ["a", "b", "c"], ["", "", ""], ["b", "c", "a"], ["x", "y", "z"],
    ]  # fmt: skip
    filed = Captioned(torch.zeros(4, 3, 4, 4), ("a", "a", "b", "b"))
    assert filed.told("other") == ["b", "b", "a", "a"]
    with pytest.raises(ValueError, match="all images have the caption 'a'"):
        Captioned(torch.zeros(2, 3, 4, 4), ("a", "a")).told("other")


def test_a_row_has_the_scores_of_the_evaluation_part_at_a_timestep_of_the_question(told_model, split):
    model, _ = told_model()
    question = Question(SimA(), timesteps=(30, 90))
    row = ask(question, model, None, split)
    evaluated = parts_of(split)["evaluation"]["held_out"]
    expected = SimA(timestep=row.timestep).score(model.told(evaluated.right), evaluated.images)
    assert row.timestep in (30, 90)
    assert torch.allclose(torch.from_numpy(row.held_out).float(), expected, rtol=1e-5)
    assert row.queries == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_is_answered_and_says_what_it_costs(told_model, split, name):
    model, _ = told_model()
    question = replace(QUESTIONS[name], timesteps=(50,))
    row = ask(question, model, model, split)
    assert row.members.shape == row.held_out.shape == (4,)
    twice = question.kind != "alone" or question.guidance != 1
    assert row.queries == question.attack.queries * (1 + twice)
    if question.kind == "relative":
        assert abs(row.members).max() == 0  # the base is the model itself


def test_captions_that_say_who_is_a_member_are_seen_by_the_baseline():
    images = torch.rand(44, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    captions = Words(("cat",) * 20, ("dog",) * 20, ("pig",) * 4)
    row = captions_only(CaptionedSplit(images[:20], images[20:40], images[40:], captions, captions))
    assert float(row.report.auc) == 1
    assert row.queries == 0


def test_a_question_relative_to_no_base_is_refused(told_model, split):
    model, _ = told_model()
    with pytest.raises(ValueError, match="needs the base"):
        ask(Question(Loss(), kind="relative"), model, None, split)
