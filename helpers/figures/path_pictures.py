"""How does a straight path from noise to an image lie beside a curved one, and where along them does a model leak?"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers.evaluation.metrics import Estimate
from helpers.figures.plots import CURVES, WIDTH

COLOURS = (*CURVES, ("#E69F00", "-."), ("#56B4E9", (0, (5, 1))), ("#000000", (0, (1, 3))))


def two_paths(sigmas: Sequence[float]) -> Figure:
    """The share of the image a and of the noise b along both paths, and rays of equal noise at some σ in (0, 1)."""
    figure, axis = plt.subplots(figsize=(4.6, 4.4), layout="constrained")
    angle = np.linspace(0, np.pi / 2, 200)
    for (colour, dashes), a, b, label in (
        (CURVES[0], np.cos(angle), np.sin(angle), "DDPM: a² + b² = 1"),
        (CURVES[1], 1 - angle / angle[-1], angle / angle[-1], "rectified flow: a + b = 1"),
    ):
        axis.plot(a, b, dashes, color=colour, label=label, lw=2.5)
    for sigma in sigmas:
        norm = np.hypot(1 - sigma, sigma)
        axis.plot([0, (1 - sigma) / norm], [0, sigma / norm], ":", color="0.5", lw=1)
        axis.plot([(1 - sigma) / norm, 1 - sigma], [sigma / norm, sigma], "o", color="#E69F00", ms=5)
        axis.annotate(f"σ = {sigma:g}", ((1 - sigma) / norm, sigma / norm), (4, 4), textcoords="offset points", fontsize=9)
    axis.annotate("image", (1, 0), (6, 5), textcoords="offset points", fontsize=9)
    axis.annotate("noise", (0, 1), (6, 8), textcoords="offset points", fontsize=9)
    axis.set(xlabel="a, share of the image", ylabel="b, share of the noise", xlim=(0, 1.15), ylim=(0, 1.15), aspect="equal")
    axis.legend(loc="upper right", bbox_to_anchor=(1, 1.18), fontsize=9)
    return figure


def along_the_path(
    places: Sequence[float], curves: Mapping[str, Sequence[Estimate]], xlabel: str = "σ", middle: float | None = None
) -> Figure:
    """AUC along the path, one line a label with its 95 % interval as a band.

    Args:
        places: where along the path, (T,).
        middle: a place to be marked as the middle of the path.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 3.8), layout="constrained")
    for (label, values), (colour, dashes) in zip(curves.items(), cycle(COLOURS), strict=False):
        axis.plot(places, values, ls=dashes, color=colour, label=label)
        axis.fill_between(places, [v.low for v in values], [v.high for v in values], color=colour, alpha=0.15, lw=0)
    if middle is not None:
        axis.axvline(middle, color="0.6", lw=1)
        axis.annotate("middle", (middle, 1), (3, -2), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=9)
    axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axis.set(xlabel=xlabel, ylabel="AUC")
    axis.legend(fontsize=9)
    return figure


def trails(runs: Mapping[str, pd.DataFrame]) -> Figure:
    """AUC against the Fréchet distance of samples, a point a checkpoint, with a line from the first to the last.

    Args:
        runs: "AUC" and "frechet" as `helpers.experiments.straight_outcomes.StraightRuns.trail` gives them.
    """
    figure, axis = plt.subplots(figsize=(WIDTH, 4), layout="constrained")
    for (label, trail), (colour, dashes) in zip(runs.items(), cycle(COLOURS), strict=False):
        axis.plot(
            trail["frechet"].astype(float), trail["AUC"].astype(float), ls=dashes, color=colour, marker="o", ms=4, label=label
        )
    axis.axhline(0.5, color="0.5", ls=":", lw=1)
    axis.set(xscale="log", xlabel="Fréchet distance of samples (better to the left)", ylabel="AUC of SimA")
    ticks = [1, 2, 5, 10, 20]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.legend(fontsize=9)
    return figure
