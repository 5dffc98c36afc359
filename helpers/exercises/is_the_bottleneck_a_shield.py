"""Exercises of *Is the bottleneck a shield?*"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from helpers.exercises.exercise import function
from helpers.exercises.statements import statements


def _half(a: Sequence[float], b: Sequence[float], n_minus: int = 1, root: float = 3**0.5) -> Tensor:
    d = torch.as_tensor(a, dtype=torch.float64) - torch.as_tensor(b, dtype=torch.float64)
    return 4.303 * d.std(correction=n_minus) / root


def _unpaired(a: Sequence[float], b: Sequence[float]) -> Tensor:
    return 4.303 * ((torch.as_tensor(a).double().var() + torch.as_tensor(b).double().var()) / 3) ** 0.5


half_width = function(
    cases=(([0.91, 0.92, 0.87], [0.87, 0.88, 0.84]), ([0.5, 0.7, 0.6], [0.5, 0.6, 0.7])),
    solution=_half,
    right="The luck of a split, which both runs share, cancels in the differences.",
    mistakes={
        "Take the differences seed by seed first: that is what pairing means.": _unpaired,
        "Divide the standard deviation by √3: the interval is the mean's.": lambda a, b: _half(a, b, root=1),
        "Divide by n - 1 = 2 inside the standard deviation, as ddof=1 does.": lambda a, b: _half(a, b, n_minus=0),
        "1.96 is for many seeds; Student's t with 2 degrees of freedom is 4.303.": lambda a, b: _half(a, b) * 1.96 / 4.303,
    },
)


def _auc_at(wanted: float, distances: Sequence[float], aucs: Sequence[float]) -> float:
    return np.interp(np.log(wanted), np.log(distances)[::-1], aucs[::-1])


auc_at = function(
    cases=((5.0, [8.0, 6.0, 4.0], [0.55, 0.62, 0.76]), (9.0, [20.0, 10.0, 5.0], [0.6, 0.7, 0.9])),
    solution=_auc_at,
    right="At 5.0 the pixel model of this chapter stands near 0.7, and the latent one well above 0.9.",
    mistakes={
        "Interpolate in the logarithm of the distance.": lambda wanted, d, a: np.interp(wanted, d[::-1], a[::-1]),
        "np.interp needs its xs in increasing order, and distances fall: sort both lists.": lambda wanted, d, a: np.interp(
            np.log(wanted), np.log(d), a
        ),
        "Take the logarithm of the wanted distance, too.": lambda wanted, d, a: np.interp(wanted, np.log(d)[::-1], a[::-1]),
        "Sort the AUCs along with their distances.": lambda wanted, d, a: np.interp(np.log(wanted), np.log(d)[::-1], a),
    },
)

claims = statements(
    "Shown means: the interval leaves out 0, whatever the mean says.",
    {
        "1: look at samples of large β in the first table.": False,
        "2: in the table of *Equal information* each interval of the difference lies above 0.": True,
        "3: its difference from pixels has an interval that holds 0.": False,
        "4: the interval of that difference holds 0. It is the autoencoder itself that remembers.": False,
    },
)
