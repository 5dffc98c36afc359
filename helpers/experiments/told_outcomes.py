"""What did the runs of one kind find, over its seeds?

A kind is what the names of `helpers.training.emoji_recipes.FINE_TUNES` have in common: "full", "lora-8", "shuffled", ...; and
"full-64" and so on, where somebody has run them at 64 x 64.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import METRICS, Estimate, evaluate
from helpers.evaluation.paired import holm, paired_difference, verdict
from helpers.evaluation.row import Row
from helpers.experiments.fine_tunes import ASKED_ALL, fine_tunes_named, scores_folder
from helpers.experiments.outcomes import Outcome, load_outcome
from helpers.experiments.over_seeds import difference, over_seeds

EARLY = str(ASKED_ALL[0])


@dataclass(frozen=True)
class ToldRuns:
    """The outcomes of a kind, one for each seed.

    Args:
        folder: where they are; by default their `helpers.experiments.fine_tunes.scores_folder`.

    Raises:
        ValueError: an unknown kind.
        FileNotFoundError: scores that are not there; the message says how to make them.
    """

    kind: str
    folder: Path | None = None

    @cached_property
    def outcomes(self) -> dict[int, Outcome]:
        """By seed."""
        again = "run `python -m helpers maintain fine-tunes {}`"
        return {
            r.seed: load_outcome(r.name, self.folder or scores_folder(r), r.to_json(), again.format(r.name))
            for r in fine_tunes_named([self.kind])
        }

    def rows(self, question: str, when: str = EARLY) -> list[Row]:
        """What a question found, seed by seed.

        Args:
            when: the step at which it was asked, or "STEP x SCALE" of a LoRA.

        Raises:
            ValueError: a question that was not asked then.
        """
        missing = [seed for seed, outcome in self.outcomes.items() if (question, when) not in outcome.rows]
        if missing:
            raise InvalidInput(f"{self.kind} was not asked {question!r} at {when} with seed {missing[0]}")
        return [outcome.rows[question, when] for outcome in self.outcomes.values()]

    def runs(self, question: str, when: str = EARLY) -> pd.DataFrame:
        """One row a seed, with METRICS, for `helpers.experiments.over_seeds.difference`."""
        # The interval of a seed's own images is not asked for here, and would take a thousand times as long.
        reports = [evaluate(row.members, row.held_out, bootstrap=0) for row in self.rows(question, when)]
        found = {metric: [float(report.estimate(metric)) for report in reports] for metric in METRICS}
        return pd.DataFrame({"seed": [*self.outcomes], "failed": "", **found})

    def estimate(self, question: str, metric: str = "AUC", when: str = EARLY) -> Estimate:
        """The mean over seeds with its interval."""
        return over_seeds(self.runs(question, when)[metric].tolist(), "share")

    def quality(self, name: str) -> list[float]:
        """What `Outcome.quality` holds under a name, seed by seed."""
        return [outcome.quality[name] for outcome in self.outcomes.values()]

    def steps(self) -> list[int]:
        """At which steps it was asked."""
        first = next(iter(self.outcomes.values()))
        return sorted({int(when) for _, when in first.rows if when.isdigit()})


def compared(runs: ToldRuns, pairs: list[tuple[str, str]], metric: str = "AUC", when: str = EARLY) -> pd.DataFrame:
    """Is question A answered better than question B? One row a pair: "A", "B", and

    "difference": A minus B over seeds with its interval; "decided": on how many seeds the images of that seed alone decide for A
    and for B, each by a paired bootstrap, corrected by Holm over all pairs and seeds.
    """
    tests = [
        paired_difference(a.report, b.report, metric)
        for first, second in pairs
        for a, b in zip(runs.rows(first, when), runs.rows(second, when), strict=True)
    ]
    adjusted = holm([test.p for test in tests])
    verdicts = [verdict(float(test.value), p) for test, p in zip(tests, adjusted, strict=True)]
    n = len(runs.outcomes)
    found = []
    for i, (first, second) in enumerate(pairs):
        own = verdicts[i * n : (i + 1) * n]
        gap = difference(runs.runs(first, when), runs.runs(second, when), metric)
        found.append((first, second, gap, own.count("better"), own.count("worse")))
    # As objects: as floats, estimates would lose their intervals.
    return pd.DataFrame(found, columns=["A", "B", "difference", "for A", "for B"], dtype=object)
