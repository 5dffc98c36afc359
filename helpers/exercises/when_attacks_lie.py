"""Exercises of *When attacks lie*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_images, _others = (torch.rand(n, 1, 4, 4, generator=_generator) * 2 - 1 for n in (5, 7))
_few = torch.tensor([0.9, 0.7, 0.5, 0.3])
_many = torch.randn(200, generator=_generator)

blind_score = function(
    cases=((_images, _others), (_others, _images)),
    solution=lambda images, auxiliary: -(images - auxiliary.mean(0)).flatten(1).norm(dim=1),
    right="No model was asked; on a fair split its AUC is 0.5.",
    mistakes={
        "Nearer to the mean has to score higher: mind the sign.": lambda x, a: (x - a.mean(0)).flatten(1).norm(dim=1),
        "Compare with the mean of the *auxiliary* images: the mean of the images asked about changes with the question.": (
            lambda x, a: -(x - x.mean(0)).flatten(1).norm(dim=1)
        ),
        "The mean is an image: average over images, not over pixels.": lambda x, a: -(x - a.mean()).flatten(1).norm(dim=1),
    },
)

believable = statements(
    "A figure is believed for how it was made, not for its size.",
    {
        "Audit 1: one pile, one permutation, and a data-only AUC whose interval holds 0.5. Nothing speaks against it.": True,
        "Audit 2: a classifier that never asks the model reaches 0.66. The two groups differ.": False,
        "Audit 3: the best of 84 settings on the images reported on is too good, even if the groups are alike.": False,
        "Audit 4: images were taken out by their distance to members, so the held-out part is no longer a random one.": False,
    },
)

threshold_at_fpr = function(
    cases=((_few, 0.25), (_many, 0.01), (_many, 0.1)),
    solution=lambda held_out_scores, fpr: held_out_scores.sort(descending=True).values[int(fpr * len(held_out_scores))],
    right="Exactly the allowed share of held-out images scores higher than this one.",
    mistakes={
        "Members score high, so count from the top.": lambda h, f: h.sort().values[int(f * len(h))],
        "With that threshold one held-out image too few is accused: the first allowed + 1 decides.": lambda h, f: h.sort(
            descending=True
        ).values[int(f * len(h)) - 1],
        "A quantile lies between two scores: count images instead.": lambda h, f: h.quantile(1 - f),
        "A share of the images, not of the range of scores.": lambda h, f: h.max() - f * (h.max() - h.min()),
    },
)
