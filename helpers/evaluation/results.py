"""How do the attacks of a league stand, and which differences are more than luck?

Two attacks on one model are compared on the same bootstrap draws, and all p-values of a comparison are corrected together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import METRICS, compare
from helpers.evaluation.paired import holm, paired_difference, verdict
from helpers.evaluation.row import Row

BASELINE = "SimA"


@dataclass(frozen=True)
class League:
    """The rows of a league, by (model, attack).

    Raises:
        ValueError: an attack did not meet every model.
    """

    rows: Mapping[tuple[str, str], Row]

    def __post_init__(self):
        missing = [f"{attack} on {model}" for model in self.models for attack in self.attacks if (model, attack) not in self.rows]
        if missing:
            raise InvalidInput(f"every attack must meet every model, {', '.join(missing)} did not")

    @property
    def models(self) -> list[str]:
        return list(dict.fromkeys(model for model, _ in self.rows))

    @property
    def attacks(self) -> list[str]:
        return list(dict.fromkeys(attack for _, attack in self.rows))

    def table(self, model: str) -> pd.DataFrame:
        """One row an attack, strongest AUC first: queries, timestep, and each metric with its interval."""
        rows = {attack: row for (m, attack), row in self.rows.items() if m == model}
        frame = compare({attack: row.report for attack, row in rows.items()})
        frame.insert(0, "queries", [row.queries for row in rows.values()])
        frame.insert(1, "t", ["" if row.timestep is None else row.timestep for row in rows.values()])
        order = np.argsort([-row.report.auc for row in rows.values()], kind="stable")
        return frame.iloc[order]

    def estimates(self) -> pd.DataFrame:
        """Tidy: model, attack, queries, metric, value, low, high."""
        return pd.DataFrame(
            [
                {"model": model, "attack": attack, "queries": row.queries, "metric": metric}
                | dict(zip(("value", "low", "high"), row.report.estimate(metric).triple, strict=True))
                for (model, attack), row in self.rows.items()
                for metric in METRICS
            ]
        )

    def differences(self, pairs: Sequence[tuple[str, str, str]]) -> pd.DataFrame:
        """A minus B on the same images, on every model, for each (A, B, metric) of `pairs`.

        Columns: model, attack (A), baseline (B), metric, difference, low, high, p (Holm-corrected over all rows of the
        frame), verdict on A: "better", "worse" or "undecided".

        Raises:
            ValueError: an attack that is not in the league, or an unknown metric.
        """
        unknown = {name for a, b, _ in pairs for name in (a, b)} - set(self.attacks)
        if unknown:
            raise InvalidInput(f"attacks must be among {', '.join(self.attacks)}, got {', '.join(sorted(unknown))}")
        records = []
        for model in self.models:
            for a, b, metric in pairs:
                d = paired_difference(self.rows[model, a].report, self.rows[model, b].report, metric)
                record = {"model": model, "attack": a, "baseline": b, "metric": metric}
                records.append(record | dict(zip(("difference", "low", "high"), d.value.triple, strict=True)) | {"p": d.p})
        frame = pd.DataFrame(records)
        frame["p"] = holm(frame["p"])
        frame["verdict"] = [verdict(d, p) for d, p in zip(frame["difference"], frame["p"], strict=True)]
        return frame

    def against(self, baseline: str = BASELINE, metrics: Sequence[str] = METRICS) -> pd.DataFrame:
        """`differences` of every other attack and the baseline, in each of the metrics."""
        return self.differences([(a, baseline, m) for a in self.attacks if a != baseline for m in metrics])

    def matrix(self, metric: str, models: Sequence[str] | None = None) -> pd.DataFrame:
        """Attacks x models: a metric with its interval, as text; the attacks in the order of their mean.

        Args:
            models: the columns; by default all, in the league's order.
        """
        chosen = self.models if models is None else list(models)
        reports = {a: [self.rows[m, a].report.estimate(metric) for m in chosen] for a in self.attacks}
        order = sorted(reports, key=lambda a: -sum(reports[a]))
        return pd.DataFrame([[e.text(2) for e in reports[a]] for a in order], index=order, columns=chosen)
