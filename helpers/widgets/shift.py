"""What does an attack seem to find, when the held-out images come from elsewhere?"""

from collections.abc import Mapping, Sequence

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike
from torch import Tensor

from helpers.data.labels import what_is_shown
from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import evaluate
from helpers.files import to_8_bits
from helpers.widgets.ranks import doubled_ranks
from helpers.widgets.source import script, style

MOST_CURVES = 3  # as many as the book has colours for


class ShiftSlider(anywidget.AnyWidget):
    """Scores of attacks on a split some of whose held-out images come from elsewhere, under a slider for their share.

    Each AUC and its interval are those of `helpers.evaluation.metrics.evaluate`, computed when the widget is made; only
    the rank of a score is drawn.

    Args:
        shares: at least 2, rising, in [0, 1]; the slider's stops.
        curves: 1 to 3 attacks by name, the first of which asks no model; each holds, for every share, the scores of the
            members (n,) and of the held-out images (m,).
        examples: (shares, k, 1, h, h) in [-1, 1], k held-out images at each share.

    Raises:
        ValueError: shares that are too few, out of range or not rising; no curve or too many; a curve or examples with
            another number of shares; scores or images that are invalid.
    """

    _esm = script("shift")
    _css = style()
    shares = traitlets.List().tag(sync=True)
    curves = traitlets.List().tag(sync=True)  # names
    auc = traitlets.List().tag(sync=True)  # [curve][share]: [value, low, high]
    sizes = traitlets.List().tag(sync=True)  # [curve][share]: [members, held-out]
    ranks = traitlets.Bytes().tag(sync=True)  # uint16, doubled: curve by curve, share by share, members then held-out
    examples = traitlets.Bytes().tag(sync=True)  # uint8 (shares, k, h, h)
    names = traitlets.List().tag(sync=True)  # [share][k]: what each example shows, "a 3", or ""
    size = traitlets.Int().tag(sync=True)  # h
    elsewhere = traitlets.Bool(True).tag(
        sync=True
    )  # a share of held-out images: the examples are some, the first curve asks no model

    def __init__(
        self,
        shares: Sequence[float],
        curves: Mapping[str, Sequence[tuple[ArrayLike, ArrayLike]]],
        examples: Tensor,
    ):
        shares = [round(float(s), 4) for s in shares]
        if len(shares) < 2 or shares != sorted(set(shares)) or not (shares[0] >= 0 and shares[-1] <= 1):
            raise InvalidInput(f"shares must be at least 2, rising, in [0, 1], got {shares}")
        if not 1 <= len(curves) <= MOST_CURVES:
            raise InvalidInput(f"curves must hold 1 to {MOST_CURVES} attacks, got {len(curves)}")
        for name, pairs in curves.items():
            if len(pairs) != len(shares):
                raise InvalidInput(f"{name!r} must hold one pair of scores a share ({len(shares)}), got {len(pairs)}")
        shape = tuple(examples.shape)
        if len(shape) != 5 or shape[0] != len(shares) or shape[1] < 1 or shape[2] != 1 or shape[3] != shape[4]:
            raise InvalidInput(f"examples must have shape ({len(shares)}, k, 1, h, h), got {shape}")
        check_images(examples.flatten(0, 1), "examples")
        scored = [[(np.asarray(m, dtype=float), np.asarray(h, dtype=float)) for m, h in line] for line in curves.values()]
        reports = [[evaluate(*pair, bootstrap=500) for pair in line] for line in scored]
        super().__init__(
            shares=shares,
            curves=list(curves),
            auc=[[[round(v, 4) for v in report.auc.triple] for report in line] for line in reports],
            sizes=[[[len(part) for part in pair] for pair in line] for line in scored],
            ranks=np.concatenate([doubled_ranks(*pair) for line in scored for pair in line]).tobytes(),
            examples=to_8_bits(examples).tobytes(),
            names=[what_is_shown(some) for some in examples],
            size=shape[-1],
        )


class FractionSlider(ShiftSlider):
    """Scores of attacks that look at a share of the latent dimensions, under a slider for the share.

    Args:
        shares, curves: as for `ShiftSlider`, but that any curve may ask the model.
        examples: (shares, k, 1, h, h) in [-1, 1], k maps of the dimensions looked at, white where an attack looks.

    Raises:
        ValueError: as `ShiftSlider`.
    """

    elsewhere = traitlets.Bool(False).tag(sync=True)
