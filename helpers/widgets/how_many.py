"""How many pictures does it take until a collection is found?"""

from collections.abc import Mapping, Sequence

import anywidget
import numpy as np
import traitlets

from helpers.errors import InvalidInput
from helpers.widgets.packing import pack
from helpers.widgets.source import script, style

LOWEST = -10.0  # of the logarithm of a p-value that is drawn


class HowManyPictures(anywidget.AnyWidget):
    """The p-value of a collection while its pictures come in, for some shares that were used, attacks and draws.

    Args:
        sizes: at least 2, rising; after how many pictures the test is made.
        curves: attack -> share that was used, in [0, 1] -> p-values (draws, sizes), as `helpers.evaluation.arriving.arriving`
            gives them; each attack has the same shares, each of these as many draws.
        level: of the test, in (0, 1).
        used: the share that is shown first.

    Raises:
        ValueError: sizes that do not rise, no attack, attacks with other shares, p-values of another shape or outside (0, 1], a
            share or a level out of range, or a first share that is none of them.
    """

    _esm = script("how_many")
    _css = style()
    sizes = traitlets.List().tag(sync=True)
    attacks = traitlets.List().tag(sync=True)  # names
    shares = traitlets.List().tag(sync=True)
    draws = traitlets.Int().tag(sync=True)
    level = traitlets.Float().tag(sync=True)
    lowest = traitlets.Float(LOWEST).tag(sync=True)
    start = traitlets.Int().tag(sync=True)  # index into shares
    p = traitlets.Bytes().tag(sync=True)  # packed log10 p, (attacks * shares * draws, sizes)
    scales = traitlets.List().tag(sync=True)

    def __init__(
        self,
        sizes: Sequence[int],
        curves: Mapping[str, Mapping[float, np.ndarray]],
        level: float = 0.01,
        used: float = 1.0,
    ):
        sizes = [int(size) for size in sizes]
        if len(sizes) < 2 or sizes != sorted(set(sizes)):
            raise InvalidInput(f"sizes must be at least 2, rising, got {sizes}")
        shares = list(next(iter(curves.values()), {}))
        if not shares or any(list(of_attack) != shares for of_attack in curves.values()):
            raise InvalidInput(f"there must be an attack, and each must have the same shares, got {list(curves)} with {shares}")
        if not (all(0 <= share <= 1 for share in shares) and 0 < level < 1 and used in shares):
            raise InvalidInput(f"shares must be in [0, 1], {used} among them, and level in (0, 1), got {shares} and {level}")
        rows = [np.asarray(of_attack[share], float) for of_attack in curves.values() for share in shares]
        shapes = {row.shape for row in rows}
        if len(shapes) > 1 or rows[0].shape[1:] != (len(sizes),) or not all(((row > 0) & (row <= 1)).all() for row in rows):
            raise InvalidInput(f"p-values must be in (0, 1], (draws, {len(sizes)}) for each share, got shapes {sorted(shapes)}")
        packed, scales = pack(np.concatenate(np.maximum(np.log10(rows), LOWEST)))
        super().__init__(
            sizes=sizes,
            attacks=list(curves),
            shares=shares,
            draws=len(rows[0]),
            level=level,
            start=shares.index(used),
            p=packed,
            scales=scales,
        )
