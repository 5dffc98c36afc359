"""Of the images that an attack calls members, how many are?"""

import anywidget
import numpy as np
import traitlets

from helpers.evaluation.metrics import Report
from helpers.widgets.source import script, style


class BaseRate(anywidget.AnyWidget):
    """Positive predictive value under two sliders: the base rate of members, and the false-positive rate allowed.

    PPV = TPR π / (TPR π + FPR (1 - π)), where π is the share of members among the images that are asked about.

    Args:
        report: of `helpers.evaluation.metrics.evaluate`; gives TPR at each FPR. No interpolation: the
            largest TPR whose FPR is allowed.
    """

    _esm = script("base_rate")
    _css = style()
    fpr = traitlets.List().tag(sync=True)
    tpr = traitlets.List().tag(sync=True)

    def __init__(self, report: Report):
        distinct, last = np.unique(report.fpr[::-1], return_index=True)  # the ROC's last point at each FPR
        super().__init__(fpr=distinct.tolist(), tpr=report.tpr[::-1][last].tolist())
