"""Exercises of *Only its samples*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_images, _samples, _reference = (torch.rand(n, 1, 3, 3, generator=_generator, dtype=torch.float64) for n in (4, 9, 6))


def _nearest(images: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    return torch.cdist(images.flatten(1), others.flatten(1)).min(1).values


relative = function(
    cases=((_images, _samples, _reference), (_reference, _images, _samples)),
    solution=lambda images, samples, reference: _nearest(images, reference).log() - _nearest(images, samples).log(),
    right="An image that is near to everything no longer scores high.",
    mistakes={
        "The sign: an image whose nearest sample is nearer than usual must score higher.": lambda i, s, r: (
            _nearest(i, s).log() - _nearest(i, r).log()
        ),
        "The distance to the samples alone is not compared with what is usual.": lambda i, s, r: -_nearest(i, s).log(),
        "That is the mean distance; the nearest one is asked for.": lambda i, s, r: (
            torch.cdist(i.flatten(1), r.flatten(1)).mean(1).log() - torch.cdist(i.flatten(1), s.flatten(1)).mean(1).log()
        ),
    },
)

_shares = torch.tensor([0.002, 0.0, 0.05, 0.0001], dtype=torch.float64)

expected_out = function(
    cases=((_shares, 100), (_shares, 20_000), (_shares / 3, 500)),
    solution=lambda shares, n: (1 - (1 - shares) ** n).sum(),
    right="A rare copy needs some 1 / π samples; doubling their number changes little for the frequent ones.",
    mistakes={
        "That is the number of copies among the samples; an image that came out ten times counts once.": lambda p, n: (
            n * p
        ).sum(),
        "That is the probability that all come out; the expected number is a sum.": lambda p, n: (1 - (1 - p) ** n).prod(),
        "That is the expected number of images that do NOT come out.": lambda p, n: ((1 - p) ** n).sum(),
    },
)

claims = statements(
    "Ask what was compared with what, and what else would explain it.",
    {
        "1: a picture may also score high because the model drew it, or finds it easy.": False,
        "2: SimA finds members that no sample copies; compare the star with the line at 1 % FPR.": False,
        "3: images that nobody trained on come out, too, by the same rule; that share belongs beside the other.": True,
        "4: compare the first and the last rows of the table of prices.": True,
    },
)
