"""What is given up for what? Figures of many runs: means over seeds, with their intervals."""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from helpers.figures.ink import KEPT
from helpers.figures.plots import CURVES, WIDTH

LABELS = {
    "AUC": "AUC of SimA",
    "TPR at 1% FPR": "TPR at 1% FPR",
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "noise_share": "share of noise in a latent",
    "frechet": "Fréchet distance",
    "precision": "precision",
    "recall": "recall",
    "near_copies": "share of near copies",
}
MARKERS = "osD^vP*X"


def _line(axis: Axes, x: Sequence[float], values: Sequence, style: tuple[str, str], label: str = "", marker: str = "o") -> None:
    colour, dashes = style
    y, low, high = np.array([v.triple for v in values]).T
    axis.errorbar(x, y, [y - low, high - y], color=colour, ls=dashes, marker=marker, ms=5, capsize=2, lw=1.5, label=label)


def against_beta(summaries: pd.DataFrame | Mapping[str, pd.DataFrame], columns: Sequence[str]) -> Figure:
    """One panel a column, against β on a logarithmic axis; one line a summary over seeds by "beta"."""
    if isinstance(summaries, pd.DataFrame):
        summaries = {"": summaries}
    figure, axes = plt.subplots(1, len(columns), figsize=(WIDTH, 3.2), layout="constrained", squeeze=False)
    for axis, column in zip(axes[0], columns, strict=True):
        for (label, summary), style, marker in zip(summaries.items(), cycle(CURVES), MARKERS, strict=False):
            _line(axis, summary.index, summary[column], style, label, marker)
        axis.set(xscale="log", xlabel="KL weight β", ylabel=LABELS[column])
        if column == "AUC":
            axis.axhline(0.5, color="0.5", ls=":", lw=1)
    if len(summaries) > 1:
        axes[0, 0].legend(fontsize=9)
    return figure


def against_fraction(panels: Mapping[str, Mapping[str, pd.DataFrame]], metric: str = "AUC") -> Figure:
    """One panel a model, a metric of SimA against the fraction of latent dimensions; one line a summary by "fraction"."""
    figure, axes = plt.subplots(1, len(panels), figsize=(WIDTH, 3.2), layout="constrained", squeeze=False, sharey=True)
    for axis, (title, summaries) in zip(axes[0], panels.items(), strict=True):
        for (label, summary), style, marker in zip(summaries.items(), cycle(CURVES), MARKERS, strict=False):
            _line(axis, summary.index, summary[metric], style, label, marker)
        axis.set(title=title, xlabel="share of the dimensions")
        if metric == "AUC":
            axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axes[0, 0].set_ylabel(LABELS[metric])
    axes[0, -1].legend(fontsize=9)
    return figure


def ranked(summary: pd.DataFrame, metric: str) -> Figure:
    """One line a row of the summary: a metric with its interval over seeds."""
    figure, axis = plt.subplots(figsize=(WIDTH, 0.6 + 0.36 * len(summary)), layout="constrained")
    values, low, high = np.array([v.triple for v in summary[metric]]).T
    places = np.arange(len(summary))[::-1]
    axis.errorbar(values, places, xerr=[values - low, high - values], fmt="o", color="0.25", capsize=3)
    axis.set_yticks(places, [str(name) for name in summary.index])
    axis.set(xlabel=LABELS[metric], ylim=(-0.6, len(summary) - 0.4))
    if metric == "AUC":
        axis.axvline(0.5, color="0.5", ls=":", lw=1)
    return figure


def against_quality(summaries: Mapping[str, pd.DataFrame], quality: str, metric: str = "AUC") -> Figure:
    """A metric of SimA against a measure of quality, with both intervals; one line a summary, a name at each setting."""
    figure, axis = plt.subplots(figsize=(WIDTH, 4), layout="constrained")
    for (label, summary), (colour, dashes), marker in zip(summaries.items(), cycle(CURVES), MARKERS, strict=False):
        x, y = (np.array([v.triple for v in summary[c]]).T for c in (quality, metric))
        up, across = ([v[0] - v[1], v[2] - v[0]] for v in (y, x))
        axis.errorbar(x[0], y[0], up, across, color=colour, ls=dashes, marker=marker, ms=6, elinewidth=0.7, lw=1.5, label=label)
        for setting, place in zip(summary.index, zip(x[0], y[0], strict=True), strict=True):
            name = f"{setting:.2g}" if isinstance(setting, float) else f"{setting:,}" if isinstance(setting, int) else setting
            axis.annotate(name, place, (4, 5), textcoords="offset points", fontsize=8, color=colour)
    axis.set(xlabel=LABELS[quality], ylabel=LABELS[metric])
    if quality == "frechet":  # a ratio of distances means the same at both ends
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_locator(NullLocator())
    if metric == "AUC":
        axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axis.legend(fontsize=9)
    return figure


def _dominated(row: pd.Series, rows: pd.DataFrame) -> bool:
    """Is there a better attack for as many queries, or one as good for fewer?"""
    more, cheaper = rows["value"] > row["value"], rows["queries"] < row["queries"]
    return bool(((more & (rows["queries"] <= row["queries"])) | (cheaper & (rows["value"] >= row["value"]))).any())


def cost_power(estimates: pd.DataFrame, metric: str = "TPR at 1% FPR") -> Figure:
    """Queries per image against a metric with its interval, one panel a model; see `League.estimates`."""
    frame = estimates[estimates["metric"] == metric]
    models = list(dict.fromkeys(frame["model"]))
    columns = min(3, len(models))
    rows = -(-len(models) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH * 1.35, 3.4 * rows), layout="constrained", sharex=True, sharey=True, squeeze=False
    )
    for axis, model in zip(axes.flat, models, strict=False):
        part = frame[frame["model"] == model]
        x = part["queries"].clip(lower=0.5)  # none at all, on a logarithmic axis
        error = np.stack([part["value"] - part["low"], part["high"] - part["value"]])
        axis.errorbar(x, part["value"], error, fmt="o", color="0.45", ms=4, lw=0.8)
        shown = {row["attack"] for _, row in part.iterrows() if not _dominated(row, part)} | {"SimA"}
        for _, row in part[part["attack"].isin(shown)].iterrows():
            axis.annotate(row["attack"], (max(row["queries"], 0.5), row["value"]), (3, 4), textcoords="offset points", fontsize=7)
        axis.set_title(model, fontsize=10)
        axis.set_xscale("log")
    for axis in axes[-1]:
        axis.set_xlabel("queries per image")
    for axis in axes[:, 0]:
        axis.set_ylabel(metric)
    return figure


def against_generalisation(estimates: pd.DataFrame, gap: Mapping[str, float], attacks: Sequence[str], metric: str) -> Figure:
    """A metric of some attacks against how far held-out loss exceeds member loss, one line an attack; see `League.estimates`.

    Args:
        gap: model -> held-out loss over member loss, at least 1 or so.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8), layout="constrained")
    shades = [str(v) for v in np.linspace(0.0, 0.6, len(attacks))]
    for attack, shade, marker in zip(attacks, shades, "osD^vP*X<>", strict=False):
        part = estimates[(estimates["attack"] == attack) & (estimates["metric"] == metric) & estimates["model"].isin(gap)]
        x = part["model"].map(gap)
        error = np.stack([part["value"] - part["low"], part["high"] - part["value"]])
        axis.errorbar(x, part["value"], error, fmt=f"{marker}-", color=shade, ms=5, lw=1, label=attack)
    axis.set(xlabel="held-out loss / member loss", ylabel=metric)
    axis.legend(fontsize=9)
    return figure


SIGNS = {"better": "▲", "worse": "▼", "undecided": ""}


def verdicts(differences: pd.DataFrame) -> Figure:
    """Attacks x models of one metric: the difference to the baseline, shaded by its size, with ▲ or ▼ where it is decided.

    Args:
        differences: of one metric; see `League.against`.
    """
    models = list(differences["model"].unique())
    table = differences.pivot(index="attack", columns="model", values="difference")[models]
    table = table.loc[table.mean(axis=1).sort_values(ascending=False).index]
    signs = differences.pivot(index="attack", columns="model", values="verdict").loc[table.index, models]
    words = table.map("{:+.2f}".format) + " " + signs.map(SIGNS.get)
    figure, axis = plt.subplots(figsize=(WIDTH, 0.38 * len(table) + 1.2), layout="constrained")
    limit = np.abs(table.to_numpy()).max()
    sns.heatmap(
        table,
        annot=words,
        fmt="",
        cmap="PRGn",
        vmin=-limit,
        vmax=limit,
        cbar=False,
        ax=axis,
        annot_kws={"fontsize": 9, "gid": KEPT},
    )
    axis.set(xlabel="", ylabel="")
    axis.set_xticks(axis.get_xticks(), [m.replace("ddpm-", "").replace("-", "\n", 1) for m in models], rotation=0)
    return figure
