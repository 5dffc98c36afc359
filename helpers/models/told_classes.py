"""A denoiser that is told a class, asked by the class's name as a text-to-image model is asked by a caption."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.denoisers import UNetDenoiser


@dataclass
class ClassDenoiser(UNetDenoiser):
    """A network that is told the numbers of classes as its condition, (1,), or (n,) for a batch of n images.

    Raises:
        ValueError: no condition; from ``predict_noise``, the condition of another number of images.
    """

    def __post_init__(self):
        super().__post_init__()
        if self.condition is None:
            raise InvalidInput("a network that knows classes needs a condition; the number of no class is one, too")

    def _told(self, n: int) -> dict[str, Tensor]:
        assert self.condition is not None
        if len(self.condition) not in (1, n):
            raise InvalidInput(f"there must be one condition, or one per image ({n}), got {len(self.condition)}")
        return {"class_labels": self.condition.expand(n).to(self.unet.device)}


@dataclass(frozen=True)
class ToldClasses:
    """A network that knows classes, and their names in the order of their numbers; its last number stands for no class."""

    denoiser: UNetDenoiser
    names: tuple[str, ...]

    def told(self, names: Sequence[str]) -> UNetDenoiser:
        """The denoiser under one class for all images, or under one for each; "" tells none.

        Raises:
            ValueError: a class that the model does not know.
        """
        numbers = {name: number for number, name in enumerate(self.names)} | {"": len(self.names)}
        unknown = [name for name in names if name not in numbers]
        if unknown:
            raise InvalidInput(f"unknown class {unknown[0]!r}; there are {', '.join(self.names)}, and '' for none")
        return self.denoiser.told(torch.tensor([numbers[name] for name in names]))
