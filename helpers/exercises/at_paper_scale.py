"""Exercises of *At paper scale*."""

import math

from helpers.exercises.exercise import function

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

steps_for = function(
    cases=((4096, 25_000, 128), (100, 600, 64)),
    solution=lambda passes, images, batch: passes * images / batch,
    right="Eight times the batch, an eighth of the steps, the same number of passes.",
    mistakes={
        "Each step shows a batch of images, not one.": lambda passes, images, batch: passes * images,
        "More images need more steps for as many passes.": lambda passes, images, batch: passes * batch / images,
        "A larger batch needs fewer steps.": lambda passes, images, batch: passes * images * batch,
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
