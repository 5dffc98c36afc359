"""What does a larger β buy, and what does it cost?"""

from collections.abc import Sequence

import anywidget
import numpy as np
import pandas as pd
import traitlets

from helpers.outcomes import Outcome
from helpers.widgets.source import script, style

COLUMNS = ("AUC", "TPR at 1% FPR", "psnr", "frechet")
KINDS = ("originals", "reconstructions", "samples")
SHOWN = 8


class Frontier(anywidget.AnyWidget):
    """Privacy against quality under a slider for β: pictures, norms and ROC of one seed, and the frontier of all seeds.

    Args:
        summary: `helpers.frontier.summarise` by "beta", with COLUMNS; one row a β, rising.
        outcomes: the outcome of one seed for each β, in the same order.

    Raises:
        ValueError: another number of outcomes than of β, fewer than 2, β not rising, a missing column, or a failed run.
    """

    _esm = script("frontier")
    _css = style()
    betas = traitlets.List().tag(sync=True)
    readouts = traitlets.List().tag(sync=True)  # [β][column]: [value, low, high]
    timesteps = traitlets.List().tag(sync=True)  # [β]
    norms = traitlets.Bytes().tag(sync=True)  # float32 (β, members + held-out): ||ε̂||_4
    n_members = traitlets.Int().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)  # uint8 (β, KINDS, SHOWN, h, w)
    size = traitlets.Int().tag(sync=True)  # h = w

    def __init__(self, summary: pd.DataFrame, outcomes: Sequence[Outcome]):
        betas = [float(b) for b in summary.index]
        missing = [c for c in COLUMNS if c not in summary]
        if len(betas) < 2 or betas != sorted(set(betas)) or len(outcomes) != len(betas) or missing:
            raise ValueError(
                f"summary must have at least 2 rising β, the columns {COLUMNS} and as many outcomes; "
                f"got β {betas}, {len(outcomes)} outcomes, missing columns {missing}"
            )
        failed = [b for b, o in zip(betas, outcomes, strict=True) if o.failed]
        if failed:
            raise ValueError(f"the runs with β in {failed} failed; draw those of another seed")
        rows = [o.rows["SimA", "mean"] for o in outcomes]
        norms = [np.concatenate([-r.members, -r.held_out]).clip(0) ** 0.25 for r in rows]
        pictures = np.stack([np.stack([o.pictures[kind][:SHOWN] for kind in KINDS]) for o in outcomes])
        super().__init__(
            betas=betas,
            readouts=[[[round(v, 4) for v in summary[c].iloc[i].triple] for c in COLUMNS] for i in range(len(betas))],
            timesteps=[int(r.timestep) for r in rows],
            norms=np.stack(norms).astype(np.float32).tobytes(),
            n_members=len(rows[0].members),
            pictures=pictures.tobytes(),
            size=pictures.shape[-1],
        )
