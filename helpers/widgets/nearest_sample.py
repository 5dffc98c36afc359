"""How near does the nearest of N samples come to an image that was trained on, and to one that was not?"""

from collections.abc import Mapping, Sequence

import anywidget
import numpy as np
import traitlets
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate
from helpers.files import to_8_bits
from helpers.widgets.source import script, style

GROUPS = ("members", "held-out")  # as `helpers.experiments.samples.watched` names them


class NearestOfN(anywidget.AnyWidget):
    """A slider over the number of samples: the nearest one to a member, and to a held-out image, and how far each still is.

    Args:
        images: for each of "members" and "held-out", k images (k, 1, h, h) in [-1, 1].
        stops: N, rising, two or more.
        nearest: by the number of members that the model was trained on: for each group the nearest of the first N samples,
            uint8 (k, stops, h, h).
        auc: by the number of members, and then by N: of all images, by the nearest sample; for the N that have one.

    Raises:
        ValueError: images that are not grey and square, or not as many in both groups; stops that do not rise; pictures of
            another shape, or no AUCs for a size.
    """

    _esm = script("nearest_sample")
    _css = style()
    sizes = traitlets.List().tag(sync=True)  # members
    stops = traitlets.List().tag(sync=True)  # N
    distances = traitlets.List().tag(sync=True)  # [size][group][image][stop]
    readouts = traitlets.List().tag(sync=True)  # [size][stop]: AUC as [value, low, high], or None
    images = traitlets.Bytes().tag(sync=True)  # uint8 (groups, k, h, h)
    nearest = traitlets.Bytes().tag(sync=True)  # uint8 (sizes, groups, k, stops, h, h)
    pairs = traitlets.Int().tag(sync=True)  # k
    size = traitlets.Int().tag(sync=True)  # h

    def __init__(
        self,
        images: Mapping[str, Tensor],
        stops: Sequence[int],
        nearest: Mapping[int, Mapping[str, np.ndarray]],
        auc: Mapping[int, Mapping[int, Estimate]],
    ):
        asked = [images[group] for group in GROUPS]
        shapes = [tuple(x.shape) for x in asked]
        if any(x.ndim != 4 or x.shape[1] != 1 or x.shape[2] != x.shape[3] for x in asked) or shapes[0] != shapes[1]:
            raise InvalidInput(f"the widget draws as many grey square images (k, 1, h, h) of both groups, got {shapes}")
        k, _, _, h = shapes[0]
        if len(stops) < 2 or [*stops] != sorted({*stops}):
            raise InvalidInput(f"there must be at least 2 rising numbers of samples, got {[*stops]}")
        drawn = [[nearest[n][group] for group in GROUPS] for n in nearest]
        wrong = [of.shape for groups in drawn for of in groups if of.shape != (k, len(stops), h, h) or of.dtype != np.uint8]
        if wrong or not drawn or {*auc} != {*nearest}:
            raise InvalidInput(
                f"there must be pictures uint8 {(k, len(stops), h, h)} of both groups and an AUC for each size, got "
                f"{wrong} for {[*nearest]} and {[*auc]}"
            )
        of_images, of_nearest = np.stack([to_8_bits(x[:, 0]) for x in asked]), np.array(drawn)
        gap = of_nearest / 127.5 - of_images[None, :, :, None] / 127.5
        super().__init__(
            sizes=[*nearest],
            stops=[*stops],
            distances=np.sqrt(np.square(gap).sum((-1, -2))).round(3).tolist(),
            readouts=[
                [[round(v, 3) for v in of[stop].triple] if stop in of else None for stop in stops]
                for of in (auc[n] for n in nearest)
            ],
            images=of_images.tobytes(),
            nearest=of_nearest.tobytes(),
            pairs=k,
            size=h,
        )
