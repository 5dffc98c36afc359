"""Exercises of *From noise to a digit*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_draw = torch.Generator().manual_seed(0)
_x, _noise = (torch.randn(3, 1, 4, 4, generator=_draw) for _ in range(2))
_here, _there = torch.tensor(0.3), torch.tensor(0.7)


def _clean(x: Tensor, noise: Tensor, a: Tensor) -> Tensor:
    return (x - (1 - a).sqrt() * noise) / a.sqrt()


def _mixed(clean: Tensor, noise: Tensor, b: Tensor) -> Tensor:
    return b.sqrt() * clean + (1 - b).sqrt() * noise


step = function(
    cases=((_x, _noise, _here, _there), (_x, _noise, torch.tensor(0.9), torch.tensor(0.95))),
    solution=lambda x, noise, here, there: _mixed(_clean(x, noise, here), noise, there),
    right="Guess the image, then noise the guess a little less: that is the whole generator.",
    mistakes={
        "That is the guess of the clean image; now mix the noise back in, for the timestep where you go.": (
            lambda x, e, a, b: _clean(x, e, a)
        ),
        "Guess the clean image with ᾱ of where you are, and noise it with ᾱ of where you go.": (
            lambda x, e, a, b: _mixed(_clean(x, e, b), e, a)
        ),
        "That noises x_t itself; guess the clean image first.": lambda x, e, a, b: _mixed(x, e, b),
        "The noise has to come back, too, with the weight sqrt(1 - ᾱ_s).": lambda x, e, a, b: b.sqrt() * _clean(x, e, a),
    },
)

_points = torch.rand(6, 4, generator=_draw)
_samples = torch.cat([_points[:2] + 0.01, _points[2:4] + 0.2, torch.rand(4, 4, generator=_draw) + 2])

copies = function(
    cases=((_samples, _points, 0.1), (_samples, _points, 0.45)),
    solution=lambda samples, training, limit: (torch.cdist(samples, training).amin(1) < limit).double().mean(),
    right="One number for how much a generator repeats. It depends on the limit, so say which one you took.",
    mistakes={
        "Look for the *nearest* training image: a copy is far from all the others.": (
            lambda s, t, limit: (torch.cdist(s, t).mean(1) < limit).double().mean()
        ),
        "Give the share of samples, not their number.": lambda s, t, limit: (torch.cdist(s, t).amin(1) < limit).sum(),
        "For each sample, the nearest training image; not for each training image, the nearest sample.": (
            lambda s, t, limit: (torch.cdist(s, t).amin(0) < limit).double().mean()
        ),
        "Those are the samples that are *no* copies.": (lambda s, t, limit: (torch.cdist(s, t).amin(1) >= limit).double().mean()),
    },
)

reading = statements(
    right="Copies are the loudest kind of memory. The next chapters listen for a quieter one.",
    judged={
        "The first is true: without fresh noise nothing in the walk is random but its start.": True,
        "The second is false: fresh noise decides which image it will be, and it is a training image all the same.": False,
        "The third is false: the smallest training loss of all is the closed form's, and it makes no new image.": False,
        "The fourth is false: no sample of the network is a copy, and SimA finds its members nevertheless.": False,
    },
)
