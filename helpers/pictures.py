"""What does each attack look at? A member above a held-out image, and what the attack makes of them."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from matplotlib.figure import Figure
from torch import Tensor

from helpers.attacks.gsa import FLOOR
from helpers.attacks.lira import Gaussians
from helpers.plots import HELD_OUT, MEMBER, WIDTH

PAIR = ((MEMBER, "member"), (HELD_OUT, "held-out"))


def pair(images: Mapping[str, Tensor], differences: Mapping[str, Tensor], scores: Tensor | None = None) -> Figure:
    """Two rows, the member's above the held-out image's, and one column an entry.

    Args:
        images: title -> (2, 1, h, w), drawn in grey from -1 to 1.
        differences: title -> (2, 1, h, w), drawn from purple (negative) over white (0) to green, one scale a column.
        scores: (2,), written beside the rows.
    """
    columns = [*images.items(), *differences.items()]
    figure, axes = plt.subplots(2, len(columns), figsize=(WIDTH, 3.4), layout="constrained", squeeze=False)
    for j, (title, values) in enumerate(columns):
        limit = values.abs().max().item() if j >= len(images) else 1
        for i in range(2):
            colours = "PRGn" if j >= len(images) else "gray"
            axes[i, j].imshow(values[i, 0].cpu(), cmap=colours, vmin=-limit, vmax=limit)
            axes[i, j].set(xticks=[], yticks=[])
        axes[0, j].set_title(title, fontsize=10)
    for i, (colour, label) in enumerate(PAIR):
        written = label if scores is None else f"{label}\nscore {scores[i]:.3g}"
        axes[i, 0].set_ylabel(written, color=colour, fontsize=10)
    return figure


def fluctuation(rises: Tensor, crops: Sequence[float]) -> Figure:
    """The mean rise of the loss (2, timesteps, crops) against what the crop keeps, for a member and a held-out image."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3), layout="constrained")
    for values, (colour, label), marker in zip(rises.mean(1), PAIR, ("o-", "s--"), strict=True):
        axis.plot(crops, values, marker, color=colour, label=label)
    axis.axhline(0, color="0.5", ls=":", lw=1)
    axis.invert_xaxis()
    axis.set(xlabel="share of the side that the crop keeps", ylabel="rise of the loss")
    axis.legend()
    return figure


def gradient_norms(norms: Tensor) -> Figure:
    """How much harder held-out images pull at each weight tensor than members do, from norms (2, tensors), members first."""
    moved = norms[:, (norms > FLOOR).all(0)]
    ratio = moved[1] / moved[0]
    figure, axis = plt.subplots(figsize=(WIDTH, 3), layout="constrained")
    axis.vlines(range(len(ratio)), 1, ratio, color="0.4", lw=2)
    axis.axhline(1, color="0.5", ls=":", lw=1)
    axis.set(yscale="log", xlabel="weight tensor", ylabel="gradient norm:\nheld-out / member")
    axis.set_yticks(ticks := [0.5, 1, 2, 4], [str(t) for t in ticks])
    axis.minorticks_off()
    return figure


def likelihoods(inside: Gaussians, outside: Gaussians, observed: Tensor, rows: Tensor) -> Figure:
    """For two candidates: the log-norm that models with and without them give, and the target's (2,)."""
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 2.8), layout="constrained", sharey=True)
    for axis, row, value, (colour, label) in zip(axes, rows.tolist(), observed, PAIR, strict=True):
        means = [g.mean[row].item() for g in (inside, outside)]
        spread = 3.5 * max(inside.deviation, outside.deviation).item()
        low, high = min(*means, value.item()) - spread, max(*means, value.item()) + spread
        line = torch.linspace(low, high, 300, dtype=torch.float64)
        for gaussian, name, dashes in ((inside, "trained on it", "-"), (outside, "did not", ":")):
            at = torch.full_like(line, row, dtype=torch.long)
            axis.plot(line, gaussian.log_likelihood(line, at).exp(), dashes, color="0.25", label=name)
        axis.axvline(value.item(), color=colour, lw=2.5, label="the target's")
        axis.set_title(label, color=colour, fontsize=10)
        axis.set_xlabel("log ‖ε̂‖₄⁴")
    axes[0].set_ylabel("density")
    axes[0].legend(fontsize=8)
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
    sns.heatmap(table, annot=words, fmt="", cmap="PRGn", vmin=-limit, vmax=limit, cbar=False, ax=axis, annot_kws={"fontsize": 9})
    axis.set(xlabel="", ylabel="")
    axis.set_xticks(axis.get_xticks(), [m.replace("ddpm-", "").replace("-", "\n", 1) for m in models], rotation=0)
    return figure
