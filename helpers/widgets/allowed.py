"""What may an attack find where training made a promise, and how many images could contradict it?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anywidget
import numpy as np
import traitlets

from helpers.errors import InvalidInput
from helpers.evaluation.row import Row
from helpers.widgets.packing import pack
from helpers.widgets.source import script, style

RANGE = (-1.5, 2.5)  # of the logarithm (base 10) of ε
NUMBERS = [factor * 10**k for k in range(1, 6) for factor in (1, 2, 3, 5)] + [10**6]


@dataclass(frozen=True)
class ShownRun:
    """A run that the widget can show.

    Args:
        claimed: ε at each of the widget's δ; infinite for a run that promises nothing.
        rows: by attack, of equally many images in all runs.
        samples: uint8 (k, h, h).
    """

    claimed: Sequence[float]
    rows: Mapping[str, Row]
    samples: np.ndarray


class WhatPrivacyAllows(anywidget.AnyWidget):
    """Sliders for ε, δ and the number n of images: the region of the ROC that (ε, δ) allows, and what n images can contradict.

    In it are the attacks on the run whose ε is nearest at that δ, and some of its samples. A mark shows the most that any audit
    with n members and n held-out images could show at 95 %: see `helpers.evaluation.epsilon_bound`.

    Args:
        runs: by name, the same attacks, up to three, and as many samples of one size for each.
        deltas: at least 2, falling or rising, in (0, 1).
        start: where the sliders stand: ε, one of `deltas`, and n, one of `NUMBERS`.

    Raises:
        ValueError: no run, runs that differ in their attacks, their samples or the number of their images, not one ε for each
            δ, or a start that is none.
    """

    _esm = script("allowed")
    _css = style()
    names = traitlets.List().tag(sync=True)
    deltas = traitlets.List().tag(sync=True)
    numbers = traitlets.List(NUMBERS).tag(sync=True)
    claimed = traitlets.List().tag(sync=True)  # [delta][run], None for infinity
    attacks = traitlets.List().tag(sync=True)
    n_members = traitlets.Int().tag(sync=True)
    scores = traitlets.Bytes().tag(sync=True)  # packed (runs * attacks, members + held-out)
    scales = traitlets.List().tag(sync=True)
    samples = traitlets.Bytes().tag(sync=True)  # uint8 (runs, shown, h, h)
    shown = traitlets.Int().tag(sync=True)
    size = traitlets.Int().tag(sync=True)
    start = traitlets.List().tag(sync=True)  # log10 ε, δ, n

    def __init__(self, runs: Mapping[str, ShownRun], deltas: Sequence[float], start: tuple[float, float, int]):
        deltas = [float(delta) for delta in deltas]
        epsilon, delta, n = start
        if len(deltas) < 2 or not all(0 < d < 1 for d in deltas) or delta not in deltas:
            raise InvalidInput(f"deltas must be at least 2 in (0, 1), {delta} among them, got {deltas}")
        if not RANGE[0] <= np.log10(epsilon) <= RANGE[1] or n not in NUMBERS:
            raise InvalidInput(
                f"the start must be an ε from 0.04 to 300 and an n of 10, 20, 30, 50, 100, ..., got {epsilon} and {n}"
            )
        kinds = {(*run.rows, *(len(r.members) + 1j * len(r.held_out) for r in run.rows.values())) for run in runs.values()}
        if len(kinds) != 1 or len({run.samples.shape for run in runs.values()}) != 1:
            raise InvalidInput(f"there must be runs with the same attacks, images and samples each, got {list(runs)}")
        wrong = [name for name, run in runs.items() if len(run.claimed) != len(deltas)]
        if wrong:
            raise InvalidInput(f"{wrong[0]} must state an ε for each of {len(deltas)} δ, got {len(runs[wrong[0]].claimed)}")
        first = next(iter(runs.values()))
        rows = [row for run in runs.values() for row in run.rows.values()]
        packed, scales = pack(np.stack([np.concatenate([row.members, row.held_out]) for row in rows]))
        super().__init__(
            names=list(runs),
            deltas=deltas,
            claimed=[[_finite(run.claimed[i]) for run in runs.values()] for i in range(len(deltas))],
            attacks=list(first.rows),
            n_members=len(rows[0].members),
            scores=packed,
            scales=scales,
            samples=np.stack([run.samples for run in runs.values()]).astype(np.uint8).tobytes(),
            shown=len(first.samples),
            size=first.samples.shape[-1],
            start=[float(np.log10(epsilon)), delta, n],
        )


def _finite(epsilon: float) -> float | None:
    return None if np.isinf(epsilon) else round(float(epsilon), 4)
