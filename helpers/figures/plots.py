"""One look for every figure of the book: members blue, held-out images red-orange, safe for the colour-blind."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
import torch
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib_inline.config import InlineBackend
from torch import Tensor

from helpers.evaluation.metrics import Estimate, evaluate
from helpers.models.closed_form import EmpiricalDenoiser

MEMBER, HELD_OUT = "#0072B2", "#D55E00"
CURVES = (("0.25", "-"), ("#009E73", "--"), ("#CC79A7", ":"))  # of models or parts, never of members against held-out
WIDTH = 7.5  # inches


def set_theme() -> None:
    """The book's fonts, grid and palette; call once at the top of a chapter."""
    sns.set_theme(context="notebook", style="ticks", palette=[MEMBER, HELD_OUT, "#009E73", "#CC79A7"])
    plt.rcParams |= {"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False}
    # Words stay words, pixels stay pixels, and the same figure is the same file.
    plt.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "", "image.interpolation": "none"}
    if get_ipython() is not None:
        InlineBackend.instance().figure_formats = {"svg"}  # see helpers.figures.ink


def show_images(images: Tensor, titles: Sequence[str] | None = None) -> Figure:
    """A row of images (n, 1 or 3, h, w) in [-1, 1]; noisier values are clipped."""
    figure, axes = plt.subplots(1, len(images), figsize=(WIDTH, WIDTH / len(images) + 0.4), squeeze=False)
    for i, axis in enumerate(axes[0]):
        draw_image(axis, images[i])
        axis.set_axis_off()
        if titles:
            axis.set_title(titles[i], fontsize=10)
    return figure


def draw_image(axis: Axes, image: Tensor) -> None:
    """An image (1 or 3, h, w) in [-1, 1], grey or in colour."""
    pixels = image.detach().float().cpu()
    if len(pixels) == 1:
        axis.imshow(pixels[0], cmap="gray", vmin=-1, vmax=1)
    else:
        axis.imshow(pixels.clamp(-1, 1).add(1).div(2).permute(1, 2, 0).numpy())


def image_rows(rows: Mapping[str, Tensor], titles: Sequence[str] = ()) -> Figure:
    """A row of images (n, 1 or 3, h, w) in [-1, 1] per entry, its name on the left; all rows of the same n.

    Args:
        titles: above the columns, n or none.
    """
    columns = len(next(iter(rows.values())))
    size = (WIDTH - 1) / columns
    figure, axes = plt.subplots(len(rows), columns, figsize=(WIDTH, size * len(rows)), squeeze=False, layout="constrained")
    for line, (name, images) in zip(axes, rows.items(), strict=True):
        for axis, image in zip(line, images, strict=True):
            draw_image(axis, image)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=10)
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(fill(title, 14), fontsize=9)
    return figure


def one_dimension(points: Tensor, held_out_points: Tensor, timestep: int, alphas_cumprod: Tensor) -> Figure:
    """Density, score and norm of the predicted noise for training points (N,) on a line in [-1.2, 1.2].

    Shaded: queries more than one noise standard deviation from every training point whose norm is nevertheless no
    larger than that of some training point. The norm misleads there.
    """
    line = torch.linspace(-1.2, 1.2, 4801, dtype=torch.float64)  # fine: a misleading strip may be narrow
    alpha_bar = alphas_cumprod[timestep].double()
    denoiser = EmpiricalDenoiser(points.double()[:, None], alphas_cumprod)
    gaps = line[:, None] - alpha_bar.sqrt() * points.double()
    density = (-(gaps**2) / (2 * (1 - alpha_bar))).exp().mean(1) / (2 * torch.pi * (1 - alpha_bar)).sqrt()
    noise = denoiser.predict_noise(line[:, None], timestep)[:, 0]
    sigma = (1 - alpha_bar).sqrt()
    far = (line[:, None] - points.double()).abs().amin(1) > sigma
    misleading = far & (noise.abs() <= denoiser.predict_noise(points.double()[:, None], timestep).abs().max())
    figure, axes = plt.subplots(3, 1, figsize=(WIDTH, 6), sharex=True, layout="constrained")
    curves = {"density": density, "score": -noise / sigma, "norm of ε*": noise.abs()}
    for axis, (name, values) in zip(axes, curves.items(), strict=True):
        axis.plot(line, values, color="0.35")
        axis.set_ylabel(name)
        strip = {
            "transform": axis.get_xaxis_transform(),
            "facecolor": "#F0E442",
            "edgecolor": "#F0E442",
            "alpha": 0.6,
            "linewidth": 2,
        }
        axis.fill_between(line, 0, 1, misleading, label="misleading", **strip)
        for group, colour, marker, label in ((points, MEMBER, "o", "member"), (held_out_points, HELD_OUT, "s", "held-out")):
            axis.plot(group, np.interp(group, line, values), marker, color=colour, label=label, ls="none")
    axes[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)
    axes[-1].set_xlabel("query y")
    return figure


def metric_by_timestep(timesteps: Sequence[int], curves: dict[str, Sequence[Estimate]], ylabel: str = "AUC") -> Figure:
    """One line a label, with its 95% interval as a band."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.6), layout="constrained")
    for (label, values), (colour, dashes) in zip(curves.items(), cycle(CURVES), strict=False):
        (line,) = axis.plot(timesteps, values, dashes, color=colour, label=label)
        axis.fill_between(timesteps, [v.low for v in values], [v.high for v in values], color=line.get_color(), alpha=0.2)
    axis.set(xlabel="timestep", ylabel=ylabel)
    if ylabel == "AUC":
        axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axis.legend()
    return figure


def histograms(
    member_scores: Sequence[float], held_out_scores: Sequence[float], p: float = 4, threshold: float | None = None
) -> Figure:
    """Both distributions of SimA's norm ||ε̂||_p, of scores -||ε̂||_p^p (p = inf: not raised); members left if it works."""
    root = 1 if p == math.inf else 1 / p
    figure, axis = plt.subplots(figsize=(WIDTH, 3.2), layout="constrained")
    members, held_out = ((-np.asarray(scores)) ** root for scores in (member_scores, held_out_scores))
    bins = np.histogram_bin_edges(np.concatenate([members, held_out]), 40)
    for values, colour, label in ((members, MEMBER, "members"), (held_out, HELD_OUT, "held-out")):
        sns.histplot(x=values, bins=bins, color=colour, label=label, element="step", alpha=0.35, ax=axis)
    if threshold is not None:
        axis.axvline((-threshold) ** root, color="0.2", ls="--", label="threshold")
    axis.set(xlabel=f"norm of the predicted noise (p = {p})", ylabel="images")
    axis.legend()
    return figure


def roc(member_scores: Sequence[float] | np.ndarray, held_out_scores: Sequence[float] | np.ndarray) -> Figure:
    """The ROC on linear axes and on logarithmic ones, where low false-positive rates can be read."""
    report = evaluate(member_scores, held_out_scores)
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH, 3.6), layout="constrained")
    lowest = 0.5 / len(held_out_scores)
    for axis, scale in zip(axes, ("linear", "log"), strict=True):
        clip = lowest if scale == "log" else 0
        axis.step(np.maximum(report.fpr, clip), np.maximum(report.tpr, clip), where="post")
        axis.plot([lowest, 1], [lowest, 1], color="0.5", ls=":", lw=1)
        axis.set(xscale=scale, yscale=scale, xlabel="false-positive rate", ylabel="true-positive rate")
    axes[0].set_title(f"AUC {report.auc}", fontsize=10)
    axes[1].set_title(f"TPR at 1% FPR {report.tpr_at_fpr(0.01)}", fontsize=10)
    return figure


def training_curves(losses: Sequence[float], probes: Sequence[dict], window: int = 50) -> Figure:
    """The training loss, averaged over `window` steps, above the attack's AUC at each checkpoint.

    Probes that hold "member_loss" and "held_out_loss" have both drawn beside the training loss.
    """
    smooth = np.convolve(losses, np.full(window, 1 / window), "valid")
    figure, axes = plt.subplots(2, 1, figsize=(WIDTH, 5), sharex=True, layout="constrained")
    axes[0].plot(np.arange(len(smooth)) + window, smooth, color="0.6", label="training")
    steps = [p["step"] for p in probes]
    for name, colour, marker in (("member", MEMBER, "o-"), ("held_out", HELD_OUT, "s--")):
        if all(f"{name}_loss" in p for p in probes):
            losses_there = [p[f"{name}_loss"] for p in probes]
            axes[0].plot(steps, losses_there, marker, color=colour, label=name.replace("_", "-"))
    axes[0].set(ylabel="loss", ylim=(0, 3 * min(smooth)))
    axes[0].legend(ncols=3)
    axes[1].plot(steps, [p["auc"] for p in probes], "o-", color="0.25")
    axes[1].axhline(0.5, color="0.5", ls=":", lw=1)
    axes[1].set(ylabel="AUC of SimA", xlabel="training step")
    return figure


def optimism(frame: pd.DataFrame) -> Figure:
    """Best-over-test minus calibrated, in points of 100, for each metric and number of images; see `measure_optimism`."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8), layout="constrained")
    points = frame.assign(optimism=100 * frame["optimism"])
    shades = sns.light_palette(MEMBER, frame["images"].nunique() + 2)[1:-1]
    sns.boxplot(points, x="metric", y="optimism", hue="images", palette=shades, fliersize=2, ax=axis)
    axis.axhline(0, color="0.5", ls=":", lw=1)
    axis.set(xlabel="", ylabel="optimism (points)")
    axis.legend(title="images of each kind")
    return figure


def sizes(frame: pd.DataFrame, per_image: Sequence[float] = (500, 1000, 2000)) -> Figure:
    """Parameters against training images of models, with lines of equal parameters per image.

    Args:
        frame: "images" and "parameters" as `helpers.training.paper_recipes.describe` gives them, "where" (a kind of model) and
            "label" (or "").
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 4.2), layout="constrained")
    reach = np.array([0.5 * frame["images"].min(), 8 * frame["images"].max()])
    along: dict[str, Any] = {"rotation_mode": "anchor", "fontsize": 9}
    for share in per_image:
        axis.plot(reach, share * reach, color="0.75", lw=1, zorder=0)
        words = 0.9 * reach[1], 0.92 * share * reach[1], f"{share:,} per image"
        axis.text(*words, rotation=32, ha="right", va="bottom", color="0.4", **along)
    for (where, group), marker in zip(frame.groupby("where", sort=False), "os^", strict=False):
        axis.scatter(group["images"], group["parameters"], marker=marker, s=45, label=where)
    for label, images, parameters in zip(frame["label"], frame["images"], frame["parameters"], strict=True):
        axis.annotate(label, (images, parameters), (0, 7), textcoords="offset points", rotation=50, **along)
    axis.set(xscale="log", yscale="log", xlabel="training images", ylabel="parameters", xlim=reach)
    axis.legend(loc="upper left")
    return figure
