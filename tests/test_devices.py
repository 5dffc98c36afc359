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
from safetensors import safe_open

from helpers.devices import Share, score_batches

SCRIPT = """
import json, sys
import numpy as np
import torch
from accelerate import Accelerator
from helpers.attacks import Loss
from helpers.denoisers import UNetDenoiser
from helpers.devices import score_batches
from helpers.schedule import linear_scheduler
from helpers.training import Recipe, build_unet, train_denoiser
from dataclasses import replace

torch.set_num_threads(1)
what, folder, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
recipe = Recipe("tiny", channels=(8, 8), norm_groups=2, steps=number, batch_size=4, checkpoint_every=5)
images = torch.rand(37, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
accelerator = Accelerator()
if what == "train":
    run = train_denoiser(recipe, images, folder, progress=False)
    result = run.losses
else:
    denoiser = UNetDenoiser(build_unet(recipe, (1, 8, 8)).eval(), linear_scheduler())
    ask = lambda start, x: replace(Loss(draws=2), seed=start).score(denoiser, x)
    result = score_batches(ask, images, number, accelerator).tolist()
path = f"{folder}/{what}-{number}-{accelerator.num_processes}-{accelerator.process_index}.json"
json.dump(result, open(path, "w"))
"""


def launch(processes, *arguments, wait=True):
    """The script above on so many CPU processes; on several GPUs it would be ``accelerate launch``."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes), *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd(), "ACCELERATE_USE_CPU": "true"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(command, env=environment, start_new_session=True, **quiet)
    if wait:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    return process


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    return str(path)


def results(folder, name, processes):
    return [json.loads((folder / f"{name}-{processes}-{i}.json").read_text()) for i in range(processes)]


def test_two_processes_gather_the_scores_of_one(script, tmp_path):
    for processes in (1, 2):  # batches of 5 of 37 images: neither divides
        launch(processes, script, "score", str(tmp_path), "5")
    (alone,), together = results(tmp_path, "score-5", 1), results(tmp_path, "score-5", 2)
    assert len(alone) == 37
    assert together[0] == together[1] == alone


def test_two_processes_follow_the_loss_of_one_and_take_over_from_it(script, tmp_path):
    folders = {name: tmp_path / name for name in ("one", "two", "handed-over")}
    for folder in folders.values():
        folder.mkdir()
    launch(1, script, "train", str(folders["one"]), "20")
    launch(2, script, "train", str(folders["two"]), "20")
    launch(1, script, "train", str(folders["handed-over"]), "10")
    launch(2, script, "train", str(folders["handed-over"]), "20")
    (alone,) = results(folders["one"], "train-20", 1)
    for name in ("two", "handed-over"):
        assert np.allclose(results(folders[name], "train-20", 2)[0], alone, rtol=1e-3)


def test_a_killed_worker_leaves_a_checkpoint_to_go_on_from(script, tmp_path):
    path = tmp_path / "tiny.checkpoint.safetensors"
    process = launch(2, script, "train", str(tmp_path), "100000", wait=False)
    deadline = time.monotonic() + 120
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    workers = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(workers[-1]), signal.SIGKILL)
    process.wait(timeout=120)
    with safe_open(path, "pt") as file:
        done = len(json.loads(file.metadata()["history"])["losses"])
    assert done % 5 == 0
    launch(1, script, "train", str(tmp_path), str(done + 5))
    assert len(results(tmp_path, f"train-{done + 5}", 1)[0]) == done + 5


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


def test_scores_come_in_the_order_of_the_images():
    scores = score_batches(lambda start, x: x[:, 0] + start, torch.zeros(7, 1), 3, Accelerator())
    assert scores.tolist() == [0, 0, 0, 3, 3, 3, 6]
