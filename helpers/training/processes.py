"""Who does what, when several processes work on one thing?

Processes, devices, mixed precision and communication are accelerate's (``accelerate launch``). A training step's batch is
drawn by all and shared between them; images that are scored go to them batch by batch, and the scores come back in order.
"""

from typing import Any, overload

import torch
from accelerate import Accelerator
from torch import Tensor

from helpers.errors import InvalidInput


class Share:
    """This process's part of each batch.

    Raises:
        ValueError: a batch that the number of processes does not divide: its mean would not be the mean of theirs.
    """

    def __init__(self, accelerator: Accelerator, batch_size: int):
        processes = accelerator.num_processes
        if batch_size % processes:
            raise InvalidInput(f"{processes} processes cannot share a batch of {batch_size}; use a number that divides it")
        self.accelerator, self.first = accelerator, accelerator.is_main_process
        self.rows = slice(accelerator.process_index, None, processes)

    @overload
    def of(self, *batches: Tensor, device: torch.device) -> list[Tensor]: ...

    @overload
    def of(self, *batches: Tensor | None, device: torch.device) -> list[Tensor | None]: ...

    def of(self, *batches: Tensor | None, device: torch.device) -> list[Any]:
        """The rows of each batch that are this process's, on the device; None stays None."""
        return [None if batch is None else onto(batch[self.rows], device) for batch in batches]

    def mean(self, value: Tensor) -> Tensor:
        """The mean of a number over all processes, where it lies: reading it would wait for the device."""
        return self.accelerator.reduce(value, "mean")


def onto(batch: Tensor, device: torch.device) -> Tensor:
    """The batch on the device. From pinned memory a card copies while the processor goes on to draw the next."""
    if device.type != "cuda":
        return batch.to(device)
    return batch.pin_memory().to(device, non_blocking=True)
