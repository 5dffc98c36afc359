"""What does more privacy cost?"""

from collections.abc import Sequence

import anywidget
import numpy as np
import pandas as pd
import traitlets

from helpers.errors import InvalidInput
from helpers.experiments.outcomes import Outcome
from helpers.widgets.source import script, style

COLUMNS = ("AUC", "TPR at 1% FPR", "frechet", "psnr")
NEEDED = COLUMNS[:3]
KINDS = ("originals", "reconstructions", "samples")  # of pictures, as KINDS in frontier.js
ATTACK = "SimA"
SHOWN = 8


class Frontier(anywidget.AnyWidget):
    """Privacy against quality under a slider over settings: pictures, norms and ROC of one seed, and the figures of all seeds.

    Args:
        summary: `helpers.experiments.over_seeds.summarise` with COLUMNS, a row a setting; "psnr" may be left out,
            for models of pixels.
        outcomes: the outcome of one seed for each setting, in the same order.
        names: what the settings are called.
        label: what the slider is called; by default the weight β of the KL divergence.
        curves: which settings a line joins: a name for each; by default one line through all.

    Raises:
        ValueError: fewer than 2 settings, another number of outcomes, names or curves, a missing column, or a failed run.
    """

    _esm = script("frontier")
    _css = style()
    names = traitlets.List().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    curves = traitlets.List().tag(sync=True)
    attack = traitlets.Unicode(ATTACK).tag(sync=True)
    columns = traitlets.List().tag(sync=True)
    readouts = traitlets.List().tag(sync=True)  # [setting][column]: [value, low, high]
    timesteps = traitlets.List().tag(sync=True)  # [setting]
    norms = traitlets.Bytes().tag(sync=True)  # float32 (settings, members + held-out): ||ε̂||_4
    n_members = traitlets.Int().tag(sync=True)
    pictures = traitlets.Bytes().tag(sync=True)  # uint8 (settings, KINDS, SHOWN, h, w)
    size = traitlets.Int().tag(sync=True)  # h = w

    def __init__(
        self,
        summary: pd.DataFrame,
        outcomes: Sequence[Outcome],
        names: Sequence[str],
        label: str = "",
        curves: Sequence[str] | None = None,
    ):
        columns = [c for c in COLUMNS if c in summary]
        counts = [len(summary), len(outcomes), len(names), len(names if curves is None else curves)]
        if counts[0] < 2 or len(set(counts)) > 1 or not {*NEEDED} <= {*columns}:
            raise InvalidInput(
                f"there must be at least 2 settings, as many outcomes, names and curves, and the columns {list(NEEDED)}; "
                f"got {counts} and {columns}"
            )
        failed = [name for name, o in zip(names, outcomes, strict=True) if o.failed]
        if failed:
            raise InvalidInput(f"the runs of {', '.join(failed)} failed; draw those of another seed")
        rows = [o.rows[ATTACK, "mean"] for o in outcomes]
        norms = [np.concatenate([-r.members, -r.held_out]).clip(0) ** 0.25 for r in rows]
        pictures = np.stack([[o.pictures.get(k, o.pictures["originals"])[:SHOWN] for k in KINDS] for o in outcomes])
        super().__init__(
            names=list(names),
            label=label,
            curves=list(curves or [""] * len(names)),
            columns=columns,
            readouts=[[[round(v, 4) for v in summary[c].iloc[i].triple] for c in columns] for i in range(len(names))],
            timesteps=[r.timestep for r in rows],
            norms=np.stack(norms).astype(np.float32).tobytes(),
            n_members=len(rows[0].members),
            pictures=pictures.astype(np.uint8).tobytes(),
            size=pictures.shape[-1],
        )
