"""Exercises of *Inverting the autoencoder*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function

_generator = torch.Generator().manual_seed(0)
_x, _decoded = (torch.rand(3, 1, 8, 8, generator=_generator) * 2 - 1 for _ in range(2))
_z = torch.randn(3, 4, 4, 4, generator=_generator)
_latents = torch.randn(2, 3, 4, 4, 4, generator=_generator)
_losses = torch.tensor([[0.3, 0.1, 0.2], [0.2, 0.4, 0.1]])
_jacobian = torch.randn(3, 5, 64, generator=_generator) / 8


def _objective(decoded: Tensor, x: Tensor, z: Tensor, weight: float) -> Tensor:
    return (decoded - x).square().flatten(1).mean(1) + weight * z.square().flatten(1).mean(1)


objective = function(
    cases=((_decoded, _x, _z, 0.1), (_decoded, _x, _z, 0.0)),
    solution=_objective,
    right="One number for each image: what Adam pulls down.",
    mistakes={
        "Both terms are means, over pixels and over dimensions, not sums.": lambda d, x, z, w: (
            (d - x).square().flatten(1).sum(1) + w * z.square().flatten(1).sum(1)
        ),
        "Squared errors: the norm itself is not what is asked for.": lambda d, x, z, w: (
            (d - x).flatten(1).norm(dim=1) + w * z.flatten(1).norm(dim=1)
        ),
        "The prior is the latent's size, not its mean.": lambda d, x, z, w: (
            (d - x).square().flatten(1).mean(1) + w * z.flatten(1).mean(1)
        ),
    },
)

best_start = function(
    cases=((_latents, _losses), (_latents.flip(0), _losses)),
    solution=lambda latents, losses: latents[losses.argmin(0), torch.arange(losses.shape[1])],
    right="Each image keeps its own best start.",
    mistakes={
        "Each image has its own best start: compare along the first axis.": lambda latents, losses: latents[
            losses.mean(1).argmin()
        ],
        "The best start has the smallest loss.": lambda latents, losses: latents[losses.argmax(0), torch.arange(len(losses[0]))],
    },
)


def _pushed(jacobian: Tensor, noise: Tensor, p: float = 4) -> Tensor:
    return -(jacobian @ noise.flatten(1)[:, :, None]).squeeze(2).abs().pow(p).sum(1)


pushed = function(
    cases=((_jacobian, _z), (2 * _jacobian, _z)),
    solution=_pushed,
    right="The decoder's ruler: noise in directions that it does not hear no longer counts.",
    mistakes={
        "Members have the smaller norm, and scores are higher for members: the sign.": lambda j, e: -_pushed(j, e),
        "SimA's norm is raised to the power 4.": lambda j, e: _pushed(j, e, p=2),
        "Take J times the noise first; then the norm.": lambda j, e: (
            -j.abs().pow(4).sum((1, 2)) * e.flatten(1).abs().pow(4).sum(1)
        ),
    },
)
