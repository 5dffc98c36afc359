"""What does each choice cost? Ratios of two ways to the same result, measured in this run: `make bench`."""

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from itertools import count

import numpy as np
import torch
from accelerate import Accelerator
from bench_page import page
from sklearn.metrics import roc_auc_score
from tqdm.auto import tqdm

from helpers import zoo
from helpers.attacks import SimA, SimAMonteCarlo
from helpers.audit.scoring import score_batches
from helpers.data.catalogue import load_digits
from helpers.evaluation.metrics import evaluate
from helpers.models.autoencoders import AutoencoderRecipe, build_autoencoder, decode
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import UNetDenoiser
from helpers.models.geometry import influence
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import build_unet


def seconds(work, repeats=3):
    """The fastest of `repeats` runs, after one that does not count."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def auc_interval_in_a_loop(members, held_out, resamples):
    rng = np.random.default_rng(0)
    labels = np.repeat([1, 0], [len(members), len(held_out)])
    return [
        roc_auc_score(labels, np.concatenate([rng.choice(members, len(members)), rng.choice(held_out, len(held_out))]))
        for _ in range(resamples)
    ]


def plain_sweep(denoiser, images, timesteps):
    """What the attacks' published code does: one call per timestep per batch of 64, gradients recorded."""

    def score(x, t):
        return -denoiser.predict_noise(x, t).flatten(1).pow(4).sum(1).detach()

    return torch.stack([torch.cat([score(x, t) for x in images.split(64)]) for t in timesteps])


def our_sweep(denoiser, images, timesteps):
    return torch.stack([SimA(t).score(denoiser, images) for t in timesteps])


def sweeps():
    """The speed of a plain sweep over 21 timesteps against ours, with the same scores; the images are whole batches."""
    denoiser, timesteps = zoo.load("ddpm-digits"), range(0, 201, 10)
    compiled, images = denoiser.compiled(), load_digits(held_out=1024).held_out[:1024]
    expected, got = plain_sweep(denoiser, images, timesteps), our_sweep(compiled, images, timesteps)
    assert torch.allclose(expected, got, rtol=1e-3), "the compiled network gives other scores"
    plain, ours = (
        seconds(lambda: plain_sweep(denoiser, images, timesteps), 2),
        seconds(lambda: our_sweep(compiled, images, timesteps), 2),
    )
    yield "a sweep over 21 timesteps, plain loop / SimA on the compiled network", plain, ours
    half = seconds(lambda: our_sweep(compiled, images[:512], timesteps), 2)
    yield "the same sweep, 1,024 images / 512 images", ours, half


def closed_form(batch_size):
    members = load_digits().members
    EmpiricalDenoiser(members, batch_size=batch_size).predict_noise(members, 50)


def sima(images, batch_size=256):
    unet = build_unet(zoo.recipe("ddpm-fashion"), (1, 16, 16))
    SimA(batch_size=batch_size).score(UNetDenoiser(unet, linear_scheduler()), torch.zeros(images, 1, 16, 16))


def _peak_memory(work, arguments, answer):
    work(*arguments)
    answer.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def peak_memory(work, *arguments):
    """The largest size of a process that does only this; libraries and data included."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_peak_memory, args=(work, arguments, answer))
    process.start()
    value = answer.get()
    process.join()
    return value


def influences():
    """Per-dimension influence of 500 latents 4x8x8: against the minute that it may take, and with twice the probes."""
    autoencoder = build_autoencoder(AutoencoderRecipe("bench"), (1, 16, 16)).eval()
    latents = torch.randn(500, 4, 8, 8, generator=torch.Generator().manual_seed(0))

    def estimate(probes):
        influence(lambda z: decode(autoencoder, z), latents, probes, torch.Generator().manual_seed(0))

    once, twice = seconds(lambda: estimate(16), 1), seconds(lambda: estimate(32), 1)
    yield f"per-dimension influence of 500 latents, 16 probes ({once:.1f} s) / the 60 s that it may take", once, 60
    yield "the same influence, 32 probes / 16 probes", twice, once


def share_of_work():
    """Seconds for the scores of 4,096 images, by however many processes there are; the first one prints them."""
    torch.set_num_threads(1)
    accelerator, images = Accelerator(), torch.zeros(4096, 1, 16, 16)
    denoiser = UNetDenoiser(build_unet(zoo.recipe("ddpm-fashion"), (1, 16, 16)), linear_scheduler())

    def score():
        accelerator.wait_for_everyone()
        score_batches(lambda start, x: SimA().score(denoiser, x), images, 64, accelerator)

    found = seconds(score)
    if accelerator.is_main_process:
        print(json.dumps(found))


def processes():
    """What is left of twice the speed when two processes score, one thread each; what they say to each other included."""

    def launch(number):
        many = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(number)]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
        command = [sys.executable, *many, __file__, "share"]
        return json.loads(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)

    one, two = launch(1), launch(2)
    yield "scoring efficiency of two processes, one thread each (at least 0.85)", one / 2, two


def measurements():
    denoiser, images = zoo.load("ddpm-digits"), load_digits().held_out[:256]
    members, held_out = np.random.default_rng(0).normal(size=(2, 300))
    seeds = count()  # a report computes when it is asked, and draws of a seed that was used before are kept
    batched = seconds(lambda: SimA().score(denoiser, images))
    yield "SimA, one image a call / batches of 256", seconds(lambda: SimA(batch_size=1).score(denoiser, images)), batched
    yield "SimA Monte-Carlo with 32 draws / SimA", seconds(lambda: SimAMonteCarlo(draws=32).score(denoiser, images)), batched
    yield from sweeps()
    yield from influences()
    yield from processes()
    yield from page()
    loop, ours = (
        seconds(lambda: auc_interval_in_a_loop(members, held_out, 1000), 1),
        seconds(lambda: evaluate(members, held_out, seed=next(seeds)).estimate("ASR")),
    )
    yield "1,000 resamples, scikit-learn's AUC in a loop / evaluate (AUC, ASR and ROC)", loop, ours
    large, small = peak_memory(closed_form, 600), peak_memory(closed_form, 16)
    yield "peak memory of a process with the closed form, batch_size 600 / 16", large, small
    many, few, whole = peak_memory(sima, 4000), peak_memory(sima, 1000), peak_memory(sima, 4000, 4000)
    yield "peak memory of a process with SimA, batches of 256, 4,000 images / 1,000", many, few
    yield "peak memory of a process with SimA on 4,000 images, one batch / batches of 256", whole, many


if __name__ == "__main__":
    if sys.argv[1:] == ["share"]:
        sys.exit(share_of_work())
    rows = [(name, first / second) for name, first, second in tqdm(measurements(), total=17, desc="bench", leave=False)]
    for name, ratio in rows:
        print(f"{ratio:8.2f} x  {name}")
