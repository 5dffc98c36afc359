"""Who does what, when several processes work on one thing?

Processes, devices, mixed precision and communication are accelerate's (``accelerate launch``). A training step's batch is
drawn by all and shared between them; images that are scored go to them batch by batch, and the scores come back in order.
"""

from collections.abc import Callable

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import gather_object
from torch import Tensor
from tqdm.auto import tqdm

from helpers.progress import Ledger


class Share:
    """This process's part of each batch.

    Raises:
        ValueError: a batch that the number of processes does not divide: its mean would not be the mean of theirs.
    """

    def __init__(self, accelerator: Accelerator, batch_size: int):
        processes = accelerator.num_processes
        if batch_size % processes:
            raise ValueError(f"{processes} processes cannot share a batch of {batch_size}; use a number that divides it")
        self.accelerator, self.first = accelerator, accelerator.is_main_process
        self.rows = slice(accelerator.process_index, None, processes)

    def of(self, *batches: Tensor | None, device: torch.device) -> list[Tensor | None]:
        """The rows of each batch that are this process's, on the device; None stays None."""
        return [None if batch is None else batch[self.rows].to(device) for batch in batches]

    def mean(self, value: Tensor) -> float:
        """The mean of a number over all processes."""
        return self.accelerator.reduce(value, "mean").item()


def score_batches(
    score: Callable[[int, Tensor], Tensor],
    images: Tensor,
    batch_size: int,
    accelerator: Accelerator,
    ledger: Ledger | None = None,
    progress: bool = False,
) -> np.ndarray:
    """Scores (n,) of images (n, ...), on every process: batch i is scored by process i mod their number.

    Args:
        score: must give a batch the same scores on whichever process. It runs in accelerate's precision.
        ledger: where this process finds batches that are known, and notes those it has scored.
        progress: show a bar for the first process's share.
    """
    starts = range(0, len(images), batch_size)
    own = starts[accelerator.process_index :: accelerator.num_processes]
    quiet = not (progress and accelerator.is_main_process)

    def ask(start: int) -> np.ndarray:
        with accelerator.autocast():
            return score(start, images[start : start + batch_size]).double().cpu().numpy()

    found = {}
    share = sum(len(images[start : start + batch_size]) for start in own)
    with tqdm(desc="scoring", total=share, unit=" images", disable=quiet, mininterval=1) as bar:
        for start in own:
            found[start] = ledger.get(str(start), lambda start=start: ask(start)) if ledger else ask(start)
            bar.update(len(found[start]))
    if ledger:
        ledger.save()
    gathered = dict(gather_object(list(found.items())))
    return np.concatenate([gathered[start] for start in starts])
