"""Which measurements are there, in which order, and how long may each take?

What must be known comes first: with eight minutes on a modern card all of it, with less a part of each.
"""

import gc
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from helpers.bench import correctness, machine, processes, throughput, training_runs
from helpers.bench.results import Context, Section, run
from helpers.errors import InvalidInput

SECTIONS = (
    Section("correctness", 80, correctness.measurements),
    Section("throughput", 90, throughput.measurements),
    Section("compiled", 90, throughput.compiled_measurements),
    Section("training-digits", 210, training_runs.digits),
    Section("training-fashion", 180, training_runs.fashion, extra=True),
    Section("training-latent", 180, training_runs.latent, extra=True),
    Section("training-text-to-image", 180, training_runs.text_to_image, extra=True),
    Section("processes", 120, processes.measurements, extra=True),
)


def chosen(names: Sequence[str]) -> list[Section]:
    """The sections of these names; without names all.

    Raises:
        ValueError: an unknown name; the message lists those there are.
    """
    known = {section.name: section for section in SECTIONS}
    if unknown := [name for name in names if name not in known]:
        raise InvalidInput(f"unknown section {', '.join(unknown)}; there are {', '.join(known)}")
    return [known[name]._replace(extra=False) for name in names] or list(SECTIONS)


def measure(device: torch.device, minutes: float, output: Path, say: Callable[[str], None], names: Sequence[str] = ()) -> dict:
    """Sections on the device within so many minutes, by default all; see `helpers.bench.results.run`."""
    sections, about = chosen(names), machine.about(device)
    say(f"{about['device']['name']}, torch {about['versions']['torch']}, commit {about['commit'][:12]}, {minutes:g} minutes")
    gc.freeze()  # what is imported stays: collecting after each measurement need not look at it again
    with tempfile.TemporaryDirectory(prefix="bench-gpu-") as folder:
        return run(sections, Context(device, Path(folder)), minutes, about, output, say)
