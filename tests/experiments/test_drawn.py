"""A model draws what it is told, one picture a caption, and who copies members is found out."""

import pytest
import torch

from helpers.data.emoji import CaptionedSplit, Words
from helpers.evaluation.feature_network import train_classifier
from helpers.experiments import drawn
from helpers.experiments.drawn import draw, emoji_classifiers, judge_drawn

STEPS = 2


def rgb(n, seed):
    return torch.rand(n, 3, 16, 16, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def classifiers():
    return [train_classifier(rgb(8, 3), torch.arange(8) % 2, seed, steps=2, progress=False) for seed in range(2)]


@pytest.fixture
def split():
    words = [Words(("smiling cat",) * 8, ("cat face",) * 8, ())] * 2
    members = rgb(1, 2).sign() * 0.8 + 0.2 * rgb(8, 0)  # like each other, so that nothing else is like them
    return CaptionedSplit(members, rgb(8, 1), None, *words)


def test_each_caption_has_a_picture_and_the_seed_decides_it(told_model):
    model, captions = told_model()
    pictures = draw(model, captions, steps=STEPS)
    assert pictures.shape == (3, 3, 16, 16)
    assert pictures.abs().max() <= 1
    assert torch.equal(draw(model, captions, steps=STEPS), pictures)
    assert not torch.equal(draw(model, captions, seed=1, steps=STEPS), pictures)
    other = draw(model, [captions[1], *captions[1:]], steps=STEPS)
    assert not torch.equal(other[0], pictures[0])
    assert torch.allclose(other[1:], pictures[1:], atol=1e-5)


def test_a_model_that_draws_its_members_is_a_copyist(told_model, split, classifiers, monkeypatch):
    honest = judge_drawn(told_model()[0], split, classifiers, steps=STEPS)
    assert honest["copied"] == 0
    assert honest["frechet"] > 0

    pictures = {split.captions.members: split.members, split.captions.held_out: split.held_out}
    monkeypatch.setattr(drawn, "draw", lambda model, captions, seed, steps: pictures[captions])
    copyist = judge_drawn(None, split, classifiers)
    assert copyist["copied"] == 1
    assert copyist["frechet"] == pytest.approx(0, abs=1e-2)
    assert copyist["precision"] == copyist["recall"] == 1


@pytest.mark.slow
def test_classifiers_know_the_eight_categories_and_differ_in_their_seed():
    first, second = (network.classify(rgb(4, 2)) for network in emoji_classifiers(steps=2, count=2))
    assert first.shape == second.shape == (4, 8)
    assert not torch.allclose(first, second)
