"""Was a collection used? Its p-values, how many images it takes, and what other people's records say of two traps."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.evaluation.collection import CollectionTest
from helpers.evaluation.metrics import Estimate
from helpers.figures.path_pictures import COLOURS
from helpers.figures.plots import HELD_OUT, WIDTH

LOWEST = 1e-12  # of the p-values that are drawn


def cuts(tests: Mapping[str, CollectionTest], level: float) -> Figure:
    """The p-value of each cut as a dot, a row a test, and twice their median as a line.

    Args:
        level: drawn as a dotted line.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 0.8 + 0.6 * len(tests)), layout="constrained")
    for row, test in enumerate(tests.values()):
        spread = row + 0.25 * np.cos(np.arange(len(test.p_of_cuts)))  # so that equal dots do not hide each other
        axis.plot(np.clip(test.p_of_cuts, LOWEST, 1), spread, "o", color="#0072B2", ms=5, alpha=0.5, mew=0)
        axis.plot([max(test.p, LOWEST)] * 2, [row - 0.35, row + 0.35], color="#D55E00", lw=3)
    axis.axvline(level, color="0.4", ls=":")
    axis.set(xscale="log", xlabel="p-value", yticks=range(len(tests)), yticklabels=list(tests), ylim=(len(tests) - 0.5, -0.5))
    axis.annotate("level", (level, 0), (3, 4), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=9)
    return figure


def power(curves: Mapping[str, Mapping[int, Estimate]], level: float) -> Figure:
    """The share of collections that are found against their size, one line a label, with its 95% interval as a band.

    Args:
        curves: label -> images -> share.
        level: drawn as a dotted line: at most so many innocent collections should be accused.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8), layout="constrained")
    for (label, curve), (colour, dashes) in zip(curves.items(), cycle(COLOURS), strict=False):
        sizes, values = list(curve), list(curve.values())
        axis.plot(sizes, values, ls=dashes, color=colour, label=label, marker="o", ms=4)
        axis.fill_between(sizes, [v.low for v in values], [v.high for v in values], color=colour, alpha=0.15, lw=0)
    axis.axhline(level, color="0.4", ls=":")
    axis.set(xlabel="images in the collection", ylabel="share found", ylim=(-0.03, 1.03))
    axis.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def another_source(shares: Sequence[float], curves: Mapping[str, Sequence[float]], one_source: Mapping[str, float]) -> Figure:
    """AUC against the share of the held-out images that come from another source, and beside it that within one source.

    Args:
        shares: in [0, 1], (k,).
        curves: by attack, (k,).
        one_source: by attack; those of `curves` are drawn.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.4), layout="constrained")
    for (attack, values), (colour, dashes) in zip(curves.items(), COLOURS, strict=False):
        axis.plot([100 * s for s in shares], values, ls=dashes, color=colour, marker="o", ms=5, label=attack)
        axis.plot(-20, one_source[attack], "D", color=colour, ms=7)
    axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axis.axvline(-10, color="0.8", lw=1)
    ticks = [-20, *(100 * s for s in shares)]
    axis.set(xlabel="held-out images from another source", ylabel="AUC (published)", ylim=(0.48, 0.8), xlim=(-28, 104))
    axis.set_xticks(ticks, ["one source\nthroughout", *(f"{t:.0f} %" for t in ticks[1:])])
    axis.legend(fontsize=9, loc="upper left", bbox_to_anchor=(0.25, 1))
    return figure


def carried(records: pd.DataFrame, allowed: float) -> Figure:
    """The false-positive rate of thresholds on a second set, a mark for each model, a row an attack.

    Args:
        records: "model", "attack" and "FPR".
        allowed: the rate for which they were set, drawn as a dotted line.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.2), layout="constrained")
    attacks = sorted(records["attack"].unique(), key=lambda a: records.loc[records["attack"] == a, "FPR"].max())
    marks = cycle("osD^v")
    for model, group in records.groupby("model", sort=False):
        rows = [attacks.index(attack) for attack in group["attack"]]
        axis.plot(group["FPR"], rows, next(marks), ls="none", color=HELD_OUT, ms=8, mfc="none", mew=1.6, label=model)
    axis.axvline(allowed, color="0.4", ls=":")
    ticks = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
    axis.set(xscale="log", xlabel="false-positive rate on the second set (published)", yticks=range(len(attacks)))
    axis.set_yticklabels(attacks)
    axis.set_xticks(ticks, [f"{100 * t:g} %" for t in ticks])
    axis.minorticks_off()
    axis.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    return figure
