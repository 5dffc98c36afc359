"""How do members and held-out images part while a network trains?"""

from collections.abc import Sequence

import anywidget
import traitlets

from helpers.errors import InvalidInput
from helpers.widgets.source import script, style


class TrainingScrubber(anywidget.AnyWidget):
    """Histograms of SimA's norm at each checkpoint of a run, under a slider over training steps.

    Args:
        probes: one per checkpoint, in order: {"step": int, "auc": float, "members": [norm, ...], "held_out": [norm, ...]}.
        label: what a step is; by default one of training.

    Raises:
        ValueError: no probe, or one without these entries.
    """

    _esm = script("scrubber")
    _css = style()
    probes = traitlets.List().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    attack = traitlets.Unicode("SimA").tag(sync=True)  # whose AUC and norms these are

    def __init__(self, probes: Sequence[dict], label: str = ""):
        wanted = ("step", "auc", "members", "held_out")
        missing = [name for probe in probes for name in wanted if name not in probe]
        if not probes or missing:
            raise InvalidInput(f"probes must hold {', '.join(wanted)} for at least one checkpoint; missing: {missing or 'all'}")
        super().__init__(probes=[{name: probe[name] for name in wanted} for probe in probes], label=label)
