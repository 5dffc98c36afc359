"""Exercises of *Measure honestly*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

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

reports = statements(
    right="A figure is worth as much as the way in which its settings were chosen, and as the number of images behind it.",
    judged={
        "The first may not be said: the interval is that of one timestep, and not of the best of 21.": False,
        "The second may be said: the timestep was chosen elsewhere, and the AUC comes with its interval.": True,
        "The third may not be said: 0.1 % of 300 images is less than one image.": False,
        "The fourth may not be said: 1 % of the held-out images is not 1 % of the accusations; that takes the base rate.": False,
    },
)
