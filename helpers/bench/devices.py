"""How is a model, or a training run, put on a device that somebody chose?"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import TypeVar

import torch
from accelerate.state import AcceleratorState, PartialState

from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.paths import PathDenoiser

D = TypeVar("D", bound=UNetDenoiser | PathDenoiser)
CHOICE = "ACCELERATE_TORCH_DEVICE"  # where accelerate looks for a device, before it looks for the best one


def moved(denoiser: UNetDenoiser | LatentDenoiser, device: torch.device) -> UNetDenoiser | LatentDenoiser:
    """A copy of the denoiser with its networks on the device."""
    if isinstance(denoiser, LatentDenoiser):
        autoencoder = deepcopy(denoiser.autoencoder).to(device)
        return replace(denoiser, autoencoder=autoencoder, denoiser=_moved(denoiser.denoiser, device))
    return _moved(denoiser, device)


def _moved(denoiser: D, device: torch.device) -> D:
    return replace(denoiser, unet=deepcopy(denoiser.unet).to(device))


@contextmanager
def training_on(device: torch.device) -> Iterator[None]:
    """Whatever asks accelerate for a device in this block gets this one.

    Accelerate decides once a process and then keeps to it; what it decided is forgotten before and after the block.
    """
    before = os.environ.get(CHOICE)
    os.environ[CHOICE] = str(device)
    _forget()
    try:
        yield
    finally:
        os.environ.pop(CHOICE) if before is None else os.environ.update({CHOICE: before})
        _forget()


def _forget() -> None:
    AcceleratorState._reset_state()
    PartialState._reset_state()
