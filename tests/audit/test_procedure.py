"""An audit finds the model that remembers, does not accuse the one that never saw the images, and survives interruptions."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from helpers import zoo
from helpers.audit import procedure
from helpers.audit.procedure import Settings, audit
from helpers.audit.report import to_dict, verdict
from helpers.data.catalogue import load_digits

SETTINGS = Settings(timesteps=(40, 60, 80))


def test_a_model_that_remembers_is_found(found):
    assert verdict(found) == "leaks"
    assert found.report.auc > 0.9
    assert len(found.report.member_scores) == len(found.report.held_out_scores) == 100


def test_a_model_that_never_saw_the_images_is_not_accused(disk, tmp_path):
    innocent = audit(disk / "model", disk / "never-seen", disk / "held-out", tmp_path, SETTINGS, progress=False)
    assert verdict(innocent) == "no evidence"
    assert innocent.report.auc.low < 0.5 < innocent.report.auc.high


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


def test_images_in_both_folders_are_left_out_and_named(disk, tmp_path, save_images):
    folder = save_images(load_digits().held_out[:100], tmp_path / "held-out")
    save_images(load_digits().members[:3], folder, "copy-")
    result = audit(disk / "model", disk / "members", folder, tmp_path / "out", SETTINGS, progress=False)
    assert result.identical == ["copy-0000.png", "copy-0001.png", "copy-0002.png"]
    assert to_dict(result)["images"]["held_out"]["used"] == 100


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


def test_a_handful_of_images_is_refused(disk, tmp_path, save_images):
    few = save_images(load_digits().members[:5], tmp_path / "few")
    with pytest.raises(ValueError, match="members has 5 usable images; an audit needs at least 20"):
        audit(disk / "model", few, disk / "held-out", tmp_path / "out", SETTINGS, progress=False)


def test_prompts_are_refused_for_a_model_that_takes_none_and_where_there_are_none(disk, tmp_path, save_images):
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


@pytest.mark.slow
def test_an_audit_killed_at_twenty_random_moments_ends_with_the_same_scores(disk):
    done = subprocess.run([sys.executable, "-c", KILLED, disk, "0"], capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 5
    settings = replace(SETTINGS, batch_size=16)
    survived = audit(disk / "model", disk / "members", disk / "held-out", disk / "killed", settings, progress=False)
    whole = audit(disk / "model", disk / "members", disk / "held-out", disk / "whole", settings, progress=False)
    assert np.array_equal(survived.report.member_scores, whole.report.member_scores)
    assert np.array_equal(survived.report.held_out_scores, whole.report.held_out_scores)
    assert survived.curve == whole.curve
