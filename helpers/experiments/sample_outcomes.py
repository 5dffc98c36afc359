"""What did the samples of one kind of model give away, over its seeds?

A kind is one of `helpers.training.sampled_recipes.SAMPLED`: "n = 300", "n = 600", "n = 1200", "duplicates".
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate, evaluate
from helpers.experiments.outcomes import Outcome
from helpers.experiments.over_seeds import over_seeds
from helpers.experiments.samples import SAMPLED_OUTCOMES, SAMPLES_ALONE, STOPS, sampled_outcome
from helpers.training.sampled_recipes import SAMPLED

METRICS = ("AUC", "TPR")  # the latter at 1 % FPR


@dataclass(frozen=True)
class SampledRuns:
    """The outcomes of a kind, one for each seed.

    Args:
        folder: where they are.

    Raises:
        ValueError: an unknown kind.
        FileNotFoundError: scores that are not there; the message says how to make them.
    """

    kind: str
    folder: Path = SAMPLED_OUTCOMES

    @cached_property
    def outcomes(self) -> dict[int, Outcome]:
        """By seed."""
        seeds = [seed for kind, seed in SAMPLED if kind == self.kind]
        if not seeds:
            raise InvalidInput(f"no runs of {self.kind!r}; there are {', '.join(dict.fromkeys(kind for kind, _ in SAMPLED))}")
        return {seed: sampled_outcome(self.kind, seed, self.folder) for seed in seeds}

    def quality(self, name: str) -> Estimate:
        """The mean over seeds of what an outcome's quality holds under a name, with its interval.

        Raises:
            ValueError: nothing of that name.
        """
        missing = [seed for seed, outcome in self.outcomes.items() if name not in outcome.quality]
        if missing:
            raise InvalidInput(f"the outcome of {self.kind!r} with seed {missing[0]} holds nothing called {name!r}")
        return over_seeds([outcome.quality[name] for outcome in self.outcomes.values()], "share")

    def found(self, attack: str, n: int, metric: str = "AUC") -> Estimate:
        """What an attack of `helpers.experiments.samples.SAMPLES_ALONE` found with n samples; one of METRICS."""
        return self.quality(f"{metric} of {attack}.{n}")

    def along(self, metric: str = "AUC") -> pd.DataFrame:
        """What each such attack found, a column each, a row for each N of `helpers.experiments.samples.STOPS`."""
        found = {name: [self.found(name, n, metric) for n in STOPS] for name in SAMPLES_ALONE}
        return pd.DataFrame(found, index=pd.Index(STOPS, name="samples"), dtype=object)

    def extracted(self, whose: str = "") -> list[Estimate]:
        """The share that came out by each N of `STOPS`.

        Args:
            whose: "" for all members, a number for those that stand there so often, "held-out" for chance.
        """
        name = f"extracted {whose}".strip()
        return [self.quality(f"{name}.{n}") for n in STOPS]

    def asked(self, attack: str, whom: str = "members", metric: str = "AUC") -> Estimate:
        """What an attack that asks the model says of "members", its own "samples", or those that are "no copies".

        Held-out images are what they are told from; the "TPR" is then the share of samples that are called members.

        Raises:
            ValueError: an attack or a group that was not asked.
        """
        found = []
        for seed, outcome in self.outcomes.items():
            if (attack, whom) not in outcome.rows:
                raise InvalidInput(f"{attack!r} was not asked about {whom!r} of {self.kind!r} with seed {seed}")
            row = outcome.rows[attack, whom]
            report = evaluate(row.members, row.held_out, bootstrap=0)
            found.append(float(report.auc if metric == "AUC" else report.tpr_at_fpr(0.01)))
        return over_seeds(found, "share")
