"""What do samples alone give away, and what do attacks say of the samples themselves?"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from helpers.evaluation.metrics import Estimate
from helpers.figures.path_pictures import COLOURS
from helpers.figures.plots import WIDTH

METRICS = {"AUC": ("AUC", 0.5), "TPR": ("TPR at 1% FPR", 0.01)}  # the name of the axis, and what guessing has
GROUPS = {"members": ("#0072B2", "o"), "samples": ("#CC79A7", "s"), "no copies": ("0.4", "D")}


def with_more_samples(curves: Mapping[str, Mapping[str, pd.Series]], asked: Mapping[str, Mapping[str, float]]) -> Figure:
    """AUC and TPR at 1 % FPR against the number of samples, a line a model with its 95% interval, and of SimA beside them.

    Args:
        curves: model -> "AUC" or "TPR" -> an `Estimate` for each number of samples.
        asked: model -> "AUC" or "TPR" -> what SimA has, which asks the model itself.
    """
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.6), layout="constrained")
    for axis, (metric, (name, chance)) in zip(axes, METRICS.items(), strict=True):
        for (label, of), (colour, dashes) in zip(curves.items(), cycle(COLOURS), strict=False):
            line = of[metric]
            axis.plot(line.index, line.astype(float), ls=dashes, color=colour, marker="o", ms=4, label=label)
            axis.fill_between(line.index, *_ends(line), color=colour, alpha=0.15, lw=0)
            axis.plot(1.5 * line.index[-1], asked[label][metric], "*", color=colour, ms=11, mec="none", clip_on=False)
        axis.axhline(chance, color="0.4", ls=":", lw=1)
        _samples_across(axis)
        axis.set(ylabel=name, ylim=(0.48 if metric == "AUC" else -0.02, 1.03))
    axes[0].legend(fontsize=8, title="members", title_fontsize=8, loc="upper left")
    axes[1].annotate("★ SimA, which asks the model", (0.03, 0.93), xycoords="axes fraction", fontsize=8)
    return figure


def comes_out(shares: Mapping[str, Sequence[Estimate]], stops: Sequence[int], chance: Sequence[Estimate]) -> Figure:
    """The share of training images that were extracted, against the number of samples, a line a group with its 95% interval.

    Args:
        shares: group -> one for each of the stops.
        chance: likewise, of held-out images by the same rule: a grey band.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8), layout="constrained")
    axis.fill_between(stops, *_ends(chance), color="0.5", alpha=0.3, lw=0)
    axis.plot(stops, [float(v) for v in chance], color="0.4", ls=":", label="never seen (chance)")
    colours = plt.get_cmap("viridis_r")(np.linspace(0.15, 1, len(shares)))
    for (label, values), colour, mark in zip(shares.items(), colours, cycle("osD^v"), strict=False):
        axis.plot(stops, [float(v) for v in values], marker=mark, ms=4, color=colour, label=label)
        axis.fill_between(stops, *_ends(values), color=colour, alpha=0.12, lw=0)
    _samples_across(axis)
    axis.set(ylabel="share that came out", ylim=(-0.03, 1.03))
    axis.legend(fontsize=8, title="stands in the training set", title_fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def called_members(found: Mapping[str, Mapping[str, Estimate]], labels: Mapping[str, str]) -> Figure:
    """The share of each group that an attack calls members at 1 % FPR, a row an attack, with 95% intervals.

    Args:
        found: attack -> group of GROUPS -> share.
        labels: of the groups.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 0.9 + 0.6 * len(found)), layout="constrained")
    for row, groups in enumerate(found.values()):
        for k, (group, share) in enumerate(groups.items()):
            colour, mark = GROUPS[group]
            place = row + 0.22 * (k - 1)
            axis.plot([share.low, share.high], [place] * 2, color=colour, lw=2)
            axis.plot(float(share), place, mark, color=colour, ms=7, label=None if row else labels[group])
    axis.axvline(0.01, color="0.4", ls=":")
    axis.set(xlabel="share that is called members", xlim=(-0.02, 1.02), ylim=(len(found) - 0.5, -0.5))
    axis.set_yticks(range(len(found)), list(found))
    axis.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _ends(values: Iterable[Estimate]) -> tuple[list[float], list[float]]:
    """Of 95% intervals."""
    low, high = zip(*((v.low, v.high) for v in values), strict=True)
    return list(low), list(high)


def _samples_across(axis: Axes) -> None:
    axis.set(xscale="log", xlabel="samples")
    axis.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
