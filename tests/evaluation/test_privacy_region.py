"""The region of (ε, δ) is that of its two lines, is reached by randomised response, and is turned around exactly."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.evaluation.privacy_region import allowed_tpr, smallest_epsilon

RATES = st.floats(0, 1)


def test_both_lines_bound_the_rate():
    assert allowed_tpr(0.0, 1.0, 0.1) == pytest.approx(0.1)
    assert allowed_tpr(0.01, 1.0, 0.0) == pytest.approx(math.e * 0.01)
    assert allowed_tpr(0.5, 1.0, 0.0) == pytest.approx(1 - 0.5 / math.e)
    assert allowed_tpr([0.0, 0.3, 1.0], 0.0).tolist() == pytest.approx([0.0, 0.3, 1.0])
    assert allowed_tpr([0.0, 0.5], np.inf).tolist() == [1.0, 1.0]
    assert allowed_tpr(0.5, 1e6) == 1


@pytest.mark.parametrize("epsilon", [0.1, 1.0, 4.0])
def test_randomised_response_reaches_it(epsilon):
    truth = math.exp(epsilon) / (1 + math.exp(epsilon))
    assert allowed_tpr(1 - truth, epsilon) == pytest.approx(truth)
    assert smallest_epsilon(truth, 1 - truth) == pytest.approx(epsilon)


@given(fpr=st.floats(1e-6, 1 - 1e-6), epsilon=st.floats(0, 8), delta=st.floats(0, 0.5))
def test_the_best_attack_shows_its_epsilon_and_no_more(fpr, epsilon, delta):
    tpr = allowed_tpr(fpr, epsilon, delta)
    found = smallest_epsilon(tpr, fpr, delta)
    assert found <= epsilon + 1e-6
    if tpr < 1 - 1e-6:
        assert found == pytest.approx(epsilon, abs=1e-4)


@given(tpr=RATES, fpr=RATES, delta=RATES)
def test_with_the_epsilon_that_rates_ask_for_they_are_allowed(tpr, fpr, delta):
    epsilon = float(smallest_epsilon(tpr, fpr, delta))
    assert epsilon >= 0
    assert tpr <= allowed_tpr(fpr, epsilon, delta) + 1e-9


def test_members_called_without_any_mistake_ask_for_all():
    assert smallest_epsilon(0.1, 0.0) == smallest_epsilon(1.0, 0.9) == math.inf
    assert smallest_epsilon(0.1, 0.0, delta=0.1) == 0
    assert smallest_epsilon(0.0, 0.0) == smallest_epsilon(1.0, 1.0) == smallest_epsilon(0.2, 0.5) == 0
    assert smallest_epsilon([[0.5], [0.9]], [0.1, 0.2]).shape == (2, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: allowed_tpr(1.5, 1.0), r"fpr must be in \[0, 1\], got 1.5"),
        (lambda: allowed_tpr([math.nan], 1.0), r"fpr must be in \[0, 1\]"),
        (lambda: allowed_tpr(0.5, -1.0), "epsilon must be 0 or more, got -1.0"),
        (lambda: allowed_tpr(0.5, math.nan), "epsilon must be 0 or more, got nan"),
        (lambda: allowed_tpr(0.5, 1.0, 1.1), r"delta must be in \[0, 1\], got 1.1"),
        (lambda: smallest_epsilon(-0.1, 0.5), r"tpr must be in \[0, 1\], got -0.1"),
        (lambda: smallest_epsilon(0.1, 2.0), r"fpr must be in \[0, 1\], got 2.0"),
        (lambda: smallest_epsilon(0.1, 0.5, -0.1), r"delta must be in \[0, 1\], got -0.1"),
    ],
)
def test_what_is_no_rate_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
