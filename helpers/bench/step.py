"""Where does the time of a training step go, as `helpers.training` trains?

A step draws its batch on the processor, so that it is the same on every device; nothing is read back before the next
checkpoint. Of a small network neither the arithmetic nor the memory of a card is the limit, but how fast a processor
launches kernels.
"""

import time
from dataclasses import replace

import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel
from torch.autograd import DeviceType
from torch.profiler import ProfilerActivity, profile

from helpers.bench.devices import moved, training_on
from helpers.bench.machine import peak_memory, reset_peak_memory, synchronize, timed
from helpers.bench.networks import network
from helpers.bench.results import Context, LeftOut
from helpers.models.schedule import linear_scheduler
from helpers.training.denoiser import Given, _training_step
from helpers.training.processes import Share


class ProjectStep:
    """What `train_denoiser` does in a step, step by step: draw, copy, train, average."""

    def __init__(self, what: str, context: Context):
        self.model = network(what, context)
        self.device = context.device
        self.recipe = replace(self.model.recipe, batch_size=self.model.training_batch)
        self.scheduler, self.accelerator = linear_scheduler(), Accelerator()
        self.share = Share(self.accelerator, self.recipe.batch_size)
        unet = moved(self.model.denoiser, context.device).unet
        self.ema = EMAModel(unet.parameters(), decay=self.recipe.ema_decay, min_decay=0.0, foreach=True)
        optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4, weight_decay=self.recipe.options.weight_decay, fused=True)
        self.unet, self.optimizer = self.accelerator.prepare(unet, optimizer)
        self.images = torch.randn(256, *self.model.shape, device=context.device)
        self.steps = 0

    def __call__(self) -> None:
        self.train()
        self.average()

    def train(self) -> None:
        parts = self.unet, Given(self.images, None, None), self.scheduler, self.optimizer, self.share
        _training_step(self.recipe, self.steps, *parts)
        self.steps += 1

    def average(self) -> None:
        self.ema.step(self.unet.parameters())

    def draw(self) -> list:
        """The random numbers of a step, on the processor."""
        generator, n = torch.Generator().manual_seed(self.steps), self.recipe.batch_size
        rows = torch.randint(len(self.images), (n,), generator=generator)
        timestep = torch.randint(1000, (n,), generator=generator)
        return [rows, timestep, torch.randn(n, *self.model.shape, generator=generator)]

    def draw_and_copy(self) -> None:
        self.share.of(*self.draw(), device=self.device)


def as_the_project_trains(what: str, context: Context) -> dict:
    """Images/s of the project's own step in torch's default precision, and what shares of it go where."""
    seconds = 0.2 if context.small else 1.0
    with training_on(context.device):
        step = ProjectStep(what, context)
        reset_peak_memory(context.device)
        whole = timed(step, context.device, seconds, 1 if context.small else 3)["each"]
        found = {"images/s": step.recipe.batch_size / whole, "batch": step.recipe.batch_size, "milliseconds": 1e3 * whole}
        found |= peak_memory(context.device)
        parts = {"drawing": step.draw, "drawing and copying": step.draw_and_copy, "averaging": step.average}
        for name, part in parts.items():
            found[f"share of {name}"] = timed(part, context.device, seconds / 5)["each"] / whole
        return found


def busy(what: str, context: Context) -> dict:
    """The share of the project's step in which the card computes, and how many kernels that takes."""
    if context.device.type != "cuda":
        raise LeftOut("a processor has no kernels")
    with training_on(context.device):
        step = ProjectStep(what, context)
        for _ in range(5):
            step()
        synchronize(context.device)
        started = time.perf_counter()
        for _ in range(10):
            step()
        synchronize(context.device)
        whole = (time.perf_counter() - started) / 10
        with profile(activities=[ProfilerActivity.CUDA]) as profiler:
            for _ in range(3):
                step()
            synchronize(context.device)
    kernels = [event for event in profiler.events() if event.device_type == DeviceType.CUDA]
    computing = sum(event.time_range.elapsed_us() for event in kernels) / 3 / 1e6
    return {"milliseconds": 1e3 * whole, "kernels and copies": len(kernels) // 3, "share of computing": computing / whole}
