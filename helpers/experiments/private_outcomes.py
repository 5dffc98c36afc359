"""What did the private runs of one kind find, over their seeds?

A kind is one of `helpers.training.private_recipes`: an amount of noise, or a way to be broken with canaries.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.errors import InvalidInput
from helpers.evaluation.epsilon_bound import epsilon_lower_bound
from helpers.evaluation.metrics import Estimate
from helpers.evaluation.privacy_region import allowed_tpr
from helpers.evaluation.row import Row
from helpers.experiments.clock import KEPT_TIMESTEP
from helpers.experiments.outcomes import Outcome
from helpers.experiments.over_seeds import over_seeds, scale_of
from helpers.experiments.private import LOSS, PRIVATE_OUTCOMES, private_outcome, refuted_epsilon
from helpers.training.canaries import CanaryRecipe
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.private_recipes import PRIVATE

# What attacks left at the end: the row of each in an outcome, at the timestep that was fixed before the runs.
ATTACKS = {"SimA": ("SimA at", str(KEPT_TIMESTEP)), "loss": ("Loss at", str(LOSS.timestep))}
# Columns of `PrivateRuns.along`, and under which name an outcome holds them.
COLUMNS = {"AUC": "AUC of SimA", "TPR at 1% FPR": "TPR of SimA", "frechet": "frechet"}


@dataclass(frozen=True)
class PrivateRuns:
    """The outcomes of a kind, one for each seed.

    Args:
        folder: where they are.

    Raises:
        ValueError: a kind that there is not.
        FileNotFoundError: scores that are not there; the message says how to make them.
    """

    kind: str
    folder: Path = PRIVATE_OUTCOMES

    @cached_property
    def recipes(self) -> dict[int, PrivateRecipe]:
        """By seed."""
        found = {seed: recipe for (kind, seed), recipe in PRIVATE.items() if kind == self.kind}
        if not found:
            raise InvalidInput(f"no private runs of {self.kind!r}; there are {', '.join({kind: None for kind, _ in PRIVATE})}")
        return found

    @cached_property
    def outcomes(self) -> dict[int, Outcome]:
        """By seed."""
        return {seed: private_outcome(self.kind, seed, self.folder) for seed in self.recipes}

    @property
    def _first(self) -> PrivateRecipe:
        return next(iter(self.recipes.values()))

    @property
    def steps(self) -> list[int]:
        """At which each run was looked at."""
        return [*range(self._first.checkpoint_every, self._first.steps + 1, self._first.checkpoint_every)]

    @property
    def delta(self) -> float:
        return self._first.delta

    def epsilon(self, step: int | None = None) -> float:
        """What is claimed after so many steps, by default all of them; infinite where nothing is."""
        return self._first.claimed_epsilon(self._first.steps if step is None else step)

    def rows(self, attack: str = "SimA") -> dict[int, Row]:
        """Scores at the end of training, by seed.

        Raises:
            ValueError: an attack that did not meet these runs.
        """
        if attack not in ATTACKS:
            raise InvalidInput(f"attack must be one of {', '.join(ATTACKS)}, got {attack!r}")
        return {seed: outcome.rows[ATTACKS[attack]] for seed, outcome in self.outcomes.items()}

    def quality(self, name: str, step: int | None = None) -> list[float]:
        """What the outcomes hold as "NAME.STEP", seed by seed; by default at the end."""
        return [o.quality[f"{name}.{self.steps[-1] if step is None else step}"] for o in self.outcomes.values()]

    def along(self) -> pd.DataFrame:
        """One row a checkpoint: "step", "epsilon", "allowed" (`allowed_tpr` at 1 % FPR), and COLUMNS as `Estimate` over seeds."""
        rows = []
        for step in self.steps:
            epsilon = self.epsilon(step)
            found: dict[str, object] = {
                "step": step,
                "epsilon": epsilon,
                "allowed": allowed_tpr(0.01, epsilon, self.delta).item(),
            }
            found |= {c: over_seeds(self.quality(name, step), scale_of(c)) for c, name in COLUMNS.items()}
            rows.append(found)
        return pd.DataFrame(rows, dtype=object)

    def estimate(self, column: str) -> Estimate:
        """One of COLUMNS at the end, over seeds."""
        return over_seeds(self.quality(COLUMNS[column]), scale_of(column))

    def refuted(self, attack: str = "SimA", confidence: float = 0.95) -> list[float]:
        """What ε is at least, seed by seed, by what an attack found.

        By canaries, see `helpers.experiments.private.refuted_epsilon`. Without them, the first half of members and held-out
        images chooses a threshold, and the other half counts as in `helpers.evaluation.epsilon_bound`.

        Raises:
            ValueError: an attack that did not meet these runs, or a confidence outside (0, 1).
        """
        found = []
        for seed, row in self.rows(attack).items():
            recipe = self.recipes[seed]
            if isinstance(recipe, CanaryRecipe):
                found.append(refuted_epsilon(recipe, row, confidence))
            else:
                chosen_on, counted_on = zip(_halves(row.members), _halves(row.held_out), strict=True)
                found.append(epsilon_lower_bound(chosen_on, counted_on, self.delta, confidence).epsilon)
        return found


def _halves(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return scores[: len(scores) // 2], scores[len(scores) // 2 :]
