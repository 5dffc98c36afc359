"""What did the runs of one kind find on straight and curved paths, over their seeds?

A kind is one of `helpers.training.straight_recipes.KINDS`.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import METRICS, Estimate, evaluate
from helpers.experiments.outcomes import Outcome
from helpers.experiments.over_seeds import over_seeds, scale_of
from helpers.experiments.straight import ALONG_THE_PATH, STRAIGHT_OUTCOMES, straight_outcome
from helpers.training.straight_recipes import STRAIGHT


@dataclass(frozen=True)
class StraightRuns:
    """The outcomes of a kind on a data set, one for each seed.

    Args:
        folder: where they are.

    Raises:
        ValueError: a kind that this data set does not have.
        FileNotFoundError: scores that are not there; the message says how to make them.
    """

    dataset: str
    kind: str
    folder: Path = STRAIGHT_OUTCOMES

    @cached_property
    def outcomes(self) -> dict[int, Outcome]:
        """By seed."""
        seeds = [seed for dataset, kind, seed in STRAIGHT if (dataset, kind) == (self.dataset, self.kind)]
        if not seeds:
            known = sorted({kind for dataset, kind, _ in STRAIGHT if dataset == self.dataset})
            raise InvalidInput(f"no runs of {self.kind!r} on {self.dataset!r}; there are {', '.join(known) or 'none'}")
        return {seed: straight_outcome(self.dataset, self.kind, seed, self.folder) for seed in seeds}

    def runs(self, attack: str = "SimA", when: str = "end") -> pd.DataFrame:
        """One row a seed, with METRICS, for `helpers.experiments.over_seeds.difference`.

        Args:
            when: "end", or the step of a checkpoint as text, for SimA.

        Raises:
            ValueError: an attack that did not meet these runs then.
        """
        found: dict[str, list[float]] = {metric: [] for metric in METRICS}
        for seed, outcome in self.outcomes.items():
            if (attack, when) not in outcome.rows:
                raise InvalidInput(f"{self.dataset}-{self.kind} was not attacked by {attack!r} at {when} with seed {seed}")
            row = outcome.rows[attack, when]
            report = evaluate(row.members, row.held_out, bootstrap=0)
            for metric, values in found.items():
                values.append(float(report.estimate(metric)))
        return pd.DataFrame({"seed": [*self.outcomes], "failed": "", **found})

    def estimate(self, attack: str = "SimA", metric: str = "AUC", when: str = "end") -> Estimate:
        """The mean over seeds with its interval."""
        return over_seeds(self.runs(attack, when)[metric].tolist(), "share")

    def quality(self, name: str) -> list[float]:
        """What `Outcome.quality` holds under a name, seed by seed."""
        return [outcome.quality[name] for outcome in self.outcomes.values()]

    def along(self, attack: str = "SimA", metric: str = "AUC") -> list[Estimate]:
        """The mean over seeds with its interval at each of `helpers.experiments.straight.ALONG_THE_PATH`."""
        return [over_seeds(self.quality(f"{metric} of {attack} at {t}"), "share") for t in ALONG_THE_PATH]

    def peaks(self, attack: str = "SimA") -> list[int]:
        """The timestep at which the attack's AUC is largest, seed by seed."""
        return [
            max(ALONG_THE_PATH, key=lambda t: outcome.quality[f"AUC of {attack} at {t}"]) for outcome in self.outcomes.values()
        ]

    def steps(self) -> list[int]:
        """At which steps SimA was asked."""
        first = next(iter(self.outcomes.values()))
        return sorted(int(when) for _, when in first.rows if when.isdigit())

    def trail(self) -> pd.DataFrame:
        """One row a checkpoint: "step", and as `Estimate` over seeds the "AUC" of SimA and the "frechet" distance."""
        rows = []
        for step in self.steps():
            frechet = over_seeds(self.quality(f"frechet.{step}"), scale_of("frechet"))
            rows.append((step, self.estimate("SimA", "AUC", str(step)), frechet))
        return pd.DataFrame(rows, columns=["step", "AUC", "frechet"], dtype=object)

    def once_as_good(self, frechet: float) -> pd.DataFrame:
        """SimA at the first checkpoint whose samples have a Fréchet distance of at most so much, seed by seed.

        Returns:
            "seed", "step" and METRICS; "failed" says of a run that it was never as good.
        """
        rows = []
        for seed, outcome in self.outcomes.items():
            good = [step for step in self.steps() if outcome.quality[f"frechet.{step}"] <= frechet]
            if not good:
                rows.append({"seed": seed, "failed": "never as good"})
                continue
            row = outcome.rows["SimA", str(good[0])]
            report = evaluate(row.members, row.held_out, bootstrap=0)
            found = {metric: float(report.estimate(metric)) for metric in METRICS}
            rows.append({"seed": seed, "failed": "", "step": good[0], **found})
        return pd.DataFrame(rows)
