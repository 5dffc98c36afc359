"""Which images did training change most, and could their neighbours have said so?"""

from collections.abc import Mapping

import anywidget
import numpy as np
import traitlets
from numpy.typing import ArrayLike
from scipy.stats import spearmanr
from torch import Tensor

from helpers.data.labels import what_is_shown
from helpers.data.near_copies import nearest
from helpers.errors import InvalidInput
from helpers.files import to_8_bits
from helpers.widgets.packing import pack
from helpers.widgets.source import script, style


class WhoIsRemembered(anywidget.AnyWidget):
    """A scatter of all images, how far their neighbours are against what models say; a chosen one is shown with its nearest.

    Args:
        images: (n, 1, h, h) in [-1, 1], two or more.
        distance: of each image to its neighbours, (n,).
        measures: what can be drawn against it, (n,) each, by name.

    Raises:
        ValueError: images that are not grey and square, no measure, or another number of values or one that is not finite.
    """

    _esm = script("remembered")
    _css = style()
    names = traitlets.List().tag(sync=True)  # of measures
    ranks = traitlets.List().tag(sync=True)  # of each measure: Spearman's correlation with the distance
    values = traitlets.Bytes().tag(sync=True)  # packed (1 + measures, n): distances, then measures
    scales = traitlets.List().tag(sync=True)
    shows = traitlets.List().tag(sync=True)  # what each image shows, in words
    nearest = traitlets.List().tag(sync=True)  # the row of the nearest other image
    images = traitlets.Bytes().tag(sync=True)  # uint8 (n, h, h)
    size = traitlets.Int().tag(sync=True)  # h

    def __init__(self, images: Tensor, distance: ArrayLike, measures: Mapping[str, ArrayLike]):
        if images.ndim != 4 or images.shape[1] != 1 or images.shape[2] != images.shape[3]:
            raise InvalidInput(f"the widget draws grey square images (n, 1, h, h), got {tuple(images.shape)}")
        rows = [np.asarray(row, dtype=float) for row in (distance, *measures.values())]
        wrong = [row.shape for row in rows if row.shape != (len(images),) or not np.isfinite(row).all()]
        if not measures or wrong:
            raise InvalidInput(f"there must be measures of {len(images)} finite values each, got {list(measures)}: {wrong}")
        packed, scales = pack(np.stack(rows))
        super().__init__(
            names=list(measures),
            ranks=[round(float(spearmanr(rows[0], row)[0]), 3) for row in rows[1:]],
            values=packed,
            scales=scales,
            shows=what_is_shown(images),
            nearest=nearest(images).index.tolist(),
            images=to_8_bits(images[:, 0]).tobytes(),
            size=images.shape[-1],
        )
