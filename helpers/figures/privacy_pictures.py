"""What does a promise of privacy allow, what was found in spite of it, and what does it cost?"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from helpers.evaluation.metrics import evaluate
from helpers.evaluation.privacy_region import allowed_tpr
from helpers.evaluation.row import Row
from helpers.figures.plots import WIDTH

LOWEST = 1e-3  # of a rate on logarithmic axes
REGION = "#56B4E9"
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 3)))
MARKS = "osD^vP"


def regions(epsilons: Sequence[float], delta: float) -> Figure:
    """The largest TPR at each FPR that (ε, δ) allows, on linear and on logarithmic axes: a line for each ε."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.8), layout="constrained")
    for axis, fpr, scale in zip(axes, (np.linspace(0, 1, 501), np.geomspace(LOWEST, 1, 501)), ("linear", "log"), strict=True):
        for epsilon, colour, dashes in zip(epsilons, _colours(len(epsilons)), cycle(LINES), strict=False):
            axis.plot(fpr, allowed_tpr(fpr, epsilon, delta), ls=dashes, color=colour, label=f"ε = {epsilon:g}")
        _roc_axis(axis, scale)
    axes[0].legend(fontsize=9, loc="lower right")
    return figure


def in_the_region(runs: Mapping[str, tuple[Sequence[Row], float]], delta: float) -> Figure:
    """For each kind of run the region of its ε, and in it a ROC for each seed, on logarithmic axes.

    Args:
        runs: by name, one row of scores a seed, and ε.
    """
    columns = min(3, max(2, len(runs)))
    lines = -(-len(runs) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(WIDTH, 2.9 * lines), layout="constrained", squeeze=False, sharex=True, sharey=True
    )
    fpr = np.geomspace(LOWEST, 1, 301)
    for axis, (name, (rows, epsilon)) in zip(axes.flat, runs.items(), strict=False):
        axis.fill_between(fpr, LOWEST, allowed_tpr(fpr, epsilon, delta), color=REGION, alpha=0.25, lw=0)
        for row, dashes in zip(rows, cycle(LINES), strict=False):
            report = evaluate(row.members, row.held_out, bootstrap=0)
            axis.step(
                np.maximum(report.fpr, LOWEST), np.maximum(report.tpr, LOWEST), where="post", ls=dashes, color="0.2", lw=1.2
            )
        _roc_axis(axis, "log")
        axis.set_title(name, fontsize=10)
        axis.label_outer()
    for axis in axes.flat[len(runs) :]:
        axis.set_axis_off()
    return figure


def most_that_can_be_shown(numbers: Sequence[int], bounds: Mapping[str, Sequence[float]], claimed: Sequence[float]) -> Figure:
    """The largest ε that a faultless attack can contradict, against the number of images; claimed ε as dotted lines."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.6), layout="constrained")
    for (label, values), colour, dashes in zip(bounds.items(), ("#009E73", "#CC79A7"), LINES, strict=False):
        axis.plot(numbers, values, ls=dashes, color=colour, label=label)
    for epsilon in claimed:
        axis.axhline(epsilon, color="0.5", ls=":", lw=1)
        axis.text(numbers[-1], epsilon, f"ε = {epsilon:.2g} ", ha="right", va="bottom", fontsize=8, color="0.4")
    axis.set(xscale="log", yscale="log", xlabel="images asked about", ylabel="largest ε that can be contradicted")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axis.legend(fontsize=9, loc="lower right")
    return figure


def refuted(found: Mapping[str, Mapping[str, Sequence[float]]], claimed: Mapping[str, float]) -> Figure:
    """A line for each kind of run: the claimed ε, and which ε each attack refutes in each seed's run, a point a run.

    Args:
        found: by kind and attack, one lower bound a seed.
        claimed: by kind; infinite where nothing is claimed.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 0.9 + 0.45 * len(found)), layout="constrained")
    for line, (kind, by_attack) in enumerate(found.items()):
        if np.isfinite(claimed[kind]):
            axis.plot(claimed[kind], line, "|", ms=18, mew=2.5, color="0.2", label=None if line else "claimed ε")
        for k, ((attack, values), colour) in enumerate(zip(by_attack.items(), ("#009E73", "#CC79A7"), strict=False)):
            place = np.full(len(values), line + 0.15 * (2 * k - 1))
            axis.plot(values, place, MARKS[k], color=colour, ms=5, alpha=0.8, ls="none", label=None if line else attack)
    axis.set_yticks(range(len(found)), list(found))
    axis.invert_yaxis()
    axis.set(xscale="symlog", xlabel="ε: claimed, and at least", xlim=(-0.1, None))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axis.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def leak_against_quality(trails: Mapping[str, pd.DataFrame], stopped: Mapping[str, pd.DataFrame]) -> Figure:
    """SimA's AUC against the Fréchet distance along training: better samples to the left, less leak below.

    Args:
        trails: by name, `helpers.experiments.private_outcomes.PrivateRuns.along` of runs with noise; their ends are marked.
        stopped: the same of runs without noise, each checkpoint of which is a way to stop early.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 4.4), layout="constrained")
    for (name, trail), dashes in zip(stopped.items(), LINES, strict=False):
        axis.plot(trail["frechet"].map(float), trail["AUC"].map(float), ".", ls=dashes, color="0.55", label=name)
    for (name, trail), colour, mark in zip(trails.items(), _colours(len(trails)), cycle(MARKS), strict=False):
        across, up = (trail[column].map(float).to_numpy() for column in ("frechet", "AUC"))
        axis.plot(across, up, "-", color=colour, lw=1, alpha=0.6)
        frechet, auc = (trail[column].iloc[-1] for column in ("frechet", "AUC"))
        error = [[[float(v) - v.low], [v.high - float(v)]] for v in (frechet, auc)]
        axis.errorbar(float(frechet), float(auc), error[1], error[0], mark, color=colour, ms=7, lw=1, label=name)
    axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axis.set(xscale="log", xlabel="Fréchet distance", ylabel="AUC of SimA")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xticks([2, 3, 5, 10, 20, 50])
    axis.legend(fontsize=9)
    return figure


def _roc_axis(axis: Axes, scale: str) -> None:
    lowest = LOWEST if scale == "log" else 0
    axis.plot([LOWEST, 1], [LOWEST, 1], color="0.5", ls=":", lw=1)
    axis.set(xscale=scale, yscale=scale, xlim=(lowest, 1), ylim=(lowest, 1.02))
    axis.set(xlabel="false-positive rate", ylabel="true-positive rate")


def _colours(n: int) -> list[tuple[float, ...]]:
    """From light to dark, so that an order is seen, without the palest end."""
    return [plt.get_cmap("viridis_r")(place) for place in np.linspace(0.15, 1, n)]
