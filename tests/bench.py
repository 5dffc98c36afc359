"""What does each choice cost? Ratios of two ways to the same result, measured in this run: `make bench`."""

import multiprocessing
import resource
import time

import numpy as np
from sklearn.metrics import roc_auc_score
from tqdm.auto import tqdm

from helpers import zoo
from helpers.attacks import SimA, SimAMonteCarlo
from helpers.data import load_digits
from helpers.metrics import evaluate
from helpers.theory import EmpiricalDenoiser


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


def _peak_memory(batch_size, answer):
    members = load_digits().members
    EmpiricalDenoiser(members, batch_size=batch_size).predict_noise(members, 50)
    answer.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


def peak_memory(batch_size):
    """The largest size of a process that does only this; libraries and data included."""
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_peak_memory, args=(batch_size, answer))
    process.start()
    value = answer.get()
    process.join()
    return value


def measurements():
    denoiser, images = zoo.load("ddpm-digits"), load_digits().held_out[:256]
    members, held_out = np.random.default_rng(0).normal(size=(2, 300))
    sima = seconds(lambda: SimA().score(denoiser, images))
    yield "SimA, one image a call / batches of 256", seconds(lambda: SimA(batch_size=1).score(denoiser, images)), sima
    yield "SimA Monte-Carlo with 32 draws / SimA", seconds(lambda: SimAMonteCarlo(draws=32).score(denoiser, images)), sima
    loop, ours = (
        seconds(lambda: auc_interval_in_a_loop(members, held_out, 1000), 1),
        seconds(lambda: evaluate(members, held_out)),
    )
    yield "1,000 resamples, scikit-learn's AUC in a loop / evaluate (AUC, ASR and ROC)", loop, ours
    yield "peak memory of a process with the closed form, batch_size 600 / 16", peak_memory(600), peak_memory(16)


if __name__ == "__main__":
    rows = [(name, first / second) for name, first, second in tqdm(measurements(), total=4, desc="bench", leave=False)]
    for name, ratio in rows:
        print(f"{ratio:8.1f} x  {name}")
