"""What is kept of one attack on one model?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from helpers.evaluation.metrics import Report, evaluate

BOOTSTRAP = 20_000  # the smallest p-value is 2 / BOOTSTRAP, and Holm multiplies it by the number of comparisons


@dataclass(frozen=True)
class Row:
    """One attack on one model: its scores on the evaluation part, and what it took to get them."""

    members: np.ndarray  # (n,)
    held_out: np.ndarray  # (m,)
    timestep: int | None
    queries: int

    @cached_property
    def report(self) -> Report:
        return evaluate(self.members, self.held_out, bootstrap=BOOTSTRAP)
