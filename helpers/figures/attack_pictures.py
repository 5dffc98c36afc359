"""What does each attack look at? A member above a held-out image, and what the attack makes of them."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from helpers.attacks.gsa import FLOOR
from helpers.attacks.lira import Gaussians
from helpers.figures.plots import HELD_OUT, MEMBER, WIDTH

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
        for gaussian, name, dashes in ((inside, "trained on it", "-"), (outside, "not trained on it", ":")):
            at = torch.full_like(line, row, dtype=torch.long)
            axis.plot(line, gaussian.log_likelihood(line, at).exp(), dashes, color="0.25", label=name)
        axis.axvline(value.item(), color=colour, lw=2.5, label="the target")
        axis.set_title(label, color=colour, fontsize=10)
        axis.set_xlabel("log ‖ε̂‖₄⁴")
    axes[0].set_ylabel("density")
    axes[0].legend(fontsize=8)
    return figure
