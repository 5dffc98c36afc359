"""Exercises of *Noise in, noise out*."""

import torch

from helpers.exercises.exercise import Exercise, function
from helpers.models.schedule import linear_scheduler

_draw = torch.Generator().manual_seed(0)
_x, _noise = (torch.randn(3, 1, 8, 8, generator=_draw) for _ in range(2))

add_noise = function(
    cases=((_x, _noise, torch.tensor(0.9)), (_x, _noise, torch.tensor(0.2))),
    solution=lambda x, noise, alpha_bar: alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * noise,
    right="The squares of the two weights sum to one, so the variance stays where it was.",
    mistakes={
        "The weights need square roots: it is their squares that sum to one.": lambda x, e, a: a * x + (1 - a) * e,
        "The noise's weight is sqrt(1 - ᾱ), not 1 - sqrt(ᾱ).": lambda x, e, a: a.sqrt() * x + (1 - a.sqrt()) * e,
        "Image and noise have changed places.": lambda x, e, a: a.sqrt() * e + (1 - a).sqrt() * x,
    },
)

_alphas_cumprod = linear_scheduler().alphas_cumprod
half_way = Exercise(
    solution=int((_alphas_cumprod < 0.5).nonzero()[0]),
    right="From here on there is more noise than image in the mixture.",
    mistakes={
        "That is where sqrt(ᾱ) falls below one half; compare the two weights with each other.": int(
            (_alphas_cumprod.sqrt() < 0.5).nonzero()[0]
        ),
        "Half of the timesteps is not half of the image: the schedule is not a straight line.": 500,
        "That is the last timestep before the noise weighs more.": int((_alphas_cumprod >= 0.5).nonzero()[-1]),
    },
    tolerance=0,
)

_odds = (1 - _alphas_cumprod[[50, 300, 999]]) / _alphas_cumprod[[50, 300, 999]]
error_factors = Exercise(
    solution=_odds.sqrt(),
    right="At t = 50 an error shrinks, at t = 999 it grows more than a hundredfold: no image can be guessed from pure noise.",
    mistakes={
        "That is the factor's square: noise and image carry square roots in the equation.": _odds,
        "That is its inverse: the noise's weight is divided by the image's.": _odds.rsqrt(),
        "The noise has a weight of its own in the equation, sqrt(1 - ᾱ).": _alphas_cumprod[[50, 300, 999]].rsqrt(),
        "The difference is still divided by sqrt(ᾱ).": (1 - _alphas_cumprod[[50, 300, 999]]).sqrt(),
    },
)
