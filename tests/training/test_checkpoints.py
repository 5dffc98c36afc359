"""Training survives being killed, and goes on from a checkpoint of its own recipe alone."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from helpers.training.denoiser import train_denoiser


def weights(run):
    return torch.cat([p.detach().flatten() for p in run.denoiser.unet.parameters()])


def test_an_interrupted_run_ends_with_the_same_weights(tiny_recipe, tiny_images, tmp_path):
    class Interrupt(Exception):
        pass

    def probe(denoiser):
        if interrupting and len(seen) == 2:
            raise Interrupt
        seen.append(1)
        return {}

    interrupting, seen = True, []
    with pytest.raises(Interrupt):
        train_denoiser(tiny_recipe, tiny_images, tmp_path, probe, progress=False)
    interrupting = False
    resumed = train_denoiser(tiny_recipe, tiny_images, tmp_path, probe, progress=False)
    straight = train_denoiser(tiny_recipe, tiny_images, progress=False)
    assert torch.equal(weights(resumed), weights(straight))
    assert resumed.losses == straight.losses
    assert [p["step"] for p in resumed.probes] == [2, 4, 6]


KILLED = """
import sys, torch
from helpers.training.recipes import Recipe
from helpers.training.denoiser import train_denoiser
recipe = Recipe("tiny", channels=(8, 8), norm_groups=2, steps=int(sys.argv[2]), batch_size=4, checkpoint_every=5)
images = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
train_denoiser(recipe, images, sys.argv[1], progress=False)
"""


@pytest.mark.slow
def test_a_killed_process_loses_at_most_one_checkpoint_interval(tiny_recipe, tiny_images, tmp_path):
    path = tmp_path / "tiny.checkpoint.safetensors"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), "100000"])
    first = None
    while first is None or path.stat().st_mtime_ns == first:  # until the checkpoint was written twice
        assert process.poll() is None, "it ended before it was killed"
        if first is None and path.exists():
            first = path.stat().st_mtime_ns
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with safe_open(path, "pt") as file:
        done = len(json.loads(file.metadata()["history"])["losses"])
    assert done >= 10
    assert done % 5 == 0
    recipe = replace(tiny_recipe, steps=100_000, checkpoint_every=5)
    stop = type("Stop", (Exception,), {})

    def probe(denoiser):
        raise stop

    with pytest.raises(stop):
        train_denoiser(recipe, tiny_images, tmp_path, probe, progress=False)
    with safe_open(path, "pt") as file:  # the next probe comes at the next checkpoint, and the old one still stands
        assert len(json.loads(file.metadata()["history"])["losses"]) == done
    assert len(list(tmp_path.glob(".*.tmp.*"))) <= 1  # at most the one that it died writing


def test_a_finished_run_comes_back_at_once(tiny_recipe, tiny_images, tmp_path):
    first = train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    again = train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    assert torch.equal(weights(first), weights(again))
    assert again.losses == first.losses


def test_a_corrupted_checkpoint_is_refused_with_its_path(tiny_recipe, tiny_images, tmp_path):
    path = tmp_path / "tiny.checkpoint.safetensors"
    train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"tiny\.checkpoint\.safetensors is corrupted .* delete it to start over"):
        train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)


def test_a_checkpoint_of_another_recipe_is_refused(tiny_recipe, tiny_images, tmp_path):
    train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    with pytest.raises(ValueError, match="belongs to another recipe"):
        train_denoiser(replace(tiny_recipe, seed=7), tiny_images, tmp_path, progress=False)
    save_file({"stray": torch.zeros(1)}, tmp_path / "tiny.checkpoint.safetensors")
    with pytest.raises(ValueError, match="belongs to another recipe"):
        train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
