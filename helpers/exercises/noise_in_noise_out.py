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

recover = function(
    cases=((_x, _noise, torch.tensor(0.9)), (_x, _noise, torch.tensor(0.2))),
    solution=lambda x_t, noise, alpha_bar: (x_t - (1 - alpha_bar).sqrt() * noise) / alpha_bar.sqrt(),
    right="Knowing the noise is knowing the image: this is why predicting one is as good as predicting the other.",
    mistakes={
        "Divide by sqrt(ᾱ) at the end.": lambda x_t, e, a: x_t - (1 - a).sqrt() * e,
        "Divide by sqrt(ᾱ), not by ᾱ.": lambda x_t, e, a: (x_t - (1 - a).sqrt() * e) / a,
        "Subtract sqrt(1 - ᾱ) ε, not ε itself.": lambda x_t, e, a: (x_t - e) / a.sqrt(),
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
        "Half of the timesteps is not half of the image: the schedule is no straight line.": 500,
        "That is the last timestep before the noise weighs more.": int((_alphas_cumprod >= 0.5).nonzero()[-1]),
    },
    tolerance=0,
)
