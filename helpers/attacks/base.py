"""The protocol that every attack satisfies, and the sweep over timesteps that every comparison needs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.data import LabelledPart
from helpers.denoisers import Denoiser


@runtime_checkable
class Attack(Protocol):
    """``score`` maps clean images (n, c, h, w) in [-1, 1] to (n,) scores, higher = more likely a member."""

    timestep: int

    @property
    def queries(self) -> int: ...

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor: ...


def score_part(attack: Attack, denoiser: Denoiser, part: LabelledPart) -> tuple[Tensor, Tensor]:
    """The attack's scores of the part's members (n,) and of its held-out images (m,)."""
    return attack.score(denoiser, part.members), attack.score(denoiser, part.held_out)


def score_over_timesteps(
    attack: Attack, denoiser: Denoiser, part: LabelledPart, timesteps: Sequence[int], progress: bool = False
) -> tuple[Tensor, Tensor]:
    """`score_part` at each timestep: (T, n) and (T, m) for T timesteps."""
    bar = tqdm(timesteps, desc=type(attack).__name__, disable=not progress)
    rows = [score_part(replace(attack, timestep=int(t)), denoiser, part) for t in bar]
    return torch.stack([members for members, _ in rows]), torch.stack([held_out for _, held_out in rows])
