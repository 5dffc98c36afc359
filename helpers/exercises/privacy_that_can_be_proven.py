"""Exercises of *Privacy that can be proven*."""

import torch

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_gradients = torch.randn(6, 5, generator=_generator, dtype=torch.float64) * torch.tensor([[0.1], [3], [1], [0.2], [9], [2]])
_z = torch.randn(5, generator=_generator, dtype=torch.float64)


def _private_mean(g: torch.Tensor, c: float, sigma: float, batch: int, z: torch.Tensor) -> torch.Tensor:
    return ((g * (c / g.norm(dim=1, keepdim=True)).clamp(max=1)).sum(0) + sigma * c * z) / batch


private_mean = function(
    cases=((_gradients, 1.0, 0.5, 8, _z), (_gradients, 2.0, 4.0, 3, _z)),
    solution=_private_mean,
    right="No image moves the sum by more than C, and B is the same whoever was drawn.",
    mistakes={
        "That clips the sum of all gradients. One image may still fill it alone: clip each row by its own norm.": (
            lambda g, c, sigma, batch, z: (g.sum(0) * min(1, c / float(g.sum(0).norm())) + sigma * c * z) / batch
        ),
        "That makes every gradient as long as C, the short ones too. Clipping only shortens.": lambda g, c, sigma, batch, z: (
            ((c * g / g.norm(dim=1, keepdim=True)).sum(0) + sigma * c * z) / batch
        ),
        "The noise is σ C z: it has to grow with what one image can do.": lambda g, c, sigma, batch, z: (
            ((g * (c / g.norm(dim=1, keepdim=True)).clamp(max=1)).sum(0) + sigma * z) / batch
        ),
        "Divide by the expected batch size B. How many were drawn depends on who was drawn.": lambda g, c, sigma, batch, z: (
            _private_mean(g, c, sigma, len(g), z)
        ),
    },
)

images_needed = function(
    cases=((torch.tensor(1.0, dtype=torch.float64),), (torch.tensor(4.0, dtype=torch.float64),)),
    solution=lambda epsilon: torch.log(torch.tensor(0.025, dtype=torch.float64)) / torch.nn.functional.logsigmoid(epsilon),
    right="It grows like e^ε: each further 1 of ε takes 2.7 times the images, and an ε of 42 cannot be contradicted by anybody.",
    mistakes={
        "p is 1 / (1 + e^-ε): solve log(p / (1 - p)) = ε for p first.": lambda epsilon: (
            torch.log(torch.tensor(0.025, dtype=torch.float64)) / -epsilon
        ),
        "Each end of the interval is missed with 2.5 %, not with 5 %.": lambda epsilon: (
            torch.log(torch.tensor(0.05, dtype=torch.float64)) / torch.nn.functional.logsigmoid(epsilon)
        ),
    },
)

claims = statements(
    "A promise bounds every attack from above. A measurement bounds ε from below, and never from above.",
    {
        "1: no attack may do more; whether anybody tried does not enter.": True,
        "2: a lower bound of 0 says that this attack, with these images, found nothing. It is no promise.": False,
        "3: the accountant's number belongs to Poisson sampling; with shuffled batches nobody has shown it.": False,
        "4: a true ε is contradicted in at most one of twenty such audits, so that the claim is in trouble.": True,
    },
)
