"""Two processes do what one does: the same training, the same scores, in the same order."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from accelerate import Accelerator
from click.testing import CliRunner
from safetensors import safe_open

from helpers.__main__ import main
from helpers.training.processes import Share

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
import numpy as np
import torch
from accelerate import Accelerator
from helpers.attacks import Loss
from helpers.models.denoisers import UNetDenoiser
from helpers.audit.scoring import score_batches
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet
from helpers.training.denoiser import train_denoiser
from dataclasses import replace

torch.set_num_threads(1)
what, folder, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
recipe = Recipe("tiny", channels=(8, 8), norm_groups=2, steps=number, batch_size=4, checkpoint_every=5)
images = torch.rand(37, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
accelerator = Accelerator()
result = {"losses": train_denoiser(recipe, images, folder, progress=False).losses}
if what == "train-and-score":  # batches of 5 of 37 images: neither divides
    denoiser = UNetDenoiser(build_unet(recipe, (1, 8, 8)).eval(), linear_scheduler())
    ask = lambda start, x: replace(Loss(draws=2), seed=start).score(denoiser, x)
    result["scores"] = score_batches(ask, images, 5, accelerator).tolist()
json.dump(result, open(f"{folder}/{number}-{accelerator.num_processes}-{accelerator.process_index}.json", "w"))
"""


def launch(processes, *arguments, wait=True, **settings):
    """The script above on so many CPU processes; on several GPUs it would be ``accelerate launch``."""
    several = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)] if processes > 1 else []
    command = [sys.executable, *several, *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd(), "ACCELERATE_USE_CPU": "true"}
    environment |= settings
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
    if wait:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    return process


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("script") / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def results(folder, number, processes):
    return [json.loads((folder / f"{number}-{processes}-{i}.json").read_text()) for i in range(processes)]


@pytest.fixture(scope="module")
def runs(script, tmp_path_factory):
    """What one process found, and what each of two did."""
    folders = {processes: tmp_path_factory.mktemp("runs") for processes in (1, 2)}
    for processes, folder in folders.items():
        launch(processes, script, "train-and-score", str(folder), "20")
    return {processes: results(folder, 20, processes) for processes, folder in folders.items()}


def test_two_processes_gather_the_scores_of_one(runs):
    (alone,) = runs[1]
    assert len(alone["scores"]) == 37
    assert all(one["scores"] == alone["scores"] for one in runs[2])


def test_two_processes_follow_the_loss_of_one_and_take_over_from_it(runs, script, tmp_path):
    launch(1, script, "train", str(tmp_path), "10")
    launch(2, script, "train", str(tmp_path), "20")
    for two in (runs[2], results(tmp_path, 20, 2)):
        assert np.allclose(two[0]["losses"], runs[1][0]["losses"], rtol=1e-3)


def test_training_in_half_precision_follows_the_loss_in_full(runs, script, tmp_path):
    launch(2, script, "train", str(tmp_path), "20", ACCELERATE_MIXED_PRECISION="bf16")
    full, half = runs[2][0]["losses"], results(tmp_path, 20, 2)[0]["losses"]
    assert full != half
    assert np.allclose(full, half, rtol=0.02)


def test_the_score_command_on_two_processes_writes_what_one_writes(tiny_disk):
    asking = [
        "score",
        "--model",
        str(tiny_disk / "model"),
        "--images",
        str(tiny_disk / "images"),
        "--batch-size",
        "5",
        "--attack",
        "loss",
    ]
    done = CliRunner().invoke(main, [*asking, "--output", str(tiny_disk / "1.csv")])
    assert done.exit_code == 0, done.output
    launch(2, "-m", "helpers", *asking, "--output", str(tiny_disk / "2.csv"))
    assert (tiny_disk / "1.csv").read_text() == (tiny_disk / "2.csv").read_text()
    assert len((tiny_disk / "2.csv").read_text().splitlines()) == 1 + 23


def test_a_killed_worker_leaves_a_checkpoint_to_go_on_from(script, tmp_path):
    path = tmp_path / "tiny.checkpoint.safetensors"
    process = launch(2, script, "train", str(tmp_path), "100000", wait=False)
    while not path.exists():
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(workers[-1]), signal.SIGKILL)
    process.wait(timeout=120)
    with safe_open(path, "pt") as file:
        done = len(json.loads(file.metadata()["history"])["losses"])
    assert done > 0
    assert done % 5 == 0
    launch(1, script, "train", str(tmp_path), str(done + 5))
    assert len(results(tmp_path, done + 5, 1)[0]["losses"]) == done + 5


def test_a_batch_that_processes_cannot_share_is_refused():
    three = type("Three", (), {"num_processes": 3, "process_index": 1, "is_main_process": False})
    with pytest.raises(ValueError, match="3 processes cannot share a batch of 4"):
        Share(three, 4)


def test_alone_a_share_is_everything():
    share, x = Share(Accelerator(), 4), torch.arange(4)
    kept, nothing = share.of(x, None, device=torch.device("cpu"))
    assert torch.equal(kept, x)
    assert nothing is None
    assert share.mean(torch.tensor(2.0)) == 2
