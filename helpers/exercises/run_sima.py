"""Exercises of *Run SimA*."""

import torch

from helpers.exercises.exercise import function

_draw = torch.Generator().manual_seed(0)
_noise = torch.randn(3, 1, 4, 4, generator=_draw)
_members, _held_out = torch.tensor([3.0, 2.0, 2.0, 1.0]), torch.tensor([2.0, 1.0, 0.0])

score = function(
    cases=((_noise, 4), (_noise, 2)),
    solution=lambda noise, p: -noise.flatten(1).abs().pow(p).sum(1),
    right="One number per image, higher for members. That is the whole attack.",
    mistakes={
        "The sign: higher has to mean “member”, and members have the smaller norm.": lambda e, p: (
            e.flatten(1).abs().pow(p).sum(1)
        ),
        "Sum over the pixels of each image, not over the batch too.": lambda e, p: -e.abs().pow(p).sum(),
        "No root here: the attack's statistic is the norm to the power p.": lambda e, p: (
            -(e.flatten(1).abs().pow(p).sum(1) ** (1 / p))
        ),
    },
)

rates = function(
    cases=((_members, _held_out, 2.0), (_members, _held_out, 0.5)),
    solution=lambda m, h, threshold: ((m >= threshold).double().mean(), (h >= threshold).double().mean()),
    right="The true-positive rate is of the members, the false-positive rate is of the held-out images.",
    mistakes={
        "A score *at* the threshold counts as member: >=, not >.": lambda m, h, t: (
            (m > t).double().mean(),
            (h > t).double().mean(),
        ),
        "These are the images called held-out; scores are higher for members.": lambda m, h, t: (
            (m < t).double().mean(),
            (h < t).double().mean(),
        ),
        "The two rates have changed places.": lambda m, h, t: ((h >= t).double().mean(), (m >= t).double().mean()),
    },
)

auc = function(
    cases=((_members, _held_out),),
    solution=lambda m, h: ((m[:, None] > h).double() + (m[:, None] == h).double() / 2).mean(),
    right="The AUC is a question about pairs: does the member score higher than the held-out image?",
    mistakes={
        "A tie counts one half.": lambda m, h: (m[:, None] > h).double().mean(),
        "A tie counts one half, not one.": lambda m, h: (m[:, None] >= h).double().mean(),
        "The pairs are turned around: the member should score higher.": lambda m, h: (
            (m[:, None] < h).double() + (m[:, None] == h).double() / 2
        ).mean(),
    },
)
