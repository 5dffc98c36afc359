"""The closed form agrees with what it is the closed form of."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.attacks import SimA
from helpers.evaluation.metrics import evaluate
from helpers.models.closed_form import CloudDenoiser, EmpiricalDenoiser
from helpers.models.schedule import linear_scheduler

ALPHAS_CUMPROD = linear_scheduler().alphas_cumprod.double()


def points(n, d=2, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(seed=st.integers(0, 10_000), timestep=st.integers(0, 999), n=st.integers(1, 20))
def test_weights_are_probabilities(seed, timestep, n):
    weights = EmpiricalDenoiser(points(n, seed=seed)).kernel_weights(points(5, seed=seed + 1), timestep)
    assert weights.shape == (5, n)
    assert (weights >= 0).all()
    assert torch.allclose(weights.sum(1), torch.ones(5, dtype=torch.float64))


@given(seed=st.integers(0, 10_000))
def test_at_small_t_the_local_mean_is_the_nearest_training_point(seed):
    training, query = points(10, seed=seed), points(4, seed=seed + 1)
    # Beta of 1e-12: the limit itself, since even t = 0 of the usual schedule has a width.
    denoiser = EmpiricalDenoiser(training, torch.tensor([1 - 1e-12], dtype=torch.float64))
    nearest = training[torch.cdist(query, training).argmin(1)]
    assert torch.allclose(denoiser.local_mean(query, 0), nearest, atol=1e-6)


def test_at_large_t_the_weights_are_equal():
    denoiser = EmpiricalDenoiser(points(10), torch.tensor([1e-12], dtype=torch.float64))
    assert torch.allclose(denoiser.kernel_weights(points(3, seed=1), 0), torch.full((3, 10), 0.1, dtype=torch.float64), atol=1e-4)


@pytest.mark.parametrize("timestep", [50, 200, 600])
def test_local_mean_equals_a_monte_carlo_posterior_mean(timestep):
    """Draw (x, y) pairs from the forward process, keep those whose y falls near the query, average their x."""
    training = torch.tensor([[-0.6], [0.1], [0.7]], dtype=torch.float64)
    query, width = 0.25, 0.01
    draw = torch.Generator().manual_seed(0)
    alpha_bar = ALPHAS_CUMPROD[timestep]
    x = training[torch.randint(3, (4_000_000,), generator=draw), 0]
    y = alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * torch.randn(len(x), generator=draw, dtype=torch.float64)
    kept = x[(y - query).abs() < width]
    standard_error = kept.std() / len(kept) ** 0.5
    mean = EmpiricalDenoiser(training).local_mean(torch.tensor([[query]], dtype=torch.float64), timestep)
    assert len(kept) > 500
    assert abs(mean.item() - kept.mean()) < 5 * standard_error + 0.005


@given(seed=st.integers(0, 1000), timestep=st.integers(0, 999))
def test_predicted_noise_is_the_score_up_to_scale(seed, timestep):
    training, query = points(6, seed=seed), points(3, seed=seed + 1).requires_grad_()
    alpha_bar = ALPHAS_CUMPROD[timestep]
    squared = torch.cdist(query, alpha_bar.sqrt() * training).square()
    log_density = torch.logsumexp(-squared / (2 * (1 - alpha_bar)), 1).sum()
    (score,) = torch.autograd.grad(log_density, query)
    noise = EmpiricalDenoiser(training, ALPHAS_CUMPROD).predict_noise(query.detach(), timestep)
    assert torch.allclose(noise, -(1 - alpha_bar).sqrt() * score, rtol=1e-4, atol=1e-5)


def test_the_norm_at_a_training_point_goes_to_zero_and_elsewhere_it_grows():
    training, other = points(8), points(1, seed=1)
    alphas_cumprod = torch.tensor([1 - 1e-2, 1 - 1e-4, 1 - 1e-8], dtype=torch.float64)
    denoiser = EmpiricalDenoiser(training, alphas_cumprod)
    at_member = [denoiser.predict_noise(training[:1], t).norm().item() for t in range(3)]
    elsewhere = [denoiser.predict_noise(other, t).norm().item() for t in range(3)]
    assert at_member[2] < 1e-3
    assert sorted(at_member, reverse=True) == at_member
    assert sorted(elsewhere) == elsewhere


def test_the_prediction_minimises_the_training_loss():
    training = torch.tensor([[-0.5], [0.5]], dtype=torch.float64)
    denoiser = EmpiricalDenoiser(training)
    draw = torch.Generator().manual_seed(0)
    alpha_bar = ALPHAS_CUMPROD[300]
    x = training[torch.randint(2, (20_000,), generator=draw)]
    noise = torch.randn(x.shape, generator=draw, dtype=torch.float64)
    y = alpha_bar.sqrt() * x + (1 - alpha_bar).sqrt() * noise
    best = denoiser.predict_noise(y, 300)
    loss = (best - noise).square().mean()
    for change in (0.05 * y, -0.05 * y, 0.05 * y**2, torch.full_like(y, 0.05)):
        assert ((best + change) - noise).square().mean() > loss


def test_sima_separates_perfectly_on_separated_data():
    draw = torch.Generator().manual_seed(0)
    members, held_out = (torch.rand(40, 1, 4, 4, generator=draw) * 2 - 1 for _ in range(2))
    denoiser = EmpiricalDenoiser(members)
    for timestep in (0, 10):
        report = evaluate(SimA(timestep).score(denoiser, members), SimA(timestep).score(denoiser, held_out), bootstrap=0)
        assert report.auc == 1
        assert report.tpr_at_fpr(0) == 1


def test_batches_change_nothing():
    training, query = points(7), points(11, seed=1)
    one, many = EmpiricalDenoiser(training, batch_size=11), EmpiricalDenoiser(training, batch_size=2)
    timesteps = torch.arange(11) * 90
    assert torch.allclose(one.predict_noise(query, timesteps), many.predict_noise(query, timesteps))


def test_bad_training_images_queries_and_timesteps_are_refused():
    with pytest.raises(ValueError, match=r"N > 0, got \(0, 2\)"):
        EmpiricalDenoiser(torch.zeros(0, 2))
    with pytest.raises(ValueError, match="NaN or infinite"):
        EmpiricalDenoiser(torch.full((2, 2), torch.nan))
    with pytest.raises(ValueError, match=r"x must have shape \(n, 2\), got \(1, 3\)"):
        EmpiricalDenoiser(points(2)).predict_noise(torch.zeros(1, 3), 0)
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 1000"):
        EmpiricalDenoiser(points(2)).predict_noise(torch.zeros(1, 2), 1000)


def clouds(seed=0, n=5, shape=(1, 2, 2)):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(n, *shape, generator=generator) * 2 - 1
    spread = torch.rand(n, *shape, generator=generator) * 0.5 + 0.05
    queries = torch.rand(4, *shape, generator=generator) * 2 - 1
    return images, spread, queries


@pytest.mark.parametrize("timestep", [200, 400, 700])
def test_a_cloud_denoiser_is_that_of_many_draws_from_its_clouds(timestep):
    images, spread, queries = clouds(shape=(1, 1, 2))
    draws = 20_000
    noise = torch.randn(len(images), draws, *images.shape[1:], generator=torch.Generator().manual_seed(1))
    samples = (images[:, None] + spread[:, None] * noise).flatten(0, 1)
    expected = EmpiricalDenoiser(samples, batch_size=1).predict_noise(queries, timestep)
    got = CloudDenoiser(images, spread).predict_noise(queries, timestep)
    assert torch.allclose(got, expected, atol=0.03)


@pytest.mark.parametrize("timestep", [0, 50, 999])
def test_clouds_without_spread_are_points(timestep):
    images, _, queries = clouds()
    cloud, points = CloudDenoiser(images, torch.zeros_like(images)), EmpiricalDenoiser(images)
    assert torch.allclose(cloud.kernel_weights(queries, timestep), points.kernel_weights(queries, timestep))
    assert torch.allclose(cloud.local_mean(queries, timestep), points.local_mean(queries, timestep), atol=1e-6)
    assert torch.allclose(cloud.predict_noise(queries, timestep), points.predict_noise(queries, timestep), atol=1e-5)


def test_one_cloud_is_a_gaussian_whose_score_is_known():
    images, spread, queries = clouds(n=1)
    cloud = CloudDenoiser(images, spread)
    t = 300
    a = cloud.alphas_cumprod[t]
    expected = (1 - a).sqrt() * (queries - a.sqrt() * images) / (a * spread.square() + 1 - a)
    assert torch.allclose(cloud.predict_noise(queries, t), expected, atol=1e-6)


def test_a_bad_spread_is_refused():
    images, spread, queries = clouds()
    with pytest.raises(ValueError, match=r"spread must have the shape of training_images, \(5, 1, 2, 2\), got \(1, 2, 2\)"):
        CloudDenoiser(images, spread[0])
    for bad in (-spread, spread * float("nan")):
        with pytest.raises(ValueError, match="spread must be finite and at least 0"):
            CloudDenoiser(images, bad)
    with pytest.raises(ValueError, match=r"x must have shape \(n, 1, 2, 2\), got \(4, 1, 2\)"):
        CloudDenoiser(images, spread).predict_noise(queries[..., 0], 10)
