"""A report says no more than the scores allow, and its page stands alone."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from helpers.audit.procedure import Settings, audit
from helpers.audit.report import p_value, positive_predictive_value, verdict, write
from helpers.data.catalogue import load_digits
from helpers.evaluation.metrics import evaluate

SETTINGS = Settings(timesteps=(40, 60, 80))


def test_luck_accuses_few_innocent_models_and_hints_at_some(found):
    rng, said = np.random.default_rng(0), []
    for _ in range(1000):
        said.append(verdict(replace(found, report=evaluate(*rng.normal(size=(2, 50)), bootstrap=200))))
    assert said.count("leaks") <= 12  # 5 are expected
    assert said.count("reversed") <= 12
    assert 5 <= said.count("hint") <= 45  # 20 are expected
    assert p_value(found.report) < 1e-10


def test_the_report_stands_alone_and_says_what_it_must(found, tmp_path):
    page, numbers = write(found, tmp_path)
    text = page.read_text()
    for part in ("gives its training images away", "Data only", "How often is an accusation right?", "What this does not show"):
        assert part in text
    assert found.model["sha256"] in text
    assert not re.search(r"(src|href|url)\W+https?:", text)
    stored = json.loads(numbers.read_text())
    assert stored["auc"]["value"] == pytest.approx(float(found.report.auc))
    low, high = stored["tpr_at_fpr"]["0.01"]["interval"]
    assert low <= stored["tpr_at_fpr"]["0.01"]["value"] <= high
    assert stored["asr"]["value"] >= 0.5
    assert not stored["tpr_at_fpr"]["0.001"]["enough_images"]


def test_names_of_files_cannot_write_into_the_page(disk, tmp_path, save_images):
    folder = save_images(load_digits().members[:40], tmp_path / "members", "<script>alert(1)<")
    result = audit(disk / "model", folder, disk / "held-out", tmp_path / "out", SETTINGS, progress=False)
    page, _ = write(result, tmp_path)
    assert "<script>" not in page.read_text()


def test_folders_that_differ_by_themselves_take_the_ground_from_under_the_verdict(disk, tmp_path, save_images):
    bright = save_images(load_digits().held_out[:200] * 0.5 + 0.5, tmp_path / "bright")
    result = audit(disk / "model", disk / "members", bright, tmp_path / "out", SETTINGS, progress=False)
    assert verdict(result) == "unreliable"
    page, _ = write(result, tmp_path)
    assert 'role="alert"' in page.read_text()


def test_a_reversed_attack_is_called_an_error(found):
    swapped = evaluate(found.report.held_out_scores, found.report.member_scores)
    assert verdict(replace(found, report=swapped)) == "reversed"


@pytest.mark.parametrize(("rate", "expected"), [(0.5, 0.4 / 0.41), (0.01, 0.004 / (0.004 + 0.0099))])
def test_predictive_value_follows_the_base_rate(rate, expected):
    assert positive_predictive_value(0.4, 0.01, rate) == pytest.approx(expected)


def test_nothing_accused_has_no_predictive_value():
    assert np.isnan(positive_predictive_value(0, 0, 0.5))
