"""An audit finds the model that remembers, does not accuse the one that never saw the images, and survives interruptions."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from diffusers import DDPMPipeline, FlowMatchEulerDiscreteScheduler

from helpers import zoo
from helpers.audit import procedure, selection
from helpers.audit.procedure import audit
from helpers.audit.report import to_dict, verdict
from helpers.audit.settings import Settings, attack_named
from helpers.data.catalogue import load_digits
from helpers.models.pretrained import LoadedModel, Source

SETTINGS = Settings(timesteps=(40, 60, 80))


def test_a_model_that_remembers_is_found(found):
    assert verdict(found) == "leaks"
    assert found.report.auc > 0.9
    assert len(found.report.member_scores) == len(found.report.held_out_scores) == 100


@pytest.mark.slow
def test_a_flow_that_plain_diffusers_saved_and_draws_with_is_found_to_remember(disk, tmp_path):
    pipeline = DDPMPipeline(zoo.load("flow-digits").unet, FlowMatchEulerDiscreteScheduler())
    pipeline.save_pretrained(tmp_path / "flow")
    pipeline.set_progress_bar_config(disable=True)
    drawn = pipeline(batch_size=64, num_inference_steps=20, generator=torch.Generator().manual_seed(0), output_type="np").images
    drawn = torch.as_tensor(drawn).permute(0, 3, 1, 2) * 2 - 1
    real = load_digits().held_out
    assert torch.cdist(drawn.flatten(1), real.flatten(1)).min(1).values.median() < 4  # it walks from noise to digits
    report = audit(tmp_path / "flow", disk / "members", disk / "held-out", tmp_path / "out", Settings(), progress=False)
    assert report.report.auc.low > 0.95
    innocent = audit(tmp_path / "flow", disk / "never-seen", disk / "held-out", tmp_path / "other", Settings(), progress=False)
    assert innocent.report.auc.low < 0.5 < innocent.report.auc.high


def test_a_model_that_never_saw_the_images_is_not_accused(disk, tmp_path):
    innocent = audit(disk / "model", disk / "never-seen", disk / "held-out", tmp_path, SETTINGS, progress=False)
    assert verdict(innocent) == "no evidence"
    assert innocent.report.auc.low < 0.5 < innocent.report.auc.high


def test_scores_are_those_of_the_attack_on_the_denoiser(found, disk):
    split = load_digits()
    rows = found.rows["members"]
    expected = replace(attack_named("sima"), timestep=found.timestep).score(
        zoo.load("ddpm-digits-late"), (((split.members[:200] + 1) * 127.5).round() / 127.5 - 1)[rows]
    )
    assert np.allclose(found.report.member_scores, expected, rtol=1e-4)


@pytest.mark.slow
def test_images_in_both_folders_are_left_out_and_named(disk, tmp_path, save_images):
    folder = save_images(load_digits().held_out[:100], tmp_path / "held-out")
    save_images(load_digits().members[:3], folder, "copy-")
    result = audit(disk / "model", disk / "members", folder, tmp_path / "out", SETTINGS, progress=False)
    assert result.selection.identical == ["copy-0000.png", "copy-0001.png", "copy-0002.png"]
    assert to_dict(result)["images"]["held_out"]["used"] == 100


def test_timesteps_beyond_the_models_are_refused(disk, tmp_path):
    with pytest.raises(ValueError, match="timesteps must be at least 0 and below 1000"):
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


def test_what_is_known_of_a_model_says_where_it_comes_from(found, disk):
    assert found.provenance["model"] == str(disk / "model")
    assert (found.provenance["members"], found.provenance["held-out"]) == ("members", "held-out")
    assert (found.provenance["device"], found.provenance["precision"]) == ("cpu", "float32")
    assert "torch" in found.provenance["software"]
    assert found.control.knows_images
    assert found.warnings == []


@pytest.mark.slow
def test_a_second_audit_with_another_seed_counts_as_a_second_try(disk, tmp_path):
    asked = [disk / "model", disk / "members", disk / "held-out", tmp_path]
    once, again, other = (audit(*asked, replace(SETTINGS, seed=s), progress=False) for s in (0, 0, 1))
    assert [a.evidence.tries for a in (once, again, other)] == [1, 1, 2]
    assert "one of 2 audits" in other.warnings[0]


def scaled(denoiser, by):
    """The same denoiser, whose answers are multiplied by a number."""
    with torch.no_grad():
        denoiser.unet.conv_out.weight *= by
        denoiser.unet.conv_out.bias *= by
    return denoiser


@pytest.mark.parametrize(
    ("by", "message"),
    [
        (0.0, "its last layer, conv_out, is all zeros"),
        (float("nan"), "conv_out.weight holds NaN or infinite values"),
        (1e30, "are one and the same number|NaN or infinite numbers at"),
    ],
)
def test_weights_that_are_zero_or_no_numbers_end_the_audit(disk, tmp_path, by, message):
    broken = scaled(zoo.load("ddpm-digits-late"), by)
    DDPMPipeline(broken.unet, broken.scheduler).save_pretrained(tmp_path / "model")
    with pytest.raises(ValueError, match=message):
        audit(tmp_path / "model", disk / "members", disk / "held-out", tmp_path / "out", SETTINGS, progress=False)


@pytest.mark.slow
def test_a_model_that_does_not_denoise_gets_no_verdict(disk, tmp_path):
    wrong = scaled(zoo.load("ddpm-digits-late"), 6.0)
    DDPMPipeline(wrong.unet, wrong.scheduler).save_pretrained(tmp_path / "model")
    found = audit(tmp_path / "model", disk / "members", disk / "held-out", tmp_path / "out", SETTINGS, progress=False)
    assert verdict(found) == "unreliable"
    assert "does not denoise these images" in found.warnings[0]
    assert "does not denoise" in to_dict(found)["in_words"]


@pytest.mark.slow
def test_scores_relative_to_a_base_are_reported_too(disk, tmp_path):
    base = scaled(zoo.load("ddpm-digits-early"), 1.0)
    reference = LoadedModel(base, "DDPMPipeline", (1, 8, 8))
    found = audit(disk / "model", disk / "members", disk / "held-out", tmp_path, SETTINGS, progress=False, reference=reference)
    assert found.relative.auc > 0.9
    assert found.verdict_on in ("scores", "relative scores")
    assert verdict(found) == "leaks"


@pytest.mark.slow
def test_a_named_base_is_the_reference_and_what_was_not_read_is_named(disk, tmp_path):
    base = zoo.load("ddpm-digits-early")
    DDPMPipeline(base.unet, base.scheduler).save_pretrained(tmp_path / "base")
    shutil.copytree(disk / "model", tmp_path / "model")
    (tmp_path / "model" / "ema.pt").write_bytes(b"")
    source = Source(tmp_path / "model", base=tmp_path / "base")
    found = audit(source, disk / "members", disk / "held-out", tmp_path / "out", SETTINGS, progress=False)
    assert found.relative.auc > 0.9
    assert "Not read, though it lies with the model: ema.pt." in found.notes
    assert found.provenance["model"] == f"{tmp_path}/model, base {tmp_path}/base"


def test_a_model_is_not_its_own_base(disk, tmp_path):
    shutil.copytree(disk / "model", tmp_path / "base")
    with pytest.raises(ValueError, match="the base is the model itself, byte for byte"):
        audit(Source(disk / "model", base=tmp_path / "base"), disk / "members", disk / "held-out", tmp_path / "out", SETTINGS)


def test_near_copies_in_a_folder_count_once(disk, tmp_path, monkeypatch):
    monkeypatch.setattr(selection, "groups_of_copies", lambda images, *_: np.arange(len(images)) // 5)
    found = audit(disk / "model", disk / "members", disk / "held-out", tmp_path, SETTINGS, progress=False)
    assert len(found.report.member_scores) == 20
    assert found.selection.copies == {"members": 160, "held_out": 160}
    assert "160 of the members images are near copies of others in the same folder. Each group" in found.notes[0]


def test_an_output_that_cannot_be_written_is_refused_before_the_model_is_asked(disk, tmp_path, monkeypatch):
    monkeypatch.setattr(procedure, "source_of", lambda *_: pytest.fail("it was asked"))
    (tmp_path / "out").write_text("")
    with pytest.raises(ValueError, match="cannot write to"):
        audit(disk / "model", disk / "members", disk / "held-out", tmp_path / "out", SETTINGS, progress=False)


KILLED = """
import os, random, signal, sys, time
from functools import partial
import torch
from helpers.audit import procedure
from helpers.audit.procedure import audit
from helpers.audit.settings import Settings

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
