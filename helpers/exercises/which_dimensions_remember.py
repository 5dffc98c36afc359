"""Exercises of *Which dimensions remember*."""

from functools import partial

import torch
from torch import Tensor

from helpers.exercises.exercise import function

_generator = torch.Generator().manual_seed(0)
_jacobian = torch.randn(6, 4, generator=_generator)
_products = torch.randn(5, 3, 4, generator=_generator)
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

hutchinson = function(
    cases=((_products,), (_products[:2],)),
    solution=lambda products: products.square().mean(0).log() / 2,
    right="Average first, then take the logarithm: the mean of G is what is estimated without bias.",
    mistakes={
        "Average over the probes before the logarithm: log is concave, and would bias it down.": lambda p: (
            p.square().log() / 2
        ).mean(0),
        "Square each product before averaging: random signs cancel otherwise.": lambda p: p.mean(0).square().log() / 2,
        "Average over the probes, which are the first axis, not over the latents.": lambda p: p.square().mean(1).log() / 2,
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
