"""Exercises of *Train a small DDPM*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function

_draw = torch.Generator().manual_seed(0)
_x, _noise = (torch.randn(3, 1, 4, 4, generator=_draw) for _ in range(2))


def _predict(x_t: Tensor) -> Tensor:
    return 0.3 * x_t + 0.1


def _noisy(x: Tensor, noise: Tensor, a: Tensor) -> Tensor:
    return a.sqrt() * x + (1 - a).sqrt() * noise


training_loss = function(
    cases=((_predict, _x, _noise, torch.tensor(0.7)),),
    solution=lambda predict, x, noise, a: (predict(_noisy(x, noise, a)) - noise).square().mean(),
    right="Two lines, and the whole of diffusion training: mix, predict, compare with the noise that was mixed in.",
    mistakes={
        "The network should see the noisy image, not the clean one.": lambda f, x, e, a: (f(x) - e).square().mean(),
        "Compare with the noise: that is what this network predicts, not the image.": lambda f, x, e, a: (
            (f(_noisy(x, e, a)) - x).square().mean()
        ),
        "Take the mean over pixels and images, not the sum.": lambda f, x, e, a: (f(_noisy(x, e, a)) - e).square().sum(),
    },
)

_probes = [{"step": s, "auc": v} for s, v in ((250, 0.6), (500, 0.7), (750, 0.8), (1000, 0.78), (1250, 0.9))]

first_step_above = function(
    cases=((_probes, 0.75), (_probes, 0.6)),
    solution=lambda probes, level: next(probe["step"] for probe in probes if probe["auc"] >= level),
    right="An auditor of checkpoints would stop here, or should have.",
    mistakes={
        "That is its place in the list; give the step.": lambda p, v: next(i for i, q in enumerate(p) if q["auc"] >= v),
        "That is the last one; look for the first.": lambda p, v: [q["step"] for q in p if q["auc"] >= v][-1],
        "That is the AUC itself; give the step.": lambda p, v: next(q["auc"] for q in p if q["auc"] >= v),
    },
)

_losses = ((0.31, 0.32), (0.27, 0.28), (0.25, 0.27), (0.23, 0.29), (0.21, 0.33))
_watched = [{**p, "member_loss": m, "held_out_loss": h} for p, (m, h) in zip(_probes, _losses, strict=True)]

auc_when_stopped = function(
    cases=((_watched,), (_watched[::-1],), (_watched[:2],)),
    solution=lambda probes: min(probes, key=lambda p: p["held_out_loss"])["auc"],
    right="Stopping early is a remedy, but not a proof: what had leaked by then has leaked.",
    mistakes={
        "That is the checkpoint with the lowest loss on *members*; the developer looks at held-out images.": lambda probes: min(
            probes, key=lambda p: p["member_loss"]
        )["auc"],
        "That is the lowest AUC; the developer does not know the AUC and goes by the loss.": lambda probes: min(
            p["auc"] for p in probes
        ),
        "That is the last checkpoint.": lambda probes: probes[-1]["auc"],
        "That is the step; give the AUC.": lambda probes: min(probes, key=lambda p: p["held_out_loss"])["step"],
        "That is the loss; give the AUC.": lambda probes: min(p["held_out_loss"] for p in probes),
    },
)
