"""Exercises of *Inverting the autoencoder*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_x, _decoded = (torch.rand(3, 1, 8, 8, generator=_generator) * 2 - 1 for _ in range(2))
_z = torch.randn(3, 4, 4, 4, generator=_generator)
_latents = torch.randn(2, 3, 4, 4, 4, generator=_generator)
_losses = torch.tensor([[0.3, 0.1, 0.2], [0.2, 0.4, 0.1]])


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


claims = statements(
    "A control says what a result would be without what one believes to be its cause.",
    {
        "1: compare `PSNR` and `AUC` in the rows of 0 and 3 steps.": True,
        "2: the norms of held-out images rise, too; what counts is that the two groups overlap more.": False,
        "3: compare the last two columns row by row: their intervals overlap everywhere.": False,
        "4: look for its interval in the table of gains: it is narrow, and lies below 0.": True,
    },
)
