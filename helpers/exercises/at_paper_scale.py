"""Exercises of *At paper scale*."""

import math

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

hours = function(
    cases=((12e9, 128, 800_000, 67e12, 0.3), (2e9, 64, 1000, 1e12, 1.0)),
    solution=lambda flops, batch, steps, peak, share: 3 * flops * batch * steps / (share * peak * 3600),
    right="The same formula priced every recipe of this chapter.",
    mistakes={
        "A step is a forward pass and the gradients: three passes.": lambda flops, batch, steps, peak, share: (
            flops * batch * steps / (share * peak * 3600)
        ),
        "Seconds are not hours.": lambda flops, batch, steps, peak, share: 3 * flops * batch * steps / (share * peak),
        "A step sees a whole batch.": lambda flops, batch, steps, peak, share: 3 * flops * steps / (share * peak * 3600),
        "Only a share of the peak is used: the hours grow.": lambda flops, batch, steps, peak, share: (
            3 * flops * batch * steps * share / (peak * 3600)
        ),
    },
)

held_out_for = function(
    cases=((0.01, 3), (0.001, 25), (0.003, 10)),
    solution=lambda fpr, alarms: math.ceil(alarms / fpr),
    right="At a thousandth, ten false positives take ten thousand held-out images.",
    mistakes={
        "That many images give one false positive.": lambda fpr, alarms: math.ceil(1 / fpr),
        "Smaller rates need more images, not fewer.": lambda fpr, alarms: math.ceil(alarms * fpr),
    },
)

plans = statements(
    "Hours, passes and what is remembered are three questions.",
    {
        "Sentence 1: a step costs 3FB and shows B images, so half the batch is half of either.": True,
        "Sentence 2: the batch is shared between the processes, so a step has the same images, and takes half as long.": True,
        "Sentence 3: the runs with dropout and mirror images had the same passes and parameters, and another AUC.": False,
        "Sentence 4: the cost of a step does not depend on how many images there are; passes do.": False,
    },
)
