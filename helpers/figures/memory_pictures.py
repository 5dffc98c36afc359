"""When does memory set in, for which copies, and for whom?"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from helpers.evaluation.metrics import Estimate
from helpers.figures.plots import WIDTH

TIMES = {"step": "steps of training", "visits": "visits to each member"}
HEIGHTS = {"AUC": "AUC of SimA", "frechet": "Fréchet distance"}
LINES = ("-", "--", "-.", ":", (0, (5, 1)))  # beside the colour
MARKS = "osD^v"


def two_clocks(runs: Mapping[int, pd.DataFrame], good: float) -> Figure:
    """AUC and Fréchet distance, against steps and against visits, a line a size, with 95% intervals as bands.

    Args:
        runs: by the number of members: `helpers.experiments.clock_outcomes.ClockRuns.along`.
        good: the Fréchet distance at which samples count as good, a dotted line.
    """
    figure, axes = plt.subplots(2, 2, figsize=(WIDTH, 6), layout="constrained", sharey="row", sharex="col")
    colours = _colours(len(runs))
    for row, column in zip(axes, HEIGHTS, strict=True):
        for axis, time in zip(row, TIMES, strict=True):
            for (n, along), colour, dashes in zip(runs.items(), colours, cycle(LINES), strict=False):
                values = along[column]
                axis.plot(along[time].astype(float), values.astype(float), ls=dashes, color=colour, label=f"{n:,}")
                low, high = ([getattr(v, side) for v in values] for side in ("low", "high"))
                axis.fill_between(along[time].astype(float), low, high, color=colour, alpha=0.12, lw=0)
            axis.axhline(0.5 if column == "AUC" else good, color="0.5", ls=":", lw=1)
            axis.set_xscale("log")
            axis.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
        row[0].set_ylabel(HEIGHTS[column])
    for axis in axes[1]:
        axis.set_yscale("log")
        axis.set_yticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
        axis.yaxis.set_minor_formatter(NullFormatter())
    for axis, time in zip(axes[1], TIMES, strict=True):
        axis.set_xlabel(TIMES[time])
    axes[0, 0].legend(title="members", fontsize=8, title_fontsize=8)
    return figure


def onsets(sizes: Sequence[int], times: Mapping[str, np.ndarray]) -> Figure:
    """When something had happened, against the number of members: a point a seed, and a line through their geometric means.

    Args:
        times: by what had happened, steps (sizes, seeds); NaN where it never did.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.6), layout="constrained")
    for (label, steps), colour, mark, dashes in zip(times.items(), ("#CC79A7", "#009E73"), MARKS, LINES, strict=False):
        axis.plot(np.repeat(sizes, steps.shape[1]), steps.ravel(), mark, color=colour, alpha=0.6, ms=5)
        complete = ~np.isnan(steps).any(1)
        middle = np.exp(np.log(steps[complete]).mean(1))
        axis.plot(np.array(sizes)[complete], middle, ls=dashes, color=colour, label=label)
    axis.set(xscale="log", yscale="log", xlabel="members n", ylabel="steps of training")
    axis.set_xticks(sizes, [f"{n:,}" for n in sizes])
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axis.minorticks_off()
    axis.legend(fontsize=9)
    return figure


Curve = tuple[Sequence[float], Sequence[float]]


def by_visits(groups: Mapping[str, Curve], others: Mapping[str, Curve]) -> Figure:
    """AUC against how often an image was seen: (visits, AUC) of groups of images, and of others, grey, to compare with."""
    figure, axis = plt.subplots(figsize=(WIDTH, 4), layout="constrained")
    for (label, (visits, auc)), dashes in zip(others.items(), ("--", ":"), strict=False):
        axis.plot(visits, auc, ls=dashes, color="0.5", lw=2.5, label=label)
    for (label, (visits, auc)), colour, mark in zip(groups.items(), _colours(len(groups)), cycle(MARKS), strict=False):
        axis.plot(visits, auc, "-", marker=mark, ms=4, color=colour, label=label)
    axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axis.set(xscale="log", xlabel="visits to the image", ylabel="AUC of SimA")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axis.legend(fontsize=8, loc="lower right")
    return figure


def found_by_group(shares: Mapping[str, Sequence[Estimate]], groups: Sequence[str], xlabel: str, ylabel: str) -> Figure:
    """Bars of a share for each group of images, side by side for each attack, with 95% intervals."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.4), layout="constrained")
    width = 0.8 / len(shares)
    for k, (label, values) in enumerate(shares.items()):
        place = np.arange(len(groups)) + (k - (len(shares) - 1) / 2) * width
        heights = np.array([float(v) for v in values])
        error = np.abs(np.array([[v.low for v in values], [v.high for v in values]]) - heights)
        axis.bar(place, heights, width, yerr=error, label=label, color=("0.75", "#009E73", "#CC79A7")[k % 3], ecolor="0.2")
    axis.set(xlabel=xlabel, ylabel=ylabel)
    axis.set_xticks(range(len(groups)), groups)
    axis.legend(fontsize=9, loc="upper left")
    return figure


def _colours(n: int) -> list[tuple[float, ...]]:
    """From light to dark, so that an order is seen, without the palest end."""
    return [plt.get_cmap("viridis_r")(place) for place in np.linspace(0.15, 1, n)]
