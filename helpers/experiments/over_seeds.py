"""What do many runs say together, and how sure can we be?

Runs that differ in their seed alone are repetitions. Their mean has the interval

    mean ± t s / sqrt(n),     s: standard deviation over n seeds,  t: 97.5% quantile of Student's t with n - 1 degrees

which holds everything that a seed draws: the split, the first weights and every step. With three seeds t = 4.3: wide, and
honest. Distances of seeds differ by factors, so theirs is the interval of the logarithm, and the mean a geometric one. A
failed run is left out and counted.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import METRICS, Estimate, evaluate
from helpers.experiments.outcomes import OUTCOMES, load_outcome
from helpers.training.experiment_recipes import Experiment

DISTANCES = ("frechet",)
EXPERIMENT_COLUMNS = ("seed", "beta", "latents", "family", "channels", "subset", "discriminator", "weight", "steps")


def over_seeds(values: Sequence[float], logarithmic: bool = False) -> Estimate:
    """The mean of n >= 2 repetitions with its 95% interval.

    Args:
        logarithmic: the geometric mean, and the interval of the logarithm.

    Raises:
        ValueError: fewer than 2 values, or one that is not finite, or not positive for a logarithm.
    """
    v = np.asarray(values, dtype=float)
    if v.ndim != 1 or len(v) < 2 or not np.isfinite(v).all() or (logarithmic and v.min() <= 0):
        wanted = "finite and positive" if logarithmic else "finite"
        raise InvalidInput(f"an interval over seeds needs at least 2 {wanted} values, got {values}")
    if logarithmic:
        return Estimate(*np.exp(over_seeds(np.log(v)).triple))
    half = student.ppf(0.975, len(v) - 1) * v.std(ddof=1) / np.sqrt(len(v))
    return Estimate(v.mean(), v.mean() - half, v.mean() + half)


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
        rows[setting] = [over_seeds(good[c].tolist(), c in DISTANCES) for c in columns] + [len(group) - len(good)]
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
    return over_seeds((a / b).tolist(), logarithmic=True)


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
