"""On every path, the exact ideal network of a finite training set says through the adapter what the closed form says."""

import math

import pytest
import torch
from diffusers import CMStochasticIterativeScheduler, EDMEulerScheduler
from torch import nn

from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import Denoiser
from helpers.models.paths import (
    GaussianPath,
    PathDenoiser,
    consistency,
    edm,
    straight,
    variance_exploding,
    variance_preserving,
)
from helpers.models.schedule import add_noise, linear_scheduler

IMAGES = torch.rand(6, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1
ALPHAS = linear_scheduler(200).alphas_cumprod
SIGMAS = torch.logspace(-2, 2, 100, dtype=torch.float64)
STEPS = (torch.arange(100, dtype=torch.float64) + 1) / 100


def clean_image(y, a, b, images=IMAGES):
    """E[x₀ | y = a x₀ + b ε] over the images, straight from Bayes' rule; a and b are (n, 1)."""
    squares = (y.flatten(1)[:, None] - a[:, :, None] * images.flatten(1)).square().sum(2)
    return (torch.softmax(-squares / (2 * b.square()), 1) @ images.flatten(1)).reshape(y.shape)


class Ideal(nn.Module):
    """What a perfectly trained network of one kind says, told the times of its kind.

    Args:
        understood: time (n,) -> a, b, what the network is fed y times; all (n, 1).
        says: x₀, ε, a, b, y -> the prediction.
    """

    def __init__(self, understood, says, offset=0.0, images=IMAGES):
        super().__init__()
        self.understood, self.says, self.offset, self.images = understood, says, offset, images
        self.unused = nn.Parameter(torch.zeros(1, dtype=torch.float64))

    def forward(self, fed, time):
        a, b, scale = self.understood(time[:, None].double())
        y = (fed - self.offset) / scale.reshape(-1, 1, 1, 1)
        image = clean_image(y, a, b, self.images)
        a, b = (value.reshape(-1, 1, 1, 1) for value in (a, b))
        return type("Output", (), {"sample": self.says(image, (y - a * image) / b, a, b, y)})


def vp_times(time):
    a, b = ALPHAS.double()[time.long()].sqrt(), (1 - ALPHAS.double()[time.long()]).sqrt()
    return a, b, torch.ones_like(a)


def edm_times(time):
    sigma = (4 * time).exp()
    return torch.ones_like(sigma), sigma, (sigma.square() + 0.25).rsqrt()


def consistency_times(time):
    sigma = (time / 250).exp()
    return torch.ones_like(sigma), sigma, (sigma.square() + 0.25).rsqrt()


def edm_output(sign):
    def says(image, noise, a, sigma, y):
        skip, out = 0.25 / (sigma.square() + 0.25), sign * sigma * 0.5 / (sigma.square() + 0.25).sqrt()
        return (image - skip * y) / out

    return says


def consistency_output(image, noise, a, sigma, y):
    skip = 0.25 / ((sigma - 0.002).square() + 0.25)
    return (image - skip * y) / ((sigma - 0.002) * 0.5 / (sigma.square() + 0.25).sqrt())


def ones(time):
    return torch.ones_like(time)


CASES = {
    "epsilon": (variance_preserving(ALPHAS), Ideal(vp_times, lambda image, noise, a, b, y: noise)),
    "sample": (variance_preserving(ALPHAS, "sample"), Ideal(vp_times, lambda image, noise, a, b, y: image)),
    "v": (variance_preserving(ALPHAS, "v_prediction"), Ideal(vp_times, lambda image, noise, a, b, y: a * noise - b * image)),
    "score": (
        variance_exploding(SIGMAS, unit_range=False),
        Ideal(lambda t: (ones(t), t, ones(t)), lambda image, noise, a, b, y: -noise / b),
    ),
    # In [0, 1] the image is (x + 1) / 2; seen from [-1, 1] its σ is twice as large.
    "score of [0, 1]": (
        variance_exploding(SIGMAS),
        Ideal(lambda t: (ones(t), t, ones(t)), lambda image, noise, a, b, y: -noise / b, images=(IMAGES + 1) / 2),
    ),
    "edm": (edm(SIGMAS), Ideal(edm_times, edm_output(1))),
    "edm v": (edm(SIGMAS, prediction_type="v_prediction"), Ideal(edm_times, edm_output(-1))),
    "consistency": (consistency(SIGMAS), Ideal(consistency_times, consistency_output)),
    "straight": (
        straight(STEPS[:-1]),
        Ideal(lambda t: (1 - t / 1000, t / 1000, ones(t)), lambda image, noise, a, b, y: noise - image),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_ideal_network_of_each_path_is_the_closed_form(case):
    path, network = CASES[case]
    denoiser = PathDenoiser(network, path, (1, 4, 4))
    exact = EmpiricalDenoiser(IMAGES, path.alphas_cumprod)
    noise = torch.randn(6, 1, 4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    last = len(path.times) - 1
    with torch.no_grad():
        for timestep in (1, last // 2, last, torch.tensor([0, 2, 30, 50, 70, last])):
            x = add_noise(IMAGES.roll(1, 0) * 0.9, noise, timestep, path.alphas_cumprod)
            assert (denoiser.predict_noise(x, timestep) - exact.predict_noise(x, timestep)).abs().max() < 1e-5
    assert isinstance(denoiser, Denoiser)


@pytest.mark.parametrize("case", CASES)
def test_noise_rises_along_every_path(case):
    path = CASES[case][0]
    assert (path.alphas_cumprod.diff() < 0).all()
    assert path.alphas_cumprod.min() > 0
    assert path.alphas_cumprod.max() < 1


def test_at_the_end_of_a_straight_path_nothing_of_the_image_is_left():
    path = straight(STEPS)
    assert path.alphas_cumprod[-1] == 0
    network = Ideal(lambda t: (1 - t / 1000, t / 1000, ones(t)), lambda image, noise, a, b, y: noise - image)
    x = torch.randn(2, 1, 4, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():  # there the ideal network predicts the mean image, and the noise is all that is seen
        assert torch.allclose(PathDenoiser(network, path, (1, 4, 4)).predict_noise(x, 99), x)


def test_the_scalings_are_those_of_diffusers():
    y, output = torch.randn(2, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    sigmas = torch.logspace(-2, 1, 7, dtype=torch.float64)
    for prediction in ("epsilon", "v_prediction"):
        path, scheduler = edm(sigmas, 0.7, prediction), EDMEulerScheduler(sigma_data=0.7, prediction_type=prediction)
        expected = (y - scheduler.precondition_outputs(y, output, sigmas)) / sigmas
        assert torch.allclose(path.of_output * output + path.of_input * y, expected)
        assert torch.allclose(path.fed * y, scheduler.precondition_inputs(y, sigmas))
        assert torch.allclose(path.times, scheduler.precondition_noise(sigmas).float())
    path, scheduler = consistency(sigmas), CMStochasticIterativeScheduler()
    skip, out = scheduler.get_scalings_for_boundary_condition(sigmas)
    assert torch.allclose(path.of_output * output + path.of_input * y, (y - skip * y - out * output) / sigmas)
    assert torch.allclose(path.times, torch.as_tensor(scheduler.sigma_to_t(sigmas.numpy())).float())


def test_times_at_which_a_path_is_not_defined_are_refused():
    with pytest.raises(ValueError, match="not all finite"):
        edm(torch.tensor([0.0, 1.0]))
    with pytest.raises(ValueError, match="not all finite"):
        variance_preserving(torch.tensor([1.0, 0.5]), "sample")
    with pytest.raises(ValueError, match="needs T values"):
        GaussianPath(*[torch.ones(2)] * 5, torch.ones(3))


@pytest.mark.parametrize("path", [variance_preserving, edm])
def test_another_prediction_is_refused(path):
    with pytest.raises(ValueError, match=r"prediction_type must be .*, got 'image'"):
        path(ALPHAS, prediction_type="image")


# The denoiser


@pytest.fixture
def denoiser():
    return PathDenoiser(CASES["epsilon"][1], CASES["epsilon"][0], (1, 4, 4))


def test_other_shapes_times_and_conditions_are_refused(denoiser):
    x = torch.zeros(3, 1, 4, 4)
    with pytest.raises(ValueError, match=r"x must have shape \(n, 1, 4, 4\), got \(3, 1, 5, 5\)"):
        denoiser.predict_noise(torch.zeros(3, 1, 5, 5), 0)
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 200\), got 200"):
        denoiser.predict_noise(x, 200)
    with pytest.raises(ValueError, match=r"one condition, or one per image \(3\), got 2"):
        denoiser.told(label=torch.zeros(2)).predict_noise(x, 0)
    with pytest.raises(ValueError, match="give labels"):
        PathDenoiser(denoiser.unet, denoiser.path, denoiser.shape, needs="give labels").predict_noise(x, 0)


def test_one_condition_is_for_all_images_and_several_are_one_for_each(denoiser):
    def asked(network, y, time, label):
        return y * 0 + label.reshape(-1, 1, 1, 1)

    labelled = PathDenoiser(denoiser.unet, denoiser.path, denoiser.shape, asked=asked, needs="give labels")
    x = torch.zeros(2, 1, 4, 4, dtype=torch.float64)
    assert labelled.told(label=torch.tensor([3])).predict_noise(x, 0).unique().tolist() == [3]
    assert labelled.told(label=torch.tensor([1, 2])).predict_noise(x, 0)[:, 0, 0, 0].tolist() == [1, 2]


def test_noise_has_the_precision_of_what_was_asked_whatever_the_networks(denoiser):
    assert denoiser.predict_noise(torch.zeros(2, 1, 4, 4), 3).dtype == torch.float32
    assert math.isclose(denoiser.alphas_cumprod[0], ALPHAS[0], rel_tol=1e-6)


def test_a_batch_that_does_not_fit_is_asked_in_parts_each_with_its_own_time_and_condition():
    sizes = []

    def ask(network, y, time, told):
        sizes.append(len(y))
        if len(y) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return y * time.reshape(-1, 1, 1, 1) + told

    path = variance_preserving(linear_scheduler().alphas_cumprod)
    x, t, told = torch.randn(5, 1, 2, 2), torch.arange(5) * 100, torch.randn(5, 1, 1, 1)
    denoiser = PathDenoiser(torch.nn.Linear(1, 1), path, (1, 2, 2), {"told": told}, ask)
    assert torch.allclose(denoiser.predict_noise(x, t), x * t.reshape(-1, 1, 1, 1) + told)
    assert sizes == [5, 3, 2, 2, 1]
    denoiser.told(told=told[:1]).predict_noise(x, 3)
    assert sizes[5:] == [2, 2, 1]
