"""How well can an attack do against a model that was trained with (ε, δ)-differential privacy?

Whatever it asks and computes, for each image

    TPR <= min( e^ε FPR + δ,   1 - e^-ε (1 - δ - FPR),   1 )

The first line says that members are called so at most e^ε times as often as others; the second says the same of those that are
not called so. Turned around, an attack with these rates shows that no smaller ε can be true than

    ε >= max( log((TPR - δ) / FPR),   log((1 - δ - FPR) / (1 - TPR)),   0 )

Rates here are true ones, probabilities over the images' coins and all that training draws. What is measured on some images is an
estimate, and `helpers.evaluation.epsilon_bound` makes a bound of it.
Source: Kairouz, Oh and Viswanath, "The Composition Theorem for Differential Privacy" (arXiv 1311.0776), theorem 2.1; as the
trade-off function f(ε, δ), Dong, Roth and Su, "Gaussian Differential Privacy" (arXiv 1905.02383), equation 5.
"""

import numpy as np
from numpy.typing import ArrayLike

from helpers.errors import InvalidInput


def allowed_tpr(fpr: ArrayLike, epsilon: float, delta: float = 0.0) -> np.ndarray:
    """The largest TPR at each FPR, in the shape of `fpr`, from 0 to 1.

    Args:
        fpr: in [0, 1].
        epsilon: 0 or more; infinite for no guarantee.
        delta: in [0, 1].

    Raises:
        ValueError: one of them is outside its range.
    """
    false = _rates(fpr, "fpr")
    _check(epsilon, delta)
    if np.isinf(epsilon):
        return np.ones_like(false)
    with np.errstate(divide="ignore"):
        grown = np.exp(np.minimum(epsilon + np.log(false), 1.0)) + delta  # e^ε alone may be more than a number can be
    return np.clip(np.minimum(grown, 1 - np.exp(-epsilon) * (1 - delta - false)), 0, 1)


def smallest_epsilon(tpr: ArrayLike, fpr: ArrayLike, delta: float = 0.0) -> np.ndarray:
    """The smallest ε with which these rates are possible, elementwise: 0 or more, infinite where none is.

    Args:
        tpr, fpr: in [0, 1], of shapes that broadcast.
        delta: in [0, 1].

    Raises:
        ValueError: one of them is outside its range.
    """
    true, false = _rates(tpr, "tpr"), _rates(fpr, "fpr")
    _check(0.0, delta)
    found = np.maximum(_log_ratio(true - delta, false), _log_ratio(1 - delta - false, 1 - true))
    return np.maximum(found, 0.0)


def _log_ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """log(above / below); nothing or less above asks for no ε, and something over nothing for an infinite one."""
    above, below = np.broadcast_arrays(above, below)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(above > 0, np.log(above) - np.log(below), -np.inf)


def _rates(values: ArrayLike, name: str) -> np.ndarray:
    rates = np.asarray(values, dtype=np.float64)
    if not ((rates >= 0) & (rates <= 1)).all():
        raise InvalidInput(f"{name} must be in [0, 1], got {rates}")
    return rates


def _check(epsilon: float, delta: float) -> None:
    if not epsilon >= 0:
        raise InvalidInput(f"epsilon must be 0 or more, got {epsilon}")
    if not 0 <= delta <= 1:
        raise InvalidInput(f"delta must be in [0, 1], got {delta}")
