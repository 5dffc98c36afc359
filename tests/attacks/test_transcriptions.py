"""Each attack is the equation it says it is: a literal transcription, one image and one draw at a time, agrees."""

import math

import numpy as np
import pytest
import torch

from helpers.attacks import (
    GSA,
    PFAMI,
    PIA,
    PIAN,
    DataOnly,
    LiRA,
    Loss,
    ReDiffuse,
    SecMI,
    SecMINN,
    ShadowModels,
    SimA,
    SimAMonteCarlo,
    score_part,
)
from helpers.attacks.base import Noise
from helpers.attacks.small_resnet import fit_resnet
from helpers.data.catalogue import load_digits
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.evaluation.metrics import evaluate
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import UNetDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet

ALPHA_BAR = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))


def network(seed=0):
    """An untrained network and its schedule, in double precision.

    With (8, 8) channels every group of its normalisation would be one channel, and the network blind to the timestep.
    """
    scheduler = linear_scheduler()
    scheduler.alphas_cumprod = torch.tensor(ALPHA_BAR)
    unet = build_unet(Recipe("tiny", channels=(8, 16), norm_groups=2, seed=seed), (1, 8, 8))
    return UNetDenoiser(unet.double().eval(), scheduler)


@pytest.fixture(scope="module")
def denoiser():
    return network()


@pytest.fixture(scope="module")
def images():
    return torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1


def epsilon_hat(denoiser):
    """ε̂ of one image (1, 8, 8), in numpy."""

    def f(x, t):
        with torch.no_grad():
            return denoiser.unet(torch.tensor(x)[None], t).sample[0].numpy()

    return f


def noisy(x, epsilon, t):
    return np.sqrt(ALPHA_BAR[t]) * x + np.sqrt(1 - ALPHA_BAR[t]) * epsilon


def norm(v, p):
    return max(abs(a) for a in v.ravel()) if p == math.inf else sum(abs(a) ** p for a in v.ravel())


def squared(v):
    return sum(a * a for a in v.ravel())


def ddim(f, x, s, t):
    noise = f(x, s)
    clean = (x - np.sqrt(1 - ALPHA_BAR[s]) * noise) / np.sqrt(ALPHA_BAR[s])
    return clean if t is None else np.sqrt(ALPHA_BAR[t]) * clean + np.sqrt(1 - ALPHA_BAR[t]) * noise


def sima(t, p):
    return lambda f, x, draws: -norm(f(x, t), p)


def mean_of_norms(t, p, k):
    return lambda f, x, draws: -sum(norm(f(noisy(x, e, t), t), p) for e in draws[:k]) / k


def norm_of_mean(t, p, k):
    return lambda f, x, draws: -norm(sum(f(noisy(x, e, t), t) for e in draws[:k]) / k, p)


def loss(t, k):
    return lambda f, x, draws: -sum(squared(e - f(noisy(x, e, t), t)) for e in draws[:k]) / k


def round_trip(f, x, t, k):
    s = 0
    while s < t:
        x, s = ddim(f, x, s, s + k), s + k
    return ddim(f, ddim(f, x, t, t + k), t + k, t) - x


def secmi(t, k):
    return lambda f, x, draws: -squared(round_trip(f, x, t, k))


def pia(t, p):
    return lambda f, x, draws: -norm(f(x, 0) - f(noisy(x, f(x, 0), t), t), p)


def pian(t, p):
    def score(f, x, draws):
        first = f(x, 0) / (sum(abs(v) for v in f(x, 0).ravel()) / x.size) * np.sqrt(2 / np.pi)
        return -norm(first - f(noisy(x, first, t), t), p)

    return score


def crop(x, share):
    """Pixel by pixel: its centre, in [-1, 1], times `share`; then the four pixels around that place, edges repeated."""
    out = np.empty_like(x)
    side = x.shape[-1]
    for row in range(side):
        for column in range(side):
            at = [(((2 * i + 1) / side - 1) * share + 1) * side / 2 - 0.5 for i in (row, column)]
            (top, left), (down, right) = [math.floor(a) for a in at], [a - math.floor(a) for a in at]
            rows, columns = (np.clip([i, i + 1], 0, side - 1) for i in (top, left))
            corners = x[0][np.ix_(rows, columns)]
            out[0, row, column] = np.array([1 - down, down]) @ corners @ np.array([1 - right, right])
    return out


def pfami(timesteps, crops):
    def score(f, x, draws):
        rises = []
        for k, t in enumerate(timesteps):
            here, *changed = [squared(draws[k] - f(noisy(y, draws[k], t), t)) / x.size for y in [x, *(crop(x, c) for c in crops)]]
            rises += [value - here for value in changed]
        return sum(rises) / len(rises)

    return score


def rediffuse(stops, k):
    def score(f, x, draws):
        total = 0
        for epsilon in draws[:k]:
            y = noisy(x, epsilon, stops[0])
            for s, t in zip(stops, [*stops[1:], None], strict=True):
                y = ddim(f, y, s, t)
            total = total + y
        return -np.sqrt(squared(x - total / k))

    return score


EQUATIONS = [
    (SimA(30), sima(30, 4)),
    (SimA(0, 1), sima(0, 1)),
    (SimA(200, 2.5), sima(200, 2.5)),
    (SimA(999, math.inf), sima(999, math.inf)),
    (SimAMonteCarlo(30, draws=3), mean_of_norms(30, 4, 3)),
    (SimAMonteCarlo(300, math.inf, 2), mean_of_norms(300, math.inf, 2)),
    (SimAMonteCarlo(30, draws=3, order="norm_of_mean"), norm_of_mean(30, 4, 3)),
    (SimAMonteCarlo(300, 1, 2, "norm_of_mean", seed=5), norm_of_mean(300, 1, 2)),
    (Loss(), loss(100, 1)),
    (Loss(40, draws=4, seed=2), loss(40, 4)),
    (SecMI(), secmi(100, 10)),
    (SecMI(0, 7), secmi(0, 7)),
    (SecMI(40, 20), secmi(40, 20)),
    (PIA(), pia(100, 4)),
    (PIA(200, 2), pia(200, 2)),
    (PIAN(), pian(100, 4)),
    (PIAN(20, 1), pian(20, 1)),
    (PFAMI((0, 450), (0.95, 0.7, 0.31)), pfami((0, 450), (0.95, 0.7, 0.31))),
    (PFAMI(), pfami(range(0, 500, 50), np.linspace(0.95, 0.70, 10).round(4))),
    (ReDiffuse(draws=3), rediffuse([100, 50], 3)),
    (ReDiffuse(70, draws=2, steps=3, seed=1), rediffuse([70, 47, 23], 2)),
    (ReDiffuse(70, draws=1, steps=1), rediffuse([70], 1)),
]


@pytest.mark.parametrize(("attack", "equation"), EQUATIONS, ids=[type(attack).__name__ for attack, _ in EQUATIONS])
def test_the_score_is_the_equation(attack, equation, denoiser, images):
    noise, f, expected = Noise(attack.seed), epsilon_hat(denoiser), []
    for x in images:
        draws = [noise(k, x[None])[0].numpy() for k in range(10)]
        expected.append(equation(f, x.numpy(), draws))
    assert len(set(expected)) == len(images)
    assert min(abs(v) for v in expected) > 1e-12
    assert attack.score(denoiser, images).numpy() == pytest.approx(expected, rel=1e-6)


def test_the_network_of_these_tests_sees_image_and_timestep(denoiser, images):
    early, late = ([epsilon_hat(denoiser)(x.numpy(), t) for x in images] for t in (0, 500))
    assert min(np.std(p) for p in early + late) > 0.01
    assert min(np.abs(a - b).max() for a, b in zip(early, late, strict=True)) > 0.01
    assert np.abs(early[0] - early[1]).max() > 0.01


def test_the_gradient_norms_are_those_of_one_image_at_a_time(denoiser, images):
    attack, noise, expected = GSA(timesteps=(20, 300), batch_size=3), Noise(0), []
    for x in images:
        total = 0
        for k, t in enumerate(attack.timesteps):
            epsilon = noise(k, x[None])
            x_t = math.sqrt(ALPHA_BAR[t]) * x[None] + math.sqrt(1 - ALPHA_BAR[t]) * epsilon
            total = total + ((epsilon - denoiser.unet(x_t, t).sample) ** 2).sum() / x.numel()
        gradients = torch.autograd.grad(total / len(attack.timesteps), list(denoiser.unet.parameters()))
        expected.append([math.sqrt((g**2).sum()) for g in gradients])
    norms = attack.gradient_norms(denoiser, images)
    assert norms.median() > 1e-6
    # The bias of the attention's keys has no gradient: softmax takes no notice of it. What is left there is rounding.
    assert np.allclose(norms.numpy(), expected, rtol=1e-6, atol=1e-11)


def test_gsa_reads_standardised_logarithms_of_the_norms_with_a_linear_classifier(denoiser, images):
    parts = images[:2], images[2:]
    attack = GSA(timesteps=(20,)).fit(denoiser, LabelledPart(*parts))
    norms = np.concatenate([attack.gradient_norms(denoiser, part) for part in parts])
    rounding = (norms < 1e-6).all(0)  # a constant after the floor, and so without a voice
    logs = np.log(norms[:, ~rounding])
    standardised = (logs - logs.mean(0)) / logs.std(0)
    regression = attack.classifier[-1]
    expected = standardised @ regression.coef_[0, ~rounding] + regression.intercept_[0]
    assert 0 < rounding.sum() < len(rounding) / 4
    assert (regression.coef_[0, rounding] == 0).all()
    scores = np.concatenate([attack.score(denoiser, part) for part in parts])
    assert scores == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert min(expected[:2]) > max(expected[2:])


def test_lira_is_the_likelihood_ratio_of_two_gaussians(images):
    target, shadows = network(9), [network(seed) for seed in range(1, 6)]
    trained_on = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 1, 0]], dtype=torch.bool)

    def phi(model, image):
        return math.log(norm(epsilon_hat(model)(image.numpy(), 30), 2))

    expected = np.zeros(len(images))
    for inside, sign in ((True, 1), (False, -1)):
        groups = [[phi(shadows[s], x) for s in range(5) if trained_on[s, i] == inside] for i, x in enumerate(images)]
        means = [sum(group) / len(group) for group in groups]
        squares = sum((value - mean) ** 2 for group, mean in zip(groups, means, strict=True) for value in group)
        variance = squares / sum(len(group) - 1 for group in groups)
        for i, x in enumerate(images):
            density = math.exp(-((phi(target, x) - means[i]) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
            expected[i] += sign * math.log(density)
    scores = LiRA(30, 2, ShadowModels(shadows, images, trained_on)).score(target, images)
    assert scores.numpy() == pytest.approx(expected, rel=1e-6)


def test_secmi_nn_sees_the_difference_image_of_secmi(denoiser, images):
    f = epsilon_hat(denoiser)
    expected = np.stack([round_trip(f, x.numpy(), 60, 20) for x in images])
    assert SecMINN(60, 20).difference(denoiser, images).detach().numpy() == pytest.approx(expected, rel=1e-6, abs=1e-12)
    with torch.inference_mode():
        assert torch.equal(SecMINN(60, 20).difference(denoiser, images), SecMI(60, 20).difference(denoiser, images))
        features = SecMINN(60, 20, batch_size=3).features(denoiser, images)
    assert features.numpy() == pytest.approx(np.abs(expected), rel=1e-6, abs=1e-12)


@pytest.mark.slow
def test_secmi_nn_learns_to_tell_members_from_others():
    split = load_digits(members=80, held_out=80)
    denoiser = EmpiricalDenoiser(split.members)
    attack = SecMINN(40, 20).fit(denoiser, split.calibration)
    assert evaluate(*score_part(attack, denoiser, split.evaluation), bootstrap=0).auc > 0.95


@pytest.mark.slow
def test_the_small_network_tells_pictures_that_no_norm_tells():
    """Bright left halves against bright right halves: the same pixels, elsewhere."""
    left = torch.rand(80, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * torch.linspace(2, 0.5, 8)
    resnet = fit_resnet(left[:30], left[30:60].flip(3), steps=150)
    with torch.inference_mode():
        assert evaluate(resnet(left[60:]), resnet(left[60:].flip(3)), bootstrap=0).auc > 0.95


class Forbidden:
    """Must not be asked."""

    alphas_cumprod = torch.tensor(ALPHA_BAR)

    def predict_noise(self, x, timestep):
        raise AssertionError("the model was asked")


def data_only_auc(split):
    attack = DataOnly().fit(Forbidden(), split.calibration)
    return evaluate(*score_part(attack, Forbidden(), split.evaluation), bootstrap=0).auc


@pytest.mark.slow
def test_without_the_model_a_fair_split_tells_nothing():
    assert 0.4 < data_only_auc(load_digits()) < 0.6


def test_without_the_model_a_shifted_split_gives_itself_away():
    fair = load_digits()
    assert data_only_auc(MembershipSplit(fair.members, fair.held_out * 0.7)) > 0.9
