"""Exercises of *The field before SimA*."""

import torch

from helpers.exercises.exercise import Exercise, function

_noise, _predicted = (torch.randn(3, 1, 4, 4, generator=torch.Generator().manual_seed(s)) for s in (0, 1))

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

which_attack = Exercise(
    solution=[2, 4, 1, 3],
    right="What you may touch decides which attacks remain; how strong they are is the next question.",
    mistakes={
        "The first sees images only, so it needs an attack that compares images: ReDiffuse.": [1, 4, 1, 3],
        "The second has every weight and some labels: one attack reads the gradients of the weights.": [2, 1, 1, 3],
        "The second may train models, but it need not: with weights and labels one attack asks the model itself.": [2, 3, 1, 3],
        "The third has a single call for each image and nothing else.": [2, 4, 2, 3],
        "The fourth needs a standard for each image, which takes models that were trained with and without it.": [2, 4, 1, 1],
    },
    tolerance=0,
)
