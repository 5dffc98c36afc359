"""Members of a model that remembers are found as a collection, images that it never saw are not, and there are refusals."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import torch

import helpers.audit.collection
from helpers import zoo
from helpers.attacks import PIA, SimA
from helpers.audit.collection import Answer, ask_about, check_alike
from helpers.audit.procedure import audit
from helpers.audit.report import to_dict, write
from helpers.audit.settings import Settings
from helpers.data.catalogue import load_digits
from helpers.errors import InvalidInput
from helpers.models.pretrained import LoadedModel

SETTINGS = Settings(timesteps=(40, 60, 80), collection=True)
SCHEMA = json.loads((Path(helpers.audit.collection.__file__).parent / "report.schema.json").read_text())
SPLIT = load_digits()
ATTACKS = (SimA(timestep=40), SimA(timestep=80), PIA(timestep=100))


@pytest.fixture(scope="module")
def asked(disk, tmp_path_factory):
    return audit(disk / "model", disk / "members", disk / "held-out", tmp_path_factory.mktemp("out"), SETTINGS, progress=False)


def test_a_collection_that_the_model_remembers_is_found_and_written_down(asked, tmp_path):
    answer = asked.collection
    assert answer.p_value < 1e-6
    assert (answer.test.suspects, answer.test.comparison) == (200, 200)
    assert answer.needed.needed < 100
    assert "at least some of them were used" in answer.in_words()
    page, numbers = (path.read_text() for path in write(asked, tmp_path))
    assert "All of them together" in page
    assert answer.in_words() in page
    assert "This says that some of the members were used" in page
    stored = json.loads(numbers)
    jsonschema.validate(stored, SCHEMA)
    assert stored["collection"]["needed"] == answer.needed.needed
    assert stored["collection"]["power"]["200"]["value"] == 1


def test_all_other_figures_are_those_of_an_audit_without_it(asked, found):
    with_it, without = to_dict(asked), to_dict(found)
    assert without["collection"] is None
    differ = {name for name in with_it if with_it[name] != without[name]}
    assert differ <= {"collection", "settings", "provenance"}


@pytest.mark.slow
def test_asking_for_it_later_is_no_second_try(disk, tmp_path):
    where = [disk / "model", disk / "never-seen", disk / "held-out", tmp_path]
    first = audit(*where, replace(SETTINGS, collection=False), progress=False)
    later = audit(*where, SETTINGS, progress=False)
    assert (first.collection, later.evidence.tries) == (None, 1)
    assert later.collection.p_value > 0.05
    assert later.collection.needed.needed is None
    assert "This says that some" not in write(later, tmp_path)[0].read_text()
    assert not later.collection.used
    assert "No evidence that any of these 199 images were used" in later.collection.in_words()


@pytest.mark.slow
def test_scores_relative_to_a_base_are_columns_too(disk, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(helpers.audit.collection, "beyond_appearance", lambda columns, _: seen.append(columns) or columns)
    base = LoadedModel(zoo.load("ddpm-digits-early"), "DDPMPipeline", (1, 8, 8))
    found = audit(disk / "model", disk / "members", disk / "held-out", tmp_path, SETTINGS, progress=False, reference=base)
    assert seen[0].shape == (400, 8)  # PIA at one timestep and SimA at three, of the model and relative to its base
    assert found.collection.p_value < 1e-6


def ask(asked, **changes):
    """What is said where nothing may be asked any more."""
    known = {"control": asked.control, "evidence": asked.evidence} | changes
    return helpers.audit.collection.as_collection(None, asked.selection, {}, **known)


def test_a_model_that_does_not_denoise_and_folders_that_differ_get_no_answer(asked, tmp_path):
    broken = replace(asked.control, losses=dict.fromkeys(asked.control.losses, 2.0))
    assert "does not denoise" in ask(asked, control=broken).in_words()
    answer = ask(asked, evidence=replace(asked.evidence, directed=0.001))
    assert answer.p_value is None
    assert answer.in_words().startswith("No answer about the collection: members and held-out images differ by themselves")
    page, numbers = (path.read_text() for path in write(replace(asked, collection=answer), tmp_path))
    jsonschema.validate(json.loads(numbers), SCHEMA)
    assert answer.in_words() in page


@pytest.mark.slow
def test_what_the_test_refuses_is_said_and_ends_nothing(disk, tmp_path, monkeypatch):
    def refuse(*_):
        raise InvalidInput("3 images are in both")

    monkeypatch.setattr(helpers.audit.collection, "collection_test", refuse)
    found = audit(disk / "model", disk / "never-seen", disk / "held-out", tmp_path, SETTINGS, progress=False)
    assert found.collection.in_words() == "No answer about the collection: 3 images are in both."


def test_several_tries_ask_for_more(asked):
    test = replace(asked.collection.test, p=0.003)
    assert "at least some" in Answer(test, asked.collection.needed).in_words()
    assert Answer(test, asked.collection.needed, tries=2).p_value == 0.006
    assert "No evidence" in Answer(test, asked.collection.needed, tries=2).in_words()


def test_a_denoiser_is_asked_about_images_without_a_folder():
    denoiser = zoo.load("ddpm-digits-late")
    used = ask_about(denoiser, SPLIT.members[:60], SPLIT.held_out[:60], ATTACKS)
    innocent = ask_about(denoiser, SPLIT.held_out[60:120], SPLIT.held_out[:60], ATTACKS)
    assert used.p < 1e-4
    assert innocent.p > 0.05


def test_of_near_copies_one_is_asked_about():
    images = torch.cat([SPLIT.held_out[:60], SPLIT.held_out[:40]])
    assert ask_about(zoo.load("ddpm-digits"), images, SPLIT.held_out[60:120], ATTACKS).suspects == 60


@pytest.mark.parametrize(
    ("suspects", "message"),
    [
        (SPLIT.members[:60] * 0.5 + 0.5, "can be told apart without asking any model"),
        (torch.cat([SPLIT.members[:60], SPLIT.held_out[:2]]), "2 images are among the suspects and in the comparison set"),
        (torch.zeros(60, 1, 16, 16), r"images of one shape, got \(60, 1, 16, 16\) and \(60, 1, 8, 8\)"),
        (SPLIT.members[:60] * 2, r"suspects must lie in \[-1, 1\]"),
        (SPLIT.members[:3], "at least 5 images of each kind"),
    ],
)
def test_suspects_that_cannot_be_compared_are_refused(suspects, message):
    with pytest.raises(ValueError, match=message):
        check_alike(suspects, SPLIT.held_out[:60])


def test_suspects_from_the_comparisons_source_are_not_refused():
    assert check_alike(SPLIT.members[:60], SPLIT.held_out[:60]) is None
    assert np.isfinite(ask_about(zoo.load("ddpm-digits"), SPLIT.members[:60], SPLIT.held_out[:60], ATTACKS).p)
