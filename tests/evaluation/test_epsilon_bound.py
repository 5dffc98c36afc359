"""The bound lies below the true ε as often as it says, comes near it with many trials, and is not chosen where it is counted."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import beta, norm

from helpers.evaluation.epsilon_bound import bound_of_counts, epsilon_lower_bound

TRIALS = 300


def responses(rng, n, epsilon):
    """n images' scores from randomised response: 1 with a probability of e^ε / (1 + e^ε) for a member, else for the others."""
    truth = math.exp(epsilon) / (1 + math.exp(epsilon))
    return (rng.random(n) < truth).astype(float), (rng.random(n) >= truth).astype(float)


@pytest.mark.parametrize("epsilon", [0.0, 1.0, 3.0])
def test_it_is_missed_no_more_often_than_it_says(epsilon):
    rng = np.random.default_rng(0)
    found = [
        epsilon_lower_bound(responses(rng, 100, epsilon), responses(rng, 150, epsilon), confidence=0.9).epsilon
        for _ in range(TRIALS)
    ]
    wrong = (np.array(found) > epsilon).mean()
    assert wrong <= 0.1 + 3 * math.sqrt(0.09 / TRIALS)
    assert epsilon == 0 or np.median(found) > 0.5 * epsilon


def test_with_many_trials_it_comes_near():
    rng = np.random.default_rng(1)
    found = epsilon_lower_bound(responses(rng, 20_000, 2.0), responses(rng, 200_000, 2.0))
    assert 1.9 < found.epsilon <= 2.0
    assert found.threshold == 1.0
    assert found.confidence == 0.95


def test_normal_scores_get_the_best_threshold_of_the_other_images():
    rng = np.random.default_rng(2)
    mu, n = 1.0, 2_000
    first, second = ((rng.normal(mu, 1, n), rng.normal(0, 1, n)) for _ in range(2))
    delta = 1e-2
    found = epsilon_lower_bound(first, second, delta)
    exact = brentq(lambda e: norm.cdf(mu / 2 - e / mu) - math.exp(e) * norm.cdf(-mu / 2 - e / mu) - delta, 0, 10)
    assert 0.5 * exact < found.epsilon < exact
    assert epsilon_lower_bound(first, second, delta, confidence=0.999).epsilon < found.epsilon


def test_choosing_on_the_same_images_would_find_what_is_not_there():
    rng = np.random.default_rng(3)
    honest, cheating = [], []
    for _ in range(100):
        first, second = ((rng.normal(size=60), rng.normal(size=60)) for _ in range(2))
        honest.append(epsilon_lower_bound(first, second, confidence=0.5).epsilon > 0)
        nearly = (first[0] + 1e-9, first[1] + 1e-9)
        cheating.append(epsilon_lower_bound(first, nearly, confidence=0.5).epsilon > 0)
    assert np.mean(honest) < 0.5
    assert np.mean(cheating) > 2 * np.mean(honest)


def test_the_ends_are_those_of_clopper_and_pearson():
    found, low, high = bound_of_counts(([30, 0, 50], [2, 0, 40]), (50, 40), 0.0, 0.95)
    assert low.tolist() == pytest.approx([beta.ppf(0.025, 30, 21), 0, beta.ppf(0.025, 50, 1)])
    assert high.tolist() == pytest.approx([beta.ppf(0.975, 3, 38), beta.ppf(0.975, 1, 40), 1])
    assert found.tolist() == pytest.approx([math.log(low[0] / high[0]), 0, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: epsilon_lower_bound(([], [1.0]), ([1.0], [1.0])), r"scores must have shape \(n,\) with n > 0"),
        (lambda: epsilon_lower_bound(([1.0], [1.0]), ([math.nan], [1.0])), "scores holds 1 NaN"),
        (lambda: epsilon_lower_bound(([1.0], [0.0]), ([1.0], [0.0]), confidence=1.0), r"confidence must be in \(0, 1\), got 1.0"),
        (lambda: epsilon_lower_bound(([1.0], [0.0]), ([1.0], [0.0]), delta=2.0), r"delta must be in \[0, 1\], got 2.0"),
        (
            lambda: epsilon_lower_bound(([1.0, 2.0, 3.0], [0.0]), ([3.0, 1.0, 2.0], [0.5])),
            "the threshold must be chosen on other images than those it is tried on",
        ),
        (lambda: bound_of_counts((3, 1), (2, 2), 0.0, 0.95), "of 2 images between none and all can be called members"),
        (lambda: bound_of_counts((1, -1), (2, 2), 0.0, 0.95), "of 2 images between none and all can be called members"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
