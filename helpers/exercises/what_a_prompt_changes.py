"""Exercises of *What a prompt changes*."""

import torch
from torch import Tensor

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements

_generator = torch.Generator().manual_seed(0)
_query, _key, _value = (torch.randn(*shape, generator=_generator) for shape in ((6, 4), (3, 4), (3, 5)))
_members, _held_out = torch.rand(2, 3, 8, generator=_generator) + 0.5


def _looks(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return (query @ key.T / query.shape[1] ** 0.5).softmax(1) @ value


cross_attention = function(
    cases=((_query, _key, _value), (2 * _query, _key, _value)),
    solution=_looks,
    right="Each place gets a mean of the words' values, with the weights of the words that it looks at.",
    mistakes={
        "The weights of one place must sum to 1 over the words: softmax along the second axis.": lambda q, k, v: (
            (q @ k.T / q.shape[1] ** 0.5).softmax(0) @ v
        ),
        "Divide by the square root of d, the width of a query.": lambda q, k, v: (q @ k.T).softmax(1) @ v,
        "These are the weights without their softmax.": lambda q, k, v: q @ k.T / q.shape[1] ** 0.5 @ v,
    },
)


def _share(right: Tensor, none: Tensor) -> Tensor:
    return (right < none).float().mean()


helped = function(
    cases=((_members[0], _members[1]), (_held_out[0], _held_out[1])),
    solution=_share,
    right="Half would mean that the caption lowers the norm as often as it raises it.",
    mistakes={
        "A caption helps where the norm with it is the smaller one.": lambda right, none: (right > none).float().mean(),
        "A share is asked for, not the mean difference of the norms.": lambda right, none: (none - right).mean(),
    },
)

claims = statements(
    "Each verdict needs its own comparison.",
    {
        "1: compare the three rows of SimA, and their differences: each interval lies above 0.": True,
        "2: look at SimA without a caption: its interval lies above one half.": True,
        "3: compare CLiD with SimA and the right caption in the table of differences.": False,
        "4: the table of guidance: the AUC falls as w rises above 1.": False,
    },
)
