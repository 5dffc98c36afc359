"""The calibrated loss takes out what complexity explains, learns from held-out images alone, and refuses what it cannot do."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from helpers.attacks.calibrated import CalibratedLoss, total_variation
from helpers.attacks.loss import Loss
from helpers.data.catalogue import load_digits
from helpers.data.splits import LabelledPart
from helpers.evaluation.metrics import evaluate
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.flow import flow_denoiser, sigma_of
from helpers.models.schedule import alpha_bar_at, linear_scheduler

SPLIT = load_digits(members=60, held_out=60)
ALPHAS = linear_scheduler().alphas_cumprod


@dataclass
class Strained:
    """Errs the more, the more varied an image is; and a little less on members."""

    members: torch.Tensor
    alphas_cumprod = ALPHAS

    def predict_noise(self, x, timestep):
        alpha_bar = alpha_bar_at(timestep, self.alphas_cumprod, x)
        shift = (x / alpha_bar.sqrt())[:, None] - torch.cat([SPLIT.members, SPLIT.held_out])[None]
        known = torch.cat([SPLIT.members, SPLIT.held_out])[shift.flatten(2).norm(dim=2).argmin(1)]
        member = (known.flatten(1)[:, None] == self.members.flatten(1)[None]).all(2).any(1)
        noise = (x - alpha_bar.sqrt() * known) / (1 - alpha_bar).sqrt()
        size = total_variation(known).square() * torch.where(member, 0.9, 1.0)
        return noise + size[:, None, None, None]


def auc(attack, denoiser):
    part = SPLIT.evaluation
    scores = (attack.score(denoiser, images).numpy() for images in (part.members, part.held_out))
    return float(evaluate(*scores, bootstrap=0).auc)


def test_what_complexity_hides_comes_out():
    denoiser = Strained(SPLIT.members)
    attack = CalibratedLoss(timestep=10).fit(denoiser, SPLIT.calibration)
    assert auc(Loss(timestep=10, draws=4), denoiser) < 0.75
    assert auc(attack, denoiser) > 0.95


def test_members_of_the_calibration_part_are_not_looked_at():
    denoiser = EmpiricalDenoiser(SPLIT.members)
    part = SPLIT.calibration
    other = LabelledPart(part.held_out, part.held_out)
    assert CalibratedLoss().fit(denoiser, part) == CalibratedLoss().fit(denoiser, other)


def test_the_score_of_an_average_held_out_image_is_zero():
    denoiser, part = EmpiricalDenoiser(SPLIT.members), SPLIT.calibration
    attack = CalibratedLoss().fit(denoiser, part)
    assert attack.score(denoiser, part.held_out).mean().item() == pytest.approx(0, abs=1e-4)


def test_the_error_of_the_velocity_is_the_same_statistic():
    """ε - ε̂ = (1 - σ) (v - v̂) at the same y, so that at one timestep the order of images is the same."""

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.mix = torch.nn.Conv2d(1, 1, 3, padding=1)

        def forward(self, y, time):
            return type("Output", (), {"sample": self.mix(y)})

    torch.manual_seed(0)
    network, t = Network(), 60
    denoiser, sigma = flow_denoiser(network, (1, 8, 8)), float(sigma_of(ALPHAS)[60])
    images = SPLIT.held_out[:5]
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(1))
    y = (1 - sigma) * images + sigma * noise
    with torch.inference_mode():
        velocity = (noise - images - network(y, None).sample).flatten(1).norm(dim=1)
        x = y / ((1 - sigma) ** 2 + sigma**2) ** 0.5
        predicted = (noise - denoiser.predict_noise(x, t)).flatten(1).norm(dim=1)
    assert predicted.numpy() == pytest.approx((1 - sigma) * velocity.numpy(), rel=1e-4)


def test_total_variation_is_that_of_neighbouring_pixels():
    stripes = torch.tensor([-1.0, 1.0]).repeat(4).expand(2, 1, 8, 8)
    assert total_variation(stripes).tolist() == pytest.approx([2, 2])
    assert total_variation(stripes.mT).tolist() == pytest.approx([2, 2])
    assert total_variation(torch.zeros(1, 3, 4, 4)).item() == 0


def test_flat_images_have_finite_scores():
    denoiser = EmpiricalDenoiser(SPLIT.members)
    attack = CalibratedLoss().fit(denoiser, SPLIT.calibration)
    assert np.isfinite(attack.score(denoiser, torch.zeros(2, 1, 8, 8)).numpy()).all()


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="has to be fitted first"):
        CalibratedLoss().score(EmpiricalDenoiser(SPLIT.members), SPLIT.held_out)
    with pytest.raises(ValueError, match="at least 2 x 2 pixels, got 1 x 5"):
        total_variation(torch.zeros(2, 1, 1, 5))
