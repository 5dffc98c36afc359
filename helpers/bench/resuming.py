"""Does a run that changes the device half-way end as if it had stayed where it was?"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from helpers import zoo
from helpers.bench.devices import training_on
from helpers.bench.machine import precision
from helpers.bench.results import Context
from helpers.data.catalogue import load_split
from helpers.training.denoiser import train_denoiser

STEPS = 20  # before and after the change


def resumed_elsewhere(back: bool, context: Context) -> dict:
    """A run that changes the device after 20 of 40 steps, against one that stays on the processor.

    Args:
        back: from the device to the processor instead.
    """
    processor = torch.device("cpu")
    first, second = (context.device, processor) if back else (processor, context.device)
    whole = replace(zoo.recipe("ddpm-digits"), channels=(16, 32), norm_groups=4, steps=2 * STEPS, batch_size=32)
    images = load_split("digits").members
    train: Callable = partial(train_denoiser, images=images, progress=False)
    folder = context.folder / f"resumed-{back}"
    with precision("float32", context.device):
        with training_on(processor):
            expected = train(whole).losses
        with training_on(first):
            train(replace(whole, steps=STEPS), checkpoint_dir=folder)
        with training_on(second):
            run = train(whole, checkpoint_dir=folder)
    expected, got = np.array(expected), np.array(run.losses)
    relative = np.abs(got - expected) / expected
    return {
        "largest relative difference before": float(relative[:STEPS].max()),
        "largest relative difference after": float(relative[STEPS:].max()),
        "within tolerance": bool(relative.max() <= 1e-3),
        "device": run.device,
    }
