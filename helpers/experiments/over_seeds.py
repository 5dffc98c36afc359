"""What do many runs say together, and how sure can we be?

Runs that differ in their seed alone are repetitions. Their mean has the interval

    mean ± t s / sqrt(n),     s: standard deviation over n seeds,  t: 97.5% quantile of Student's t with n - 1 degrees

which holds everything that a seed draws: the split, the first weights and every step. With three seeds t = 4.3: wide, and
honest. Distances of seeds differ by factors, so theirs is the interval of the logarithm, and the mean a geometric one. A
share (a rate, an area, a part of the images) stays between 0 and 1, and so does its interval, which is that of arcsin √v:

    sin²(m ± t s / sqrt(n)),     m, s: mean and standard deviation of arcsin √v,  the angle cut at 0 and π/2

A failed run is left out and counted.

Source: Anscombe, "The transformation of Poisson, binomial and negative-binomial data" (Biometrika 1948), for the arcsine.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.stats import t as student

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import METRICS, Estimate, evaluate
from helpers.experiments.outcomes import OUTCOMES, load_outcome
from helpers.training.experiment_recipes import Experiment

Scale = Literal["linear", "logarithm", "share"]
DISTANCES = ("frechet",)
SHARES = (*METRICS, "precision", "recall", "near_copies", "noise_share")
EXPERIMENT_COLUMNS = ("seed", "beta", "latents", "family", "channels", "subset", "discriminator", "weight", "steps")


def over_seeds(values: Sequence[float], scale: Scale = "linear") -> Estimate:
    """The mean of n >= 2 repetitions with its 95% interval.

    Args:
        scale: "logarithm" for what differs by factors, with the geometric mean; "share" for what lies in [0, 1].

    Raises:
        ValueError: fewer than 2 values, or one that is not finite, not positive for a logarithm, or no share.
    """
    v = np.asarray(values, dtype=float)
    allowed = {"linear": np.isfinite(v), "logarithm": v > 0, "share": (v >= 0) & (v <= 1)}[scale]
    if v.ndim != 1 or len(v) < 2 or not (np.isfinite(v) & allowed).all():
        wanted = {"linear": "finite values", "logarithm": "finite, positive values", "share": "values from 0 to 1"}[scale]
        raise InvalidInput(f"an interval over seeds needs at least 2 {wanted}, got {values}")
    if scale == "logarithm":
        return Estimate(*np.exp(over_seeds(np.log(v)).triple))
    if scale == "share":
        angle = over_seeds(np.arcsin(np.sqrt(v)))
        low, high = np.sin(np.clip([angle.low, angle.high], 0, np.pi / 2)) ** 2
        return Estimate(v.mean(), min(low, v.mean()), max(high, v.mean()))
    half = student.ppf(0.975, len(v) - 1) * v.std(ddof=1) / np.sqrt(len(v))
    return Estimate(v.mean(), v.mean() - half, v.mean() + half)


def scale_of(column: str) -> Scale:
    """On which scale a column of `collect` has its interval."""
    return "logarithm" if column in DISTANCES else "share" if column in SHARES else "linear"


def settings(e: Experiment) -> dict[str, object]:
    """What tells an experiment from others, under the names of SETTINGS; a pixel model has no β, family or subset."""
    a = e.autoencoder
    own = {"seed": e.seed, "latents": e.latents if a else "", "steps": e.denoiser.steps}
    behind = {"beta": np.nan, "family": "pixels", "channels": "", "subset": "", "discriminator": "", "weight": 0.0}
    if a:
        behind |= {"beta": a.beta, "family": a.family, "subset": a.subset}
        behind |= {"discriminator": a.discriminator, "weight": a.discriminator_weight, "channels": str(a.channels)}
    return own | behind


def collect(
    experiments: Iterable[Experiment], attack: str = "SimA", attacked: str = "mean", folder: Path = OUTCOMES
) -> pd.DataFrame:
    """One row a run: SETTINGS, "failed" (a reason or ""), METRICS of the attack, and what its `Outcome.quality` holds.

    Args:
        attack: one of `helpers.experiments.measure.SWEPT_ATTACKS`.
        attacked: at the posterior's "mean", or at a "sample" of it; or what a study calls its rows.
        folder: of the scores; those of a study of `helpers.experiments.latent_studies` lie in a folder of its name.

    Raises:
        ValueError: an attack that did not meet these runs.
        FileNotFoundError: a run whose scores are not there.
    """
    records = []
    for e in experiments:
        outcome = load_outcome(e.name, folder)
        record = {"name": e.name, **settings(e), "failed": outcome.failed}
        if not outcome.failed:
            if (attack, attacked) not in outcome.rows:
                raise InvalidInput(f"{e.name} was attacked by {sorted(outcome.rows)}, not by {(attack, attacked)}")
            row = outcome.rows[attack, attacked]
            report = evaluate(row.members, row.held_out, bootstrap=0)
            record |= {metric: float(report.estimate(metric)) for metric in METRICS}
            record |= outcome.quality | {"timestep": row.timestep}
        records.append(record)
    return pd.DataFrame(records)


def summarise(runs: pd.DataFrame, by: str | list[str], columns: Sequence[str]) -> pd.DataFrame:
    """One row a setting, in the order of the runs: an `Estimate` over seeds per column, and how many runs "failed".

    Raises:
        ValueError: fewer than 2 runs of a setting that did not fail.
    """
    rows = {}
    for setting, group in runs.groupby(by, sort=False, dropna=False):
        good = group[group["failed"] == ""]
        rows[setting] = [over_seeds(good[c].tolist(), scale_of(c)) for c in columns] + [len(group) - len(good)]
    index = pd.Index(rows, name=by) if isinstance(by, str) else pd.MultiIndex.from_tuples(rows, names=by)
    values = zip(*rows.values(), strict=True)
    # As objects: as floats, estimates would lose their intervals.
    return pd.DataFrame({c: pd.Series(v, index, dtype=object) for c, v in zip([*columns, "failed"], values, strict=True)})


def difference(a: pd.DataFrame, b: pd.DataFrame, column: str) -> Estimate:
    """Runs a minus runs b, seed by seed: two runs of one seed share the split, whose luck cancels.

    Raises:
        ValueError: other seeds in a than in b, a seed twice, or fewer than 2 seeds on which neither failed.
    """
    a, b = _paired(a, b, column)
    return over_seeds((a - b).tolist())


def ratio(a: pd.DataFrame, b: pd.DataFrame, column: str) -> Estimate:
    """Runs a over runs b, seed by seed: the geometric mean, for distances. Raises as `difference`."""
    a, b = _paired(a, b, column)
    return over_seeds((a / b).tolist(), "logarithm")


def _paired(a: pd.DataFrame, b: pd.DataFrame, column: str) -> tuple[pd.Series, pd.Series]:
    """The column of both, by seed, where neither run failed."""
    for runs in (a, b):
        if runs["seed"].duplicated().any():
            raise InvalidInput(f"one run a seed is needed, got seeds {runs['seed'].tolist()}")
    if set(a["seed"]) != set(b["seed"]):
        raise InvalidInput(f"both must have the same seeds, got {sorted(a['seed'])} and {sorted(b['seed'])}")
    good = [runs[runs["failed"] == ""].set_index("seed")[column] for runs in (a, b)]
    return good[0].align(good[1], join="inner")


def written(summary: pd.DataFrame, digits: dict[str, int] | None = None) -> pd.DataFrame:
    """The summary as text, "0.83 [0.80, 0.86]"; `digits` after the point of a column, 2 by default."""

    def cell(value: object, places: int) -> str:
        return value.text(places) if isinstance(value, Estimate) else str(value)

    index = summary.index
    if index.nlevels == 1:
        index = pd.Index([f"{v:.2g}" if isinstance(v, float) else v for v in index], name=index.name)
    return pd.DataFrame({c: [cell(v, (digits or {}).get(c, 2)) for v in summary[c]] for c in summary}, index=index)
