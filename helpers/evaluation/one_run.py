"""Which ε does a single run of training refute, if many images were in it or not by coins?

Of m canaries each is in the training set where a fair coin of its own says so. After training, the k₊ with the highest scores
are guessed to be in, the k₋ with the lowest to be out, and nothing is said of the others. Of r = k₊ + k₋ guesses let V be right.
Where training is (ε, δ)-differentially private,

    P(V >= v) <= f(v) + 2 m δ max_{i = 1..v} (f(v - i) - f(v)) / i,      f(v) = P(Binomial(r, e^ε / (1 + e^ε)) >= v)

That is, guesses are right at most as often as randomised response would be, where each coin is told truly with a probability of
e^ε / (1 + e^ε). The smallest ε for which the right-hand side is not below 1 - confidence is a lower bound at that confidence. It
asks for no independence of the scores, and for nothing of the attack but that k₊ and k₋ were chosen before looking.

As δ counts 2 m times, it has to be small beside 1 / m; an accountant states ε at any δ. And with r guesses, all of them right, no
more can be shown than log(p / (1 - p)) with p = (1 - confidence)^(1 / r), whatever happened.
Source: Steinke, Nasr and Jagielski, "Privacy Auditing with One (1) Training Run" (arXiv 2305.08846), theorem 5.2, algorithm 1
and appendix D.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import binom

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import check_scores

LARGEST = 50.0  # an ε that no number of guesses shows


@dataclass(frozen=True)
class Guesses:
    """How many of `canaries` were guessed at, and how many of these guesses were right."""

    canaries: int
    guessed: int
    right: int


def guess(scores: ArrayLike, included: ArrayLike, most: int, least: int) -> Guesses:
    """Guess that the highest scores are of canaries that are in, and the lowest of those that are out.

    Args:
        scores: of the canaries, (m,), higher = in. Of equal ones the first given counts as lower: give them in an order that
            the coins did not make, or, to be careful, those that are in first.
        included: what the coins said, (m,) of bool.
        most, least: k₊ and k₋, chosen before looking.

    Raises:
        ValueError: bad scores, no coin for each of them, a negative number, no guess, or more guesses than canaries.
    """
    ranked = check_scores(scores, "scores")
    coins = np.asarray(included)
    if coins.dtype != bool or coins.shape != ranked.shape:
        raise InvalidInput(f"included must be {len(ranked)} bools, one a canary, got {coins.dtype} of shape {coins.shape}")
    if most < 0 or least < 0 or not 0 < most + least <= len(ranked):
        raise InvalidInput(f"most and least must be 0 or more, and 1 to {len(ranked)} together, got {most} and {least}")
    order = np.argsort(ranked, kind="stable")
    right = coins[order[len(order) - most :]].sum() + (~coins[order[:least]]).sum()
    return Guesses(len(ranked), most + least, int(right))


def p_value(guesses: Guesses, epsilon: float, delta: float = 0.0) -> float:
    """How probable so many right guesses are at most, where training is (ε, δ)-differentially private: in [0, 1]; see the module.

    Raises:
        ValueError: numbers that are not 0 <= right <= guessed <= canaries, a negative ε, or a δ outside [0, 1].
    """
    _check(guesses, delta)
    if not epsilon >= 0:
        raise InvalidInput(f"epsilon must be 0 or more, got {epsilon}")
    v, r = guesses.right, guesses.guessed
    truth = expit(epsilon)
    at_least = binom.sf(v - 1, r, truth)
    fewer = np.cumsum(binom.pmf(v - np.arange(1, v + 1), r, truth)) / np.arange(1, v + 1)  # (f(v - i) - f(v)) / i
    return float(min(1.0, at_least + 2 * guesses.canaries * delta * fewer.max(initial=0.0)))


def epsilon_of_one_run(guesses: Guesses, delta: float = 0.0, confidence: float = 0.95) -> float:
    """What ε is at least, at that confidence: 0 or more.

    Raises:
        ValueError: as `p_value`, or a confidence outside (0, 1).
    """
    _check(guesses, delta)
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence must be in (0, 1), got {confidence}")

    def above(epsilon: float) -> float:
        return p_value(guesses, epsilon, delta) - (1 - confidence)

    # p grows with ε, so that what is refuted lies below the root.
    if above(0.0) >= 0:
        return 0.0
    return LARGEST if above(LARGEST) < 0 else float(brentq(above, 0.0, LARGEST, xtol=1e-9))


def _check(guesses: Guesses, delta: float) -> None:
    if not 0 <= guesses.right <= guesses.guessed <= guesses.canaries:
        raise InvalidInput(f"right <= guessed <= canaries must hold, each 0 or more, got {guesses}")
    if not 0 <= delta <= 1:
        raise InvalidInput(f"delta must be in [0, 1], got {delta}")
