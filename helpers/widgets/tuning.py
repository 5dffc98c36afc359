"""How far may a fine-tune go?"""

from collections.abc import Mapping, Sequence

import anywidget
import traitlets

from helpers.errors import InvalidInput
from helpers.experiments.over_seeds import over_seeds
from helpers.experiments.told_outcomes import ToldRuns
from helpers.widgets.source import script, style

QUESTIONS = ("SimA, right", "SimA, none", "relative SimA, right")


class FineTunes(anywidget.AnyWidget):
    """Two sliders, what is trained and for how many steps: what the model gained, and what it gives away.

    Args:
        kinds: runs by what they are called, in the order of the slider.
        base: what they start from: runs of no steps.
        questions: what is asked of them, as the runs name it.

    Raises:
        ValueError: fewer than two kinds.
        FileNotFoundError: as `ToldRuns`.
    """

    _esm = script("tuning")
    _css = style()
    kinds = traitlets.List().tag(sync=True)  # names
    steps = traitlets.List().tag(sync=True)  # [kind]: those at which it was asked
    questions = traitlets.List().tag(sync=True)
    # [kind][step]: AUC and TPR by question, the held-out loss over the base's, each as [value, low, high]; and the share copied
    found = traitlets.List().tag(sync=True)

    def __init__(self, kinds: Mapping[str, ToldRuns], base: ToldRuns, questions: Sequence[str] = QUESTIONS):
        if len(kinds) < 2:
            raise InvalidInput(f"there must be at least two kinds of runs to choose from, got {len(kinds)}")
        before = base.quality("loss_held_out.0")
        steps = [runs.steps() for runs in kinds.values()]
        super().__init__(
            kinds=list(kinds),
            steps=steps,
            questions=list(questions),
            found=[
                [_found(runs, str(step), before, list(questions)) for step in own]
                for runs, own in zip(kinds.values(), steps, strict=True)
            ],
        )


def _found(runs: ToldRuns, when: str, before: Sequence[float], questions: Sequence[str]) -> dict:
    losses, copied = runs.quality(f"loss_held_out.{when}"), runs.quality(f"copied.{when}")
    return {
        "AUC": [_rounded(runs.estimate(question, "AUC", when).triple) for question in questions],
        "TPR": [_rounded(runs.estimate(question, "TPR at 1% FPR", when).triple) for question in questions],
        "loss": _rounded(over_seeds([loss / own for loss, own in zip(losses, before, strict=True)]).triple),
        "copied": round(sum(copied) / len(copied), 4),
    }


def _rounded(triple: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in triple]
