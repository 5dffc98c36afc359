"""Exercises of *Measure honestly*."""

import torch

from helpers.exercises.exercise import Exercise, function

_calibration, _evaluation = torch.tensor([0.70, 0.91, 0.88]), torch.tensor([0.72, 0.86, 0.90])

honest_auc = function(
    cases=((_calibration, _evaluation), (_calibration.flip(0), torch.tensor([0.6, 0.7, 0.9]))),
    solution=lambda calibration, evaluation: evaluation[calibration.argmax()],
    right="Chosen on one part, reported on the other.",
    mistakes={
        "That is the best over the very data it is reported on.": lambda c, e: e.max(),
        "You chose on the calibration part; now report the *evaluation* figure at that timestep.": lambda c, e: c.max(),
        "The choice was made on the evaluation part.": lambda c, e: c[e.argmax()],
    },
)

allowed_false_positives = Exercise(
    solution=3,
    right="Three images decide the figure, which is why its interval is wide.",
    mistakes={
        "Half of the 600 held-out images are for calibration; 300 are left to evaluate on.": 6,
        "1 % is a rate; how many images is that?": 0.01,
        "One image of 300 is a rate of 0.33 %; there is room for more.": 1,
    },
    tolerance=0,
)

positive_predictive_value = function(
    cases=((0.5, 0.01, 0.5), (0.5, 0.01, 0.001)),
    solution=lambda tpr, fpr, base_rate: tpr * base_rate / (tpr * base_rate + fpr * (1 - base_rate)),
    right="Where members are rare, most accusations are false, however good the ROC looks.",
    mistakes={
        "The base rate has dropped out: false positives come from the held-out share, 1 - base_rate.": lambda t, f, b: (
            t / (t + f)
        ),
        "That is the share of all images that are true positives; divide by all that were accused.": lambda t, f, b: t * b,
    },
)
