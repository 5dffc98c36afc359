"""The account agrees with formulas that opacus does not use, and refuses what is no DP-SGD."""

import math

import pytest
from opacus.accountants.analysis.rdp import compute_rdp
from scipy.optimize import brentq
from scipy.stats import norm

from helpers.training.accountant import epsilon


def exact_epsilon(mu, delta):
    """ε of a normal mechanism whose noise is 1 / μ of what one image moves: Balle and Wang (arXiv 1805.06530), theorem 8."""

    def above(e):
        return norm.cdf(mu / 2 - e / mu) - math.exp(e) * norm.cdf(-mu / 2 - e / mu) - delta

    return brentq(above, 0, 200)


def rdp_by_the_sum(order, noise, rate):
    """Mironov, Talwar and Zhang (arXiv 1908.10530), section 3.3, for an integer order."""
    terms = (
        math.comb(order, k) * (1 - rate) ** (order - k) * rate**k * math.exp(k * (k - 1) / (2 * noise**2))
        for k in range(order + 1)
    )
    return math.log(math.fsum(terms)) / (order - 1)


@pytest.mark.parametrize(("noise", "steps"), [(1.0, 1), (4.0, 10), (20.0, 100), (60.0, 600)])
@pytest.mark.parametrize("delta", [1e-3, 1e-5])
def test_without_subsampling_it_lies_little_above_the_exact_epsilon(noise, steps, delta):
    exact = exact_epsilon(math.sqrt(steps) / noise, delta)  # T steps are one, with 1 / sqrt(T) of the noise
    assert exact < epsilon(noise, 1.0, steps, delta) < 1.25 * exact + 0.05


@pytest.mark.parametrize(("noise", "rate"), [(1.0, 0.1), (2.0, 128 / 600), (8.0, 0.5)])
def test_orders_of_the_subsampled_mechanism_are_its_own_sum(noise, rate):
    for order in (2, 3, 8, 32):
        expected = rdp_by_the_sum(order, noise, rate)
        assert compute_rdp(q=rate, noise_multiplier=noise, steps=7, orders=[order])[0] == pytest.approx(7 * expected, rel=1e-9)


@pytest.mark.parametrize(("noise", "rate", "steps"), [(1.0, 0.1, 500), (2.0, 128 / 600, 600), (8.0, 0.2, 600)])
def test_epsilon_is_the_best_order_of_that_sum(noise, rate, steps):
    delta = 1e-3
    ours = min(
        steps * rdp_by_the_sum(a, noise, rate) + math.log((a - 1) / a) - (math.log(delta) + math.log(a)) / (a - 1)
        for a in range(2, 30)
    )
    assert 0.85 * ours < epsilon(noise, rate, steps, delta) <= ours + 1e-9  # orders between whole ones can only be better


def test_more_noise_fewer_steps_a_smaller_share_and_a_larger_delta_give_less():
    usual = epsilon(2.0, 0.2, 100, 1e-3)
    assert 0 < epsilon(4.0, 0.2, 100, 1e-3) < usual
    assert 0 < epsilon(2.0, 0.1, 100, 1e-3) < usual
    assert 0 < epsilon(2.0, 0.2, 50, 1e-3) < usual
    assert usual < epsilon(2.0, 0.2, 100, 1e-5)


def test_nothing_is_spent_before_the_first_step_and_nothing_promised_without_noise():
    assert epsilon(1.0, 0.2, 0, 1e-3) == epsilon(0.0, 0.2, 0, 1e-3) == 0
    assert epsilon(0.0, 0.2, 1, 1e-3) == math.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1.0, 0.2, 1, 1e-3), "noise_multiplier must be 0 or more, and finite, got -1.0"),
        ((math.inf, 0.2, 1, 1e-3), "noise_multiplier must be 0 or more, and finite, got inf"),
        ((1.0, 0.0, 1, 1e-3), r"the sampling rate, batch_size / n, must be in \(0, 1\], got 0"),
        ((1.0, 1.5, 1, 1e-3), r"must be in \(0, 1\], got 1.5"),
        ((1.0, 0.2, -1, 1e-3), "steps must be at least 0, got -1"),
        ((1.0, 0.2, 1, 0.0), r"delta must be in \(0, 1\), got 0.0"),
        ((1.0, 0.2, 1, 1.0), r"delta must be in \(0, 1\), got 1.0"),
        ((1.0, 0.2, 1, math.nan), r"delta must be in \(0, 1\), got nan"),
    ],
)
def test_what_is_no_dp_sgd_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        epsilon(*arguments)
