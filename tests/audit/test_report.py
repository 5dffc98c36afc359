"""A report says no more than the scores allow, and its page stands alone."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import helpers.audit.report
from helpers.audit.claim import Claim
from helpers.audit.procedure import audit
from helpers.audit.report import positive_predictive_value, to_dict, verdict, write
from helpers.audit.settings import Settings
from helpers.data.catalogue import load_digits
from helpers.models.pretrained.promise import Promise, write_promise
from helpers.training.private_recipe import PrivateRecipe

SETTINGS = Settings(timesteps=(40, 60, 80))


def judged(found, **changes):
    return verdict(replace(found, evidence=replace(found.evidence, **changes)))


def test_the_verdict_follows_the_evidence(found):
    assert judged(found, directed=0.005) == "unreliable"
    assert judged(found, adjusted=0.001, raw=0.005) == "leaks"
    assert judged(found, adjusted=0.02) == "hint"
    assert judged(found, adjusted=0.02, tries=2) == "no evidence"
    assert judged(found, adjusted=0.3) == "no evidence"
    assert judged(found, adjusted=0.999) == "reversed"


def test_the_report_stands_alone_and_says_what_it_must(found, tmp_path):
    page, numbers = write(found, tmp_path)
    text = page.read_text()
    for part in (
        "gives its training images away",
        "Data only",
        "Annex",
        "How often is an accusation right?",
        "What this does not show",
    ):
        assert part in text
    assert found.model["sha256"] in text
    assert not re.search(r"(src|href|url)\W+https?:", text)
    stored = json.loads(numbers.read_text())
    jsonschema.validate(stored, json.loads((Path(helpers.audit.report.__file__).parent / "report.schema.json").read_text()))
    assert stored["auc"]["value"] == pytest.approx(float(found.report.auc))
    low, high = stored["tpr_at_fpr"]["0.01"]["interval"]
    assert low <= stored["tpr_at_fpr"]["0.01"]["value"] <= high
    assert stored["asr"]["value"] >= 0.5
    assert not stored["tpr_at_fpr"]["0.001"]["enough_images"]


@pytest.mark.parametrize(("claimed", "contradicted"), [(1.0, True), (9.0, False), (None, False)])
def test_what_the_trainer_claims_is_in_both_reports(found, tmp_path, claimed, contradicted):
    promise = Promise(claimed, 1e-3, "one image there, or not there", "Poisson, rate <0.2>", "RDP")
    page, numbers = (path.read_text() for path in write(replace(found, claim=Claim(promise, 3.0, 3.3, (100, 100))), tmp_path))
    stored = json.loads(numbers)
    jsonschema.validate(stored, json.loads((Path(helpers.audit.report.__file__).parent / "report.schema.json").read_text()))
    assert (stored["claim"]["epsilon"], stored["claim"]["contradicted"]) == (claimed, contradicted)
    assert "What its trainer claims" in page
    assert ("Poisson, rate &lt;0.2&gt;" in page) is (claimed is not None)
    assert ('role="alert">Its trainer claims' in page) is contradicted


def test_a_model_that_claims_nothing_has_no_such_part(found, tmp_path):
    page, numbers = write(found, tmp_path)
    assert "What its trainer claims" not in page.read_text()
    assert json.loads(numbers.read_text())["claim"] is None


@pytest.mark.slow
def test_a_claim_beside_a_model_that_remembers_is_contradicted(disk, tmp_path):
    shutil.copytree(disk / "model", tmp_path / "model")
    recipe = PrivateRecipe("mine", noise_multiplier=16.0)
    write_promise(tmp_path / "model", recipe.guarantee(600))
    result = audit(tmp_path / "model", disk / "members", disk / "held-out", tmp_path / "out", SETTINGS, progress=False)
    assert result.claim.contradicted
    assert recipe.claimed_epsilon(600) < result.claim.at_least <= result.claim.at_most


@pytest.mark.slow
def test_names_of_files_cannot_write_into_the_page(disk, tmp_path, save_images):
    folder = save_images(load_digits().members[:40], tmp_path / "members", "<script>alert(1)<")
    result = audit(disk / "model", folder, disk / "held-out", tmp_path / "out", SETTINGS, progress=False)
    page, _ = write(result, tmp_path)
    assert "<script>" not in page.read_text()


@pytest.mark.slow
def test_folders_that_differ_by_themselves_take_the_ground_from_under_the_verdict(disk, tmp_path, save_images):
    bright = save_images(load_digits().held_out[:200] * 0.5 + 0.5, tmp_path / "bright")
    result = audit(disk / "model", disk / "members", bright, tmp_path / "out", SETTINGS, progress=False)
    assert verdict(result) == "unreliable"
    page, _ = write(result, tmp_path)
    assert 'role="alert"' in page.read_text()


def test_a_report_of_another_form_does_not_fit_the_schema(found):
    schema = json.loads((Path(helpers.audit.report.__file__).parent / "report.schema.json").read_text())
    for wrong in ({"schema": 1}, {"verdict": "fine"}, {"p_value": 2}, {"unknown": 0}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(json.loads(json.dumps(to_dict(found))) | wrong, schema)


@pytest.mark.slow
def test_names_and_pictures_of_members_are_shown_when_asked_for_only(found, tmp_path):
    found = replace(found, twins=[("held.png", "secret.png", 0.01)])
    name = found.folders["members"].names[found.rows["members"][np.argmax(found.report.member_scores)]]
    for show in (False, True):
        page, numbers = (path.read_text() for path in write(found, tmp_path, show_images=show))
        assert ("data:image/png" in page) is show
        assert (name in page) is show
        assert ("secret.png" in page) is show
        assert ("secret.png" in numbers) is show
        assert ("holds personal data" in page) is show


def test_the_annex_says_what_was_not_run_in_the_opinions_order(found, tmp_path):
    said = to_dict(found)["annex"]
    assert [test.split()[0] for test in said] == ["(i)", "(ii)", "(iii)", "(iv)", "(v)"]
    assert "membership inference (sima): leaks" in said["(i) attribute and membership inference"]
    assert "Attribute inference: NOT RUN" in said["(i) attribute and membership inference"]
    assert [*said.values()][1:] == ["NOT RUN"] * 4


def test_warnings_stand_before_the_verdict(found, tmp_path):
    page, _ = write(replace(found, warnings=["Look <here>."]), tmp_path)
    text = page.read_text()
    assert 0 < text.index("Look &lt;here&gt;.") < text.index('class="verdict')


@pytest.mark.parametrize(("rate", "expected"), [(0.5, 0.4 / 0.41), (0.01, 0.004 / (0.004 + 0.0099))])
def test_predictive_value_follows_the_base_rate(rate, expected):
    assert positive_predictive_value(0.4, 0.01, rate) == pytest.approx(expected)


def test_nothing_accused_has_no_predictive_value():
    assert np.isnan(positive_predictive_value(0, 0, 0.5))
