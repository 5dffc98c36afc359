"""Exercises of *What a fine-tune gives away*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_weight, _a, _b = (torch.randn(*shape, generator=_generator) for shape in ((6, 5), (2, 5), (6, 2)))
_steps = [250, 500, 750, 1000]
_losses = torch.tensor([0.98, 0.92, 0.94, 1.03])
_aucs = torch.tensor([0.55, 0.61, 0.72, 0.85])


scaled = function(
    cases=((_weight, _a, _b, 1.0), (_weight, _a, _b, 0.5)),
    solution=lambda weight, a, b, scale: weight + scale * b @ a,
    right="At scale 0 it is the base again, at 1 the fine-tune: whoever holds the LoRA can choose any scale.",
    mistakes={
        "The base's weight counts whole; only the product is scaled.": lambda weight, a, b, scale: scale * (weight + b @ a),
        "The base's weight is missing.": lambda weight, a, b, scale: scale * b @ a,
    },
)


def _allowed(steps: list[int], aucs: Tensor, limit: float) -> list[int]:
    return [step for step, auc in zip(steps, aucs, strict=True) if auc <= limit]


def _stop(steps: list[int], losses: Tensor, aucs: Tensor, limit: float) -> int:
    return min(_allowed(steps, aucs, limit), key=lambda step: losses[steps.index(step)])


stop_at = function(
    cases=((_steps, _losses, _aucs, 0.8), (_steps, _losses, _aucs, 0.6), (_steps, _losses.flip(0), _aucs, 0.8)),
    solution=_stop,
    right="The limit decides which checkpoints are allowed, and the loss which of them is taken.",
    mistakes={
        "Of the steps that are allowed, take that with the lowest loss, not the last.": lambda steps, losses, aucs, limit: max(
            _allowed(steps, aucs, limit)
        ),
        "The best model of all may leak more than the limit allows.": lambda steps, losses, aucs, limit: steps[
            int(losses.argmin())
        ],
        "Of the steps that are allowed, take that with the lowest loss, not the first.": lambda steps, losses, aucs, limit: min(
            _allowed(steps, aucs, limit)
        ),
    },
)

claims = statements(
    "Say what you compared, and against which attacker.",
    {
        "1: compare the two rows of 1,500 steps, their AUC and their interval of the difference.": True,
        "2: at half its strength, compare SimA with the score relative to the base.": False,
        "3: the table of merging: what a model predicts does not depend on how its weights are written.": False,
        "4: look at the row of shuffled captions, asked with no caption.": False,
    },
)
