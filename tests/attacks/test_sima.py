"""SimA is the norm it says it is, at the cost it says it has."""

import math

import numpy as np
import pytest
import torch

from helpers.attacks import Attack, SimA, SimAMonteCarlo, score_over_timesteps, score_part
from helpers.data.catalogue import load_digits
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.schedule import linear_scheduler


@pytest.fixture
def digits():
    return load_digits()


class Counting:
    """Predicts a fixed function of its input, and counts the images it is asked about."""

    alphas_cumprod = linear_scheduler().alphas_cumprod

    def __init__(self):
        self.asked = []

    def predict_noise(self, x, timestep):
        self.asked += [int(timestep)] * len(x)
        return 0.3 * x + 0.1 * int(timestep) / 1000


@pytest.mark.parametrize("p", [1, 2, 4, 2.5, math.inf])
def test_the_score_is_minus_the_norm_of_the_closed_form(p, digits):
    """Against the closed form written again in numpy, one image at a time."""
    training, image, t = digits.members[:50].numpy(), digits.held_out[0].numpy(), 80
    alpha_bar = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))[t]
    exponents = [-((image - np.sqrt(alpha_bar) * x) ** 2).sum() / (2 * (1 - alpha_bar)) for x in training.astype(float)]
    weights = np.exp(np.array(exponents) - max(exponents))
    mean = np.tensordot(weights / weights.sum(), training, 1)
    noise = (image - np.sqrt(alpha_bar) * mean) / np.sqrt(1 - alpha_bar)
    expected = -(np.abs(noise).max() if p == math.inf else (np.abs(noise) ** p).sum())
    score = SimA(t, p).score(EmpiricalDenoiser(digits.members[:50]), digits.held_out[:1])
    assert score.item() == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("attack", [SimA(30), SimAMonteCarlo(30, draws=5)])
def test_queries_are_counted_rightly(attack, digits):
    denoiser = Counting()
    scores = attack.score(denoiser, digits.members[:7])
    assert isinstance(attack, Attack)
    assert scores.shape == (7,)
    assert denoiser.asked == [30] * 7 * attack.queries


@pytest.mark.parametrize("attack", [SimA(30), SimA(30, math.inf), SimAMonteCarlo(30, draws=2)])
def test_batches_change_nothing(attack, digits):
    import dataclasses

    small = dataclasses.replace(attack, batch_size=3)
    denoiser = EmpiricalDenoiser(digits.members[:20])
    if isinstance(attack, SimA):
        assert torch.allclose(attack.score(denoiser, digits.held_out[:10]), small.score(denoiser, digits.held_out[:10]))
    else:
        assert small.score(denoiser, digits.held_out[:10]).shape == (10,)


def test_members_score_higher_than_held_out_images(digits):
    members, held_out = score_part(SimA(50), EmpiricalDenoiser(digits.members), digits.evaluation)
    assert members.median() > held_out.median()


def test_the_two_monte_carlo_orders_differ_as_jensen_says(digits):
    denoiser = EmpiricalDenoiser(digits.members[:50])
    mean_of_norms = SimAMonteCarlo(100, draws=6).score(denoiser, digits.held_out[:8])
    norm_of_mean = SimAMonteCarlo(100, draws=6, order="norm_of_mean").score(denoiser, digits.held_out[:8])
    assert (norm_of_mean > mean_of_norms).all()  # the norm of a mean is at most the mean of the norms


def test_one_draw_makes_both_orders_equal_and_the_seed_decides(digits):
    denoiser, images = EmpiricalDenoiser(digits.members[:50]), digits.held_out[:8]
    one, two = (SimAMonteCarlo(100, draws=1, order=o).score(denoiser, images) for o in ("mean_of_norms", "norm_of_mean"))
    assert torch.equal(one, two)
    assert not torch.equal(one, SimAMonteCarlo(100, draws=1, seed=1).score(denoiser, images))


def test_a_sweep_is_one_attack_per_timestep(digits):
    denoiser, part = EmpiricalDenoiser(digits.members[:50]), digits.evaluation
    members, held_out = score_over_timesteps(SimA(), denoiser, part, [0, 77])
    assert members.shape == (2, len(part.members))
    assert torch.equal(members[1], SimA(77).score(denoiser, part.members))
    assert torch.equal(held_out[0], SimA(0).score(denoiser, part.held_out))


@pytest.mark.parametrize("attack", [SimA, SimAMonteCarlo])
def test_bad_hyperparameters_and_images_are_refused(attack, digits):
    denoiser = Counting()
    for p in (0.5, -1, math.nan):
        with pytest.raises(ValueError, match="p must be a norm order of at least 1"):
            attack(p=p)
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 1000"):
        attack(1000).score(denoiser, digits.members)
    with pytest.raises(ValueError, match=r"must have shape \(n, c, h, w\), got \(8, 8\)"):
        attack().score(denoiser, digits.members[0, 0])
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]"):
        attack().score(denoiser, 8 * digits.members)
    with pytest.raises(ValueError, match="64 NaN"):
        attack().score(denoiser, torch.full((1, 1, 8, 8), math.nan))


def test_monte_carlo_refuses_no_draw_and_unknown_orders():
    with pytest.raises(ValueError, match="draws must be at least 1, got 0"):
        SimAMonteCarlo(draws=0)
    with pytest.raises(ValueError, match="order must be 'mean_of_norms' or 'norm_of_mean', got 'median'"):
        SimAMonteCarlo(order="median")
