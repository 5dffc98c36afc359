"""What has a model given away when its training stops here?"""

from collections.abc import Mapping

import anywidget
import numpy as np
import pandas as pd
import traitlets

from helpers.errors import InvalidInput
from helpers.widgets.source import script, style

COLUMNS = {"AUC": 4, "TPR at 1% FPR": 4, "frechet": 3, "near_copies": 4}  # and digits after the point

Pictures = Mapping[int, tuple[np.ndarray, np.ndarray]]


class StoppedTraining(anywidget.AnyWidget):
    """A slider that stops the training, for several sizes of the training set: what was learned, and what is given away.

    Args:
        runs: by the number of members, rising: `helpers.experiments.clock_outcomes.ClockRuns.along`.
        pictures: by the number of members, and then by step: samples of one run and the member nearest to each, as
            `helpers.experiments.clock.pictures_along` returns them, uint8 (k, h, h) both.
        chance: by the number of members, the share of real images that would count as near copies.
        start: at which number of members it starts, and after about how many steps.

    Raises:
        ValueError: fewer than 2 sizes, sizes that do not rise, pictures that are not those of the steps, or another start.
    """

    _esm = script("stopped")
    _css = style()
    sizes = traitlets.List().tag(sync=True)  # members
    steps = traitlets.List().tag(sync=True)  # [size][stop]
    visits = traitlets.List().tag(sync=True)  # likewise: how often each member was seen
    readouts = traitlets.List().tag(sync=True)  # [size][stop][COLUMNS]: [value, low, high]
    chance = traitlets.List().tag(sync=True)  # [size]
    pictures = traitlets.Bytes().tag(sync=True)  # uint8 (all stops of all sizes, samples and nearest, shown, h, h)
    shown = traitlets.Int().tag(sync=True)
    size = traitlets.Int().tag(sync=True)  # h
    start = traitlets.List().tag(sync=True)  # index into sizes, index of the stop

    def __init__(
        self,
        runs: Mapping[int, pd.DataFrame],
        pictures: Mapping[int, Pictures],
        chance: Mapping[int, float],
        start: tuple[int, int],
    ):
        sizes, (n, step) = list(runs), start
        if len(sizes) < 2 or sizes != sorted(sizes) or n not in sizes or {*sizes} != {*pictures} or {*sizes} != {*chance}:
            raise InvalidInput(
                f"there must be at least 2 rising sizes, {n} among them, with pictures and a chance for each, "
                f"got {sizes}, {list(pictures)} and {list(chance)}"
            )
        steps = [[int(step) for step in along["step"]] for along in runs.values()]
        other = [size for size, of in zip(sizes, steps, strict=True) if of != [*pictures[size]]]
        if other:
            raise InvalidInput(f"there must be pictures of each checkpoint, and of no others, not so for n = {other[0]}")
        drawn = np.concatenate([[np.stack(pair) for pair in pictures[size].values()] for size in sizes])
        at = sizes.index(n)
        super().__init__(
            sizes=sizes,
            steps=steps,
            visits=[[round(float(v), 1) for v in along["visits"]] for along in runs.values()],
            readouts=[
                [[[round(v, digits) for v in row[c].triple] for c, digits in COLUMNS.items()] for _, row in along.iterrows()]
                for along in runs.values()
            ],
            chance=[round(chance[size], 4) for size in sizes],
            pictures=drawn.astype(np.uint8).tobytes(),
            shown=drawn.shape[2],
            size=drawn.shape[-1],
            start=[at, int(np.abs(np.array(steps[at]) - step).argmin())],
        )
