"""Which attack is ahead on which model: in a published table, and in a league of our own?"""

from collections.abc import Mapping

import anywidget
import pandas as pd
import traitlets

from helpers.evaluation.metrics import METRICS
from helpers.evaluation.results import BASELINE
from helpers.experiments.published import PUBLISHED_ATTACKS, mean_ranks, wide
from helpers.widgets.source import script, style


class PublishedTable(anywidget.AnyWidget):
    """Tables of models x attacks, one below the other, that a reader sorts by any column, in each of the metrics.

    What is ahead of SimA is marked by the figures as they stand: no intervals were published.

    Args:
        groups: {title: tidy figures, "model", "attack", "metric", "value"}, all with the attacks of the published table;
            other attacks are left out.

    Raises:
        ValueError: a group without one of the attacks or metrics.
    """

    _esm = script("published")
    _css = style()
    attacks = traitlets.List(list(PUBLISHED_ATTACKS)).tag(sync=True)
    metrics = traitlets.List(list(METRICS)).tag(sync=True)
    baseline = traitlets.Int(PUBLISHED_ATTACKS.index(BASELINE)).tag(sync=True)  # index into attacks
    groups = traitlets.List().tag(sync=True)  # [{title, models, values: [metric][model][attack], ranks: [metric][attack]}]

    def __init__(self, groups: Mapping[str, pd.DataFrame]):
        tables = {title: [wide(figures, metric) for metric in METRICS] for title, figures in groups.items()}
        super().__init__(
            groups=[
                {
                    "title": title,
                    "models": tables[title][0].index.tolist(),
                    "values": [table.round(4).to_numpy().tolist() for table in tables[title]],
                    "ranks": [mean_ranks(figures, metric).round(2).tolist() for metric in METRICS],
                }
                for title, figures in groups.items()
            ]
        )
