"""The protocol that every attack satisfies, and the sweep over timesteps that every comparison needs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.denoisers import Denoiser


@runtime_checkable
class Attack(Protocol):
    """``score`` maps clean images (n, c, h, w) in [-1, 1] to (n,) scores, higher = more likely a member."""

    timestep: int

    @property
    def queries(self) -> int: ...

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor: ...


def score_over_timesteps(
    attack: Attack, denoiser: Denoiser, images: Tensor, timesteps: Sequence[int], progress: bool = False
) -> Tensor:
    """The attack's scores of the same images at each timestep: (len(timesteps), n)."""
    bar = tqdm(timesteps, desc=type(attack).__name__, disable=not progress)
    return torch.stack([replace(attack, timestep=int(t)).score(denoiser, images) for t in bar])
