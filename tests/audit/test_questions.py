"""A model is asked once about each image, and what it answers is what the attack says."""

import numpy as np
import pytest
import torch

from helpers import zoo
from helpers.attacks import SimA
from helpers.audit.ledger import Ledger
from helpers.audit.questions import Questions, for_model
from helpers.audit.settings import Settings
from helpers.data.catalogue import load_digits
from helpers.data.folders import ImageFolder
from helpers.models.pretrained import LoadedModel


@pytest.fixture
def questions(tmp_path):
    split, model = load_digits(), LoadedModel(zoo.load("ddpm-digits"), "DDPMPipeline", (1, 8, 8))
    folders = {name: ImageFolder(x[:10], [""] * 10) for name, x in (("members", split.members), ("held_out", split.held_out))}
    settings = Settings(timesteps=(40, 60), batch_size=4)
    return Questions(model, folders, settings, Ledger(tmp_path / "scores.npz", {}))


ROWS = {"members": np.array([1, 3, 4, 8, 9]), "held_out": np.arange(10)}


def test_scores_are_those_of_the_attack_in_the_order_of_the_rows(questions):
    found = questions.calibrate(ROWS, progress=False)
    expected = SimA(timestep=60).score(questions.model.denoiser, questions.folders["members"].images[ROWS["members"]])
    assert found["members"].shape == (2, 5)
    assert np.allclose(found["members"][1], expected, rtol=1e-5)


def test_what_is_known_is_not_asked_again_but_for_a_second_model(questions, monkeypatch):
    first = questions.evaluate(ROWS, 40, progress=False)
    monkeypatch.setattr(questions.model.denoiser, "predict_noise", lambda *_: pytest.fail("it was known"))
    again = questions.evaluate(ROWS, 40, progress=False)
    assert all(np.array_equal(first[name], again[name]) for name in ROWS)
    other = Questions(questions.model, questions.folders, questions.settings, questions.ledger, "base.")
    with pytest.raises(pytest.fail.Exception, match="it was known"):
        other.evaluate(ROWS, 40, progress=False)


def test_answers_that_are_no_numbers_name_group_and_timestep(questions, monkeypatch):
    monkeypatch.setattr(questions.model.denoiser, "predict_noise", lambda x, t: torch.full_like(x, torch.nan))
    with pytest.raises(ValueError, match="10 of 10 scores of held-out images at timestep 40 are NaN or infinite"):
        questions.scores("t40", "held_out", ROWS["held_out"], 40)


def folder(**said):
    return ImageFolder(load_digits().members[:2], ["a", "b"], **{"captions": ["", ""], "labels": ["", ""]} | said)


def of_classes(null_class=None):
    denoiser = zoo.load("ddpm-digits")
    return LoadedModel(denoiser, "UNet", (1, 8, 8), tell_labels=lambda numbers: numbers, classes=3, null_class=null_class)


def test_a_model_of_classes_is_told_labels_and_one_without_a_null_class_always():
    images, settings = for_model(folder(labels=["2", "0"]), Settings(), of_classes(), "members")
    assert (images.captions, settings.prompts) == (["2", "0"], "captions")
    assert of_classes().under(settings.prompts, images.captions) == [2, 0]
    assert for_model(folder(labels=["2", "0"]), Settings(), of_classes(null_class=3), "members")[1].prompts == "empty"


def test_a_model_of_prompts_is_told_captions():
    images, settings = for_model(
        folder(captions=["a cat", ""], labels=["2", "0"]),
        Settings(prompts="captions"),
        LoadedModel(zoo.load("ddpm-digits"), "StableDiffusionPipeline", (1, 8, 8), tell_prompts=lambda prompts: prompts),
        "members",
    )
    assert (images.captions, settings.prompts) == (["a cat", ""], "captions")


def test_captions_and_labels_that_are_not_there_are_refused():
    model = LoadedModel(zoo.load("ddpm-digits"), "StableDiffusionPipeline", (1, 8, 8), tell_prompts=lambda prompts: prompts)
    with pytest.raises(ValueError, match="members has no captions; put a"):
        for_model(folder(), Settings(prompts="captions"), model, "members")
    with pytest.raises(ValueError, match="members has no labels, and this model cannot be asked without; sort its images"):
        for_model(folder(), Settings(), of_classes(), "members")
