"""Which images does a model remember, and does another model of the same images remember the same ones?

    train runs that differ in their seed, or in their network -> SimA's score of every image at fixed timesteps, for each run

Whether runs agree, and what could have been known from the data alone, `helpers.evaluation.predictors` says.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.experiments.clock import TIMESTEPS
from helpers.experiments.outcomes import Outcome
from helpers.experiments.runs import about, sima_rows
from helpers.training.denoiser import train_denoiser
from helpers.training.recipes import Recipe


def measure_which(recipe: Recipe, split: MembershipSplit, folder: Path | None = None, progress: bool = True) -> Outcome:
    """Train on the members; rows ("SimA at", timestep) for each of `TIMESTEPS`, of all members and all held-out images."""
    run = train_denoiser(recipe, split.members, folder, progress=progress)
    rows = sima_rows(run.denoiser, LabelledPart(split.members, split.held_out), TIMESTEPS)
    return Outcome(about(recipe, run), {("SimA at", str(t)): row for t, row in rows.items()})


def scores_of_runs(outcomes: Mapping[str, Outcome], timestep: int, kind: str = "members") -> dict[str, np.ndarray]:
    """Each run's scores of the same images, (n,), by the run's name.

    Args:
        timestep: one of `TIMESTEPS`.
        kind: "members" or "held_out".
    """
    return {name: getattr(outcome.rows["SimA at", str(timestep)], kind) for name, outcome in outcomes.items()}
