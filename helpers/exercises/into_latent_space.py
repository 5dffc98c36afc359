"""Exercises of *Into latent space*."""

import torch

from helpers.exercises.exercise import function

_generator = torch.Generator().manual_seed(0)
_mean, _noise = (torch.randn(5, 2, 3, 3, generator=_generator) for _ in range(2))
_spread = torch.rand(5, 2, 3, 3, generator=_generator) + 0.1
_image, _other = (torch.rand(1, 8, 8, generator=_generator) * 2 - 1 for _ in range(2))

sample = function(
    cases=((_mean, _spread, _noise, 0.8),),
    solution=lambda mean, spread, noise, scaling_factor: scaling_factor * (mean + spread * noise),
    right="With noise 0 it is the scaled mean.",
    mistakes={
        "The factor scales the whole latent, noise included.": lambda mean, spread, noise, s: s * mean + spread * noise,
        "σ is a standard deviation already: no square root.": lambda mean, spread, noise, s: s * (mean + spread.sqrt() * noise),
        "z is multiplied by s; the decoder divides by it.": lambda mean, spread, noise, s: (mean + spread * noise) / s,
    },
)

kl = function(
    cases=((_mean, _spread), (torch.zeros(2, 1, 2, 2), torch.ones(2, 1, 2, 2))),
    solution=lambda mean, spread: (mean**2 + spread**2 - 1 - 2 * spread.log()).flatten(1).sum(1) / 2,
    right="It is 0 exactly for the prior.",
    mistakes={
        "ln σ² is 2 ln σ.": lambda mean, spread: (mean**2 + spread**2 - 1 - spread.log()).flatten(1).sum(1) / 2,
        "There is a factor ½.": lambda mean, spread: (mean**2 + spread**2 - 1 - 2 * spread.log()).flatten(1).sum(1),
        "Sum over the dimensions of an image, do not average.": lambda mean, spread: (
            (mean**2 + spread**2 - 1 - 2 * spread.log()).flatten(1).mean(1) / 2
        ),
    },
)

psnr = function(
    cases=((_image, _other), (_image, 0.9 * _image)),
    solution=lambda image, reconstruction: 10 * torch.log10(4 / (image - reconstruction).square().mean()),
    right="Ten decibels more are a tenth of the squared error.",
    mistakes={
        "Pixels in [-1, 1] span a range of 2, so that the numerator is 4.": lambda a, b: (
            10 * torch.log10(1 / (a - b).square().mean())
        ),
        "The mean over pixels, not the sum.": lambda a, b: 10 * torch.log10(4 / (a - b).square().sum()),
        "Less error is more PSNR: look at the sign.": lambda a, b: 10 * torch.log10((a - b).square().mean() / 4),
        "Decibels count in powers of ten.": lambda a, b: 10 * torch.log(4 / (a - b).square().mean()),
    },
)
