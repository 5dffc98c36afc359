"""Exercises of *The field before SimA*."""

import torch

from helpers.exercises.exercise import Exercise, function

_noise, _predicted = (torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(s)) for s in (0, 1))

loss_score = function(
    cases=((_noise, _predicted), (_noise, 0.9 * _noise)),
    solution=lambda noise, predicted: -(noise - predicted).square().flatten(1).sum(1),
    right="The better the guess, the higher the score.",
    mistakes={
        "A loss is small at members, and a score has to be high at members: mind the sign.": lambda n, p: (
            (n - p).square().flatten(1).sum(1)
        ),
        "The sum over pixels, not the mean: the same ranking, another scale.": lambda n, p: -(n - p).square().flatten(1).mean(1),
        "The norm is squared.": lambda n, p: -(n - p).flatten(1).norm(dim=1),
        "One number per image: sum over the pixels of each image, not over the batch.": lambda n, p: -(n - p).square().sum(),
        "That is the size of the prediction (SimA's statistic), not its distance to the noise that was put in.": lambda n, p: (
            -p.square().flatten(1).sum(1)
        ),
    },
)

ddim = function(
    cases=tuple((_noise, _predicted, torch.tensor(here), torch.tensor(there)) for here, there in ((0.9, 0.7), (0.5, 0.8))),
    solution=lambda x, noise, here, there: there**0.5 * (x - (1 - here) ** 0.5 * noise) / here**0.5 + (1 - there) ** 0.5 * noise,
    right="The same line goes up and down: only the two ᾱ change places.",
    mistakes={
        "The image has to be freed of its noise first: (x - sqrt(1 - here) noise) / sqrt(here).": lambda x, n, h, t: (
            t**0.5 * x + (1 - t) ** 0.5 * n
        ),
        "ᾱ enters under a square root, everywhere.": lambda x, n, h, t: t * (x - (1 - h) * n) / h + (1 - t) * n,
        "`here` and `there` have changed places.": lambda x, n, h, t: (
            h**0.5 * (x - (1 - t) ** 0.5 * n) / t**0.5 + (1 - h) ** 0.5 * n
        ),
    },
)

secmi_queries = Exercise(
    solution=22,
    right="20 on the way up, one further up, one back.",
    mistakes={
        "That is the way up to t; one more step up and one back down are still missing.": 20,
        "The step back down is a query, too: a prediction at t + k.": 21,
        "Steps are `interval` timesteps long: count steps, not timesteps.": 202,
    },
    tolerance=0,
)
