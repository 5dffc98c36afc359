"""Exercises of *Which dimensions remember*."""

import math
from functools import partial

import torch
from torch import Tensor

from helpers.exercises.exercise import function

_generator = torch.Generator().manual_seed(0)
_jacobian = torch.randn(6, 4, generator=_generator)
_noise, _values = (torch.randn(3, 2, 4, 4, generator=_generator) for _ in range(2))

influence = function(
    cases=((_jacobian,), (2 * torch.eye(3),)),
    solution=lambda jacobian: jacobian.square().sum(0).log() / 2,
    right="It is the log-length of each column: the image's change per unit of one latent number.",
    mistakes={
        "A latent dimension is a column of J, not a row: sum over the pixels.": lambda j: j.square().sum(1).log() / 2,
        "½ log of the squared length is the log of the length: the ½ is missing.": lambda j: j.square().sum(0).log(),
        "G_ii is the squared length of a column, and c_i = ½ log of it.": lambda j: j.norm(dim=0),
        "Sum the squares, do not average them.": lambda j: j.square().mean(0).log() / 2,
    },
)

probes_needed = function(
    cases=((0.4, 16, 0.1), (0.3, 10, 0.07)),
    solution=lambda error, probes, wanted: math.ceil(probes * (error / wanted) ** 2),
    right="Half the error costs four times the probes.",
    mistakes={
        "Twice the probes do not halve the error: in the table it takes four times as many.": lambda error, probes, wanted: (
            math.ceil(probes * error / wanted)
        ),
        "More probes for a smaller error: look at the ratio.": lambda error, probes, wanted: math.ceil(
            probes * (wanted / error) ** 2
        ),
        "Round up: with one probe too few the error is still too large.": lambda error, probes, wanted: math.floor(
            probes * (error / wanted) ** 2
        ),
        "The error falls with the square root of the probes; solve that for the probes.": lambda error, probes, wanted: math.ceil(
            probes * (error / wanted) ** 0.5
        ),
    },
)


def _restricted(noise: Tensor, values: Tensor, fraction: float, least: bool = False, p: float = 4) -> Tensor:
    flat = (-values if least else values).flatten(1)
    kept = flat.topk(max(1, round(fraction * flat.shape[1]))).indices
    return -noise.flatten(1).gather(1, kept).abs().pow(p).sum(1)


restricted = function(
    cases=((_noise, _values, 0.25), (_noise, _values, 1.0)),
    solution=_restricted,
    right="With fraction 1 it is SimA.",
    mistakes={
        "Members have the smaller norm, and scores are higher for members: the sign.": lambda *a: -_restricted(*a),
        "The most influential ones are kept: the largest values.": partial(_restricted, least=True),
        "SimA's norm is raised to the power 4.": partial(_restricted, p=2),
    },
)
