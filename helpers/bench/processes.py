"""Do several cards share the work: training and scoring by one process a card, against one process?

Each process runs this module under torch's launcher; the first of them prints what it measured.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator

from helpers import zoo
from helpers.attacks import SimA
from helpers.audit.scoring import score_batches
from helpers.bench.devices import moved
from helpers.bench.results import Context, LeftOut, Measurement
from helpers.data.catalogue import load_fashion
from helpers.training.denoiser import train_denoiser

STEPS, SCORED, BATCH = 200, 65_536, 2048
ROOT = Path(__file__).resolve().parents[2]


def measurements(context: Context) -> list[Measurement]:
    """One: what several cards do that share the work."""
    return [Measurement("one process a card", shared)]


def shared(context: Context) -> dict:
    """Images/s of one process and of one a card, and how far their losses and scores are apart."""
    cards = torch.cuda.device_count() if context.device.type == "cuda" else 0
    if cards < 2:
        raise LeftOut(f"{cards} cards on this machine; two are needed")
    return compared(launch(1, context.left()), launch(cards, context.left()), cards)


def compared(one: dict, many: dict, processes: int) -> dict:
    """Speed-ups, and the largest relative differences, of what two launches printed."""
    found = {"processes": processes}
    for work in ("training", "scoring"):
        found[f"{work}, images/s of one"] = one[work]
        found[f"{work}, images/s of {processes}"] = many[work]
        found[f"{work}, efficiency"] = many[work] / one[work] / processes
    pairs = {name: list(zip(one[name], many[name], strict=True)) for name in ("losses", "scores")}
    return found | {f"{name} apart": max(abs(a - b) / abs(a) for a, b in pairs[name]) for name in pairs}


def launch(processes: int, seconds: float, **environment: str) -> dict:
    """What the first of so many processes prints."""
    many = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
    command = [sys.executable, *many, "-m", __name__]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    variables = os.environ | {"PYTHONPATH": path} | environment
    done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=max(seconds, 1))
    if done.returncode:
        raise RuntimeError(f"{processes} processes failed: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def work(steps: int, scored: int) -> dict:
    """This process's part, and what all of them did a second."""
    accelerator, split = Accelerator(), load_fashion()
    recipe = replace(zoo.recipe("ddpm-fashion"), batch_size=128, steps=steps)
    train_denoiser(replace(recipe, steps=5), split.members, progress=False)  # a warm-up
    run = train_denoiser(recipe, split.members, progress=False)
    denoiser = moved(zoo.load("ddpm-fashion"), accelerator.device)
    assert split.auxiliary is not None
    images = split.auxiliary[:1024].repeat(scored // 1024, 1, 1, 1)
    for _ in range(2):  # once to warm up
        accelerator.wait_for_everyone()
        started = time.perf_counter()
        scores = score_batches(lambda start, x: SimA(batch_size=BATCH).score(denoiser, x), images, BATCH, accelerator)
        elapsed = time.perf_counter() - started
    rates = {"training": recipe.batch_size * steps / run.seconds, "scoring": len(images) / elapsed}
    return rates | {"losses": run.losses, "scores": scores[:1024].tolist()}


if __name__ == "__main__":
    small = os.environ.get("BENCH_SMALL")
    found = work(2, 1024) if small else work(STEPS, SCORED)
    if Accelerator().is_main_process:
        print(json.dumps(found), flush=True)
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
