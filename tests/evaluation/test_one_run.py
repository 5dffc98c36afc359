"""One run refutes no true ε more often than it says, comes near it with many canaries, and sees a guarantee that was broken."""

import math

import numpy as np
import pytest
from scipy.stats import binom

from helpers.evaluation.one_run import Guesses, epsilon_of_one_run, guess, p_value

TRIALS = 400


def responses(rng, m, epsilon):
    """Scores and coins of m canaries whose coins are told by randomised response, with noise that breaks ties."""
    coins = rng.random(m) < 0.5
    told = np.where(rng.random(m) < 1 / (1 + math.exp(-epsilon)), coins, ~coins)
    return told + 0.1 * rng.random(m), coins


def by_appendix_d(m, r, v, epsilon, delta):
    """The bound again, its sum written out: max over i of (P(v > Binomial >= v - i)) / i."""
    truth = math.exp(epsilon) / (1 + math.exp(epsilon))
    tail = binom.sf(np.arange(v + 1) - 1, r, truth)
    largest = max([(tail[v - i] - tail[v]) / i for i in range(1, v + 1)], default=0.0)
    return min(1.0, tail[v] + 2 * m * delta * largest)


@pytest.mark.parametrize("epsilon", [0.0, 0.5, 2.0])
def test_the_true_epsilon_is_refuted_no_more_often_than_said(epsilon):
    rng = np.random.default_rng(0)
    found = [guess(*responses(rng, 200, epsilon), 60, 60) for _ in range(TRIALS)]
    refuted = [p_value(guesses, epsilon) < 0.1 for guesses in found]
    for guesses, is_refuted in zip(found[:20], refuted, strict=False):
        assert (epsilon_of_one_run(guesses, confidence=0.9) > epsilon) == is_refuted
    wrong = np.mean(refuted)
    assert wrong <= 0.1 + 3 * math.sqrt(0.09 / TRIALS)
    assert wrong > 0.02  # it is not merely careful: randomised response is the worst case


def test_with_many_canaries_it_comes_near():
    rng = np.random.default_rng(1)
    for epsilon in (0.5, 2.0):
        found = epsilon_of_one_run(guess(*responses(rng, 20_000, epsilon), 8_000, 8_000))
        assert 0.88 * epsilon < found <= epsilon


def test_the_bound_is_the_papers():
    for m, r, v in ((100, 60, 50), (100, 60, 0), (50, 50, 50), (300, 100, 71), (10, 1, 1)):
        for epsilon in (0.0, 0.7, 3.0):
            for delta in (0.0, 1e-5, 1e-2):
                expected = by_appendix_d(m, r, v, epsilon, delta)
                assert p_value(Guesses(m, r, v), epsilon, delta) == pytest.approx(expected, rel=1e-6)


def test_a_lie_is_seen():
    rng = np.random.default_rng(2)
    scores, coins = responses(rng, 300, 6.0)
    found = guess(scores, coins, 50, 50)
    assert p_value(found, 1.0, 1e-5) < 1e-3
    assert epsilon_of_one_run(found, 1e-5) > 2
    assert epsilon_of_one_run(guess(rng.random(300), coins, 50, 50), 1e-5) == 0


def test_all_right_shows_no_more_than_the_number_of_guesses_allows():
    share = 0.05 ** (1 / 40)
    assert epsilon_of_one_run(Guesses(100, 40, 40)) == pytest.approx(math.log(share / (1 - share)))


def test_delta_counts_twice_a_canary():
    few, many = Guesses(40, 40, 38), Guesses(400, 40, 38)
    assert p_value(few, 1.0, 1e-3) < p_value(many, 1.0, 1e-3)
    assert epsilon_of_one_run(many, 1e-2) < epsilon_of_one_run(many, 1e-4) < epsilon_of_one_run(many)
    assert p_value(many, 1.0, 1.0) == 1


def test_guesses_are_of_the_highest_and_of_the_lowest():
    scores, coins = np.array([5.0, 1.0, 4.0, 2.0, 3.0]), np.array([True, False, False, True, True])
    assert guess(scores, coins, 1, 1) == Guesses(5, 2, 2)
    assert guess(scores, coins, 2, 2) == Guesses(5, 4, 2)
    assert guess(scores, coins, 3, 0) == Guesses(5, 3, 2)
    assert guess(scores, coins, 0, 1) == Guesses(5, 1, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: guess([1.0, 2.0], np.array([1, 0]), 1, 1), r"included must be 2 bools, one a canary, got int64 of shape \(2,\)"),
        (lambda: guess([1.0, 2.0], np.array([True]), 1, 1), r"got bool of shape \(1,\)"),
        (lambda: guess([], np.array([], bool), 1, 1), r"scores must have shape \(n,\) with n > 0"),
        (lambda: guess([math.nan, 1.0], np.array([True, False]), 1, 1), "scores holds 1 NaN"),
        (lambda: guess([1.0, 2.0], np.array([True, False]), 2, 1), "1 to 2 together, got 2 and 1"),
        (lambda: guess([1.0, 2.0], np.array([True, False]), 0, 0), "1 to 2 together, got 0 and 0"),
        (lambda: guess([1.0, 2.0], np.array([True, False]), -1, 2), "must be 0 or more, .* got -1 and 2"),
        (lambda: p_value(Guesses(2, 3, 1), 1.0), "right <= guessed <= canaries must hold"),
        (lambda: p_value(Guesses(3, 2, -1), 1.0), "right <= guessed <= canaries must hold"),
        (lambda: p_value(Guesses(3, 2, 1), -0.1), "epsilon must be 0 or more, got -0.1"),
        (lambda: p_value(Guesses(3, 2, 1), 1.0, 1.5), r"delta must be in \[0, 1\], got 1.5"),
        (lambda: epsilon_of_one_run(Guesses(3, 2, 1), confidence=0.0), r"confidence must be in \(0, 1\), got 0.0"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
