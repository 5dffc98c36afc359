"""An audit finds the model that remembers, does not accuse the one that never saw the images, and survives interruptions."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from diffusers import DDPMPipeline
from PIL import Image

from helpers import zoo
from helpers.audit import procedure
from helpers.audit.ledger import hash_folder
from helpers.audit.procedure import Settings, audit
from helpers.audit.report import p_value, positive_predictive_value, to_dict, verdict, write
from helpers.data.catalogue import load_digits
from helpers.evaluation.metrics import evaluate

SETTINGS = Settings(timesteps=(40, 60, 80))


def save_images(images, folder, prefix=""):
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(images):
        Image.fromarray(((image[0] + 1) * 127.5).round().byte().numpy()).save(folder / f"{prefix}{i:04}.png")
    return folder


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A model that remembers its members, as plain diffusers saves it, and folders of images."""
    root, split, denoiser = tmp_path_factory.mktemp("audit"), load_digits(), zoo.load("ddpm-digits-late")
    DDPMPipeline(denoiser.unet, denoiser.scheduler).save_pretrained(root / "model")
    save_images(split.members[:200], root / "members")
    save_images(split.held_out[:200], root / "held-out")
    save_images(split.held_out[200:400], root / "never-seen")
    return root


@pytest.fixture(scope="module")
def found(disk):
    return audit(disk / "model", disk / "members", disk / "held-out", disk / "out", SETTINGS, progress=False)


def test_a_model_that_remembers_is_found(found):
    assert verdict(found) == "leaks"
    assert found.report.auc > 0.9
    assert len(found.report.member_scores) == len(found.report.held_out_scores) == 100


def test_a_model_that_never_saw_the_images_is_not_accused(disk, tmp_path):
    innocent = audit(disk / "model", disk / "never-seen", disk / "held-out", tmp_path, SETTINGS, progress=False)
    assert verdict(innocent) == "no evidence"
    assert innocent.report.auc.low < 0.5 < innocent.report.auc.high


def test_luck_accuses_few_innocent_models_and_hints_at_some(found):
    rng, said = np.random.default_rng(0), []
    for _ in range(1000):
        said.append(verdict(replace(found, report=evaluate(*rng.normal(size=(2, 50)), bootstrap=200))))
    assert said.count("leaks") <= 12  # 5 are expected
    assert said.count("reversed") <= 12
    assert 5 <= said.count("hint") <= 45  # 20 are expected
    assert p_value(found.report) < 1e-10


def test_calibration_and_evaluation_share_no_image_and_lose_none(found):
    for name, folder in found.folders.items():
        evaluated = set(found.rows[name])
        calibrated = set(procedure._cut(len(folder.images), 0)[0])
        assert not evaluated & calibrated
        assert evaluated | calibrated == set(range(200))


def test_scores_are_those_of_the_attack_on_the_denoiser(found, disk):
    split = load_digits()
    rows = found.rows["members"]
    expected = replace(procedure.attack_named("sima"), timestep=found.timestep).score(
        zoo.load("ddpm-digits-late"), (((split.members[:200] + 1) * 127.5).round() / 127.5 - 1)[rows]
    )
    assert np.allclose(found.report.member_scores, expected, rtol=1e-4)


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


def test_names_of_files_cannot_write_into_the_page(disk, tmp_path):
    folder = save_images(load_digits().members[:40], tmp_path / "members", "<script>alert(1)<")
    result = audit(disk / "model", folder, disk / "held-out", tmp_path / "out", SETTINGS, progress=False)
    page, _ = write(result, tmp_path)
    assert "<script>" not in page.read_text()


def test_folders_that_differ_by_themselves_take_the_ground_from_under_the_verdict(disk, tmp_path):
    bright = save_images(load_digits().held_out[:200] * 0.5 + 0.5, tmp_path / "bright")
    result = audit(disk / "model", disk / "members", bright, tmp_path / "out", SETTINGS, progress=False)
    assert verdict(result) == "unreliable"
    page, _ = write(result, tmp_path)
    assert 'role="alert"' in page.read_text()


def test_a_reversed_attack_is_called_an_error(found):
    swapped = evaluate(found.report.held_out_scores, found.report.member_scores)
    assert verdict(replace(found, report=swapped)) == "reversed"


def test_images_in_both_folders_are_left_out_and_named(disk, tmp_path):
    folder = save_images(load_digits().held_out[:100], tmp_path / "held-out")
    save_images(load_digits().members[:3], folder, "copy-")
    result = audit(disk / "model", disk / "members", folder, tmp_path / "out", SETTINGS, progress=False)
    assert result.identical == ["copy-0000.png", "copy-0001.png", "copy-0002.png"]
    assert to_dict(result)["images"]["held_out"]["used"] == 100


@pytest.mark.parametrize(("rate", "expected"), [(0.5, 0.4 / 0.41), (0.01, 0.004 / (0.004 + 0.0099))])
def test_predictive_value_follows_the_base_rate(rate, expected):
    assert positive_predictive_value(0.4, 0.01, rate) == pytest.approx(expected)


def test_nothing_accused_has_no_predictive_value():
    assert np.isnan(positive_predictive_value(0, 0, 0.5))


def test_a_changed_model_has_another_hash(disk):
    before = hash_folder(disk / "model")
    extra = disk / "model" / "extra.json"
    extra.write_text("{}")
    assert hash_folder(disk / "model") != before
    extra.unlink()
    assert hash_folder(disk / "model") == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attack": "lira"}, "attack must be one of"),
        ({"timesteps": ()}, "at least one timestep"),
        ({"prompts": "all"}, "prompts must"),
    ],
)
def test_settings_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Settings(**changes)


def test_timesteps_beyond_the_models_are_refused(disk, tmp_path):
    with pytest.raises(ValueError, match="timesteps must be below 1000"):
        audit(disk / "model", disk / "members", disk / "held-out", tmp_path, Settings(timesteps=(1000,)), progress=False)


def test_a_handful_of_images_is_refused(disk, tmp_path):
    few = save_images(load_digits().members[:5], tmp_path / "few")
    with pytest.raises(ValueError, match="members has 5 usable images; an audit needs at least 20"):
        audit(disk / "model", few, disk / "held-out", tmp_path / "out", SETTINGS, progress=False)


def test_prompts_are_refused_for_a_model_that_takes_none_and_where_there_are_none(disk, tmp_path):
    folders, asked = [tmp_path / name for name in ("members", "held-out")], replace(SETTINGS, prompts="captions")
    for part, folder in zip((load_digits().members, load_digits().held_out), folders, strict=True):
        save_images(part[:40], folder)
    with pytest.raises(ValueError, match="members has no captions"):
        audit(disk / "model", *folders, tmp_path / "out", asked, progress=False)
    for folder in folders:
        (folder / "0000.txt").write_text("a digit")
    with pytest.raises(ValueError, match="takes no prompts"):
        audit(disk / "model", *folders, tmp_path / "out", asked, progress=False)


KILLED = """
import os, random, signal, sys, time
from functools import partial
import torch
from helpers.audit import procedure
from helpers.audit.procedure import Settings, audit

torch.set_num_threads(1)
procedure.Ledger = partial(procedure.Ledger, every=0)
root, seed = sys.argv[1], int(sys.argv[2])
rng = random.Random(seed)
arguments = [f"{root}/{name}" for name in ("model", "members", "held-out", "killed")]
settings = Settings(timesteps=(40, 60, 80), batch_size=16)
killed = 0

def written():
    try:
        return os.stat(f"{root}/killed/scores.npz").st_mtime_ns
    except FileNotFoundError:
        return 0

for moment in range(20):
    child = os.fork()
    if child == 0:
        audit(*arguments, settings, progress=False)
        os._exit(0)
    ended, status, seen = 0, 0, written()
    for _ in range(rng.randint(0, 2)):  # so many batches it lives to note, and a little longer
        while not ended and written() == seen:
            ended, status = os.waitpid(child, os.WNOHANG)
        seen = written()
    time.sleep(rng.uniform(0, 0.01))
    if not ended:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    killed += os.waitstatus_to_exitcode(status) == -signal.SIGKILL
print(killed)
"""


def test_an_audit_killed_at_twenty_random_moments_ends_with_the_same_scores(disk):
    done = subprocess.run([sys.executable, "-c", KILLED, disk, "0"], capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 5
    settings = replace(SETTINGS, batch_size=16)
    survived = audit(disk / "model", disk / "members", disk / "held-out", disk / "killed", settings, progress=False)
    whole = audit(disk / "model", disk / "members", disk / "held-out", disk / "whole", settings, progress=False)
    assert np.array_equal(survived.report.member_scores, whole.report.member_scores)
    assert np.array_equal(survived.report.held_out_scores, whole.report.held_out_scores)
    assert survived.curve == whole.curve
