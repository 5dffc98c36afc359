"""What a model drew gives its members away as far as it copied them; only images are asked for."""

import pytest
import torch

from helpers.attacks import NearestSample, SampleDensity
from helpers.data.catalogue import load_digits
from helpers.evaluation.metrics import evaluate
from helpers.experiments.clock import draw
from helpers.models.closed_form import EmpiricalDenoiser

ATTACKS = [NearestSample, SampleDensity]


def images(n, seed, size=4):
    return torch.rand(n, 2, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def scores(attack, x):
    return attack.score(None, x)


def test_the_score_is_the_distance_to_the_nearest_sample():
    samples, x = images(700, 0), images(9, 1)
    by_hand = [-min((a - b).double().norm().item() for b in samples) for a in x]
    assert scores(NearestSample(samples), x).tolist() == pytest.approx(by_hand, rel=1e-6)


def test_more_samples_come_nearer_and_never_farther():
    samples, x = images(300, 0), images(20, 1)
    few, many = scores(NearestSample(samples[:30]), x), scores(NearestSample(samples), x)
    assert (many >= few).all()
    assert (many > few).any()


def test_distances_are_those_of_the_features():
    samples, x = images(50, 0), images(5, 1)

    def brightness(x):
        return x.mean((1, 2, 3))[:, None]

    expected = -(x.mean((1, 2, 3))[:, None] - samples.mean((1, 2, 3))).abs().min(1).values
    assert torch.allclose(scores(NearestSample(samples, features=brightness), x).float(), expected, atol=1e-6)


def test_beside_reference_images_an_image_that_is_near_to_everything_has_no_lead():
    x = images(2, 1)
    samples, reference = (torch.cat([x[i : i + 1] + gap for i, gap in enumerate(gaps)]) for gaps in ((0.01, 0.02), (0.01, 0.08)))
    alone = scores(NearestSample(samples.clamp(-1, 1)), x)
    beside = scores(NearestSample(samples.clamp(-1, 1), reference.clamp(-1, 1)), x)
    assert alone[0] > alone[1]
    assert beside[0] < beside[1]


def test_an_image_that_was_drawn_to_the_last_bit_has_a_finite_score():
    x = images(3, 0)
    assert scores(NearestSample(x, images(3, 1)), x).isfinite().all()
    assert scores(NearestSample(images(3, 1), x), x).isfinite().all()


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_planted_memoriser_is_found_by_its_samples_and_one_that_knows_others_is_not(attack):
    split = load_digits(members=30, held_out=30)
    copying, other = (draw(EmpiricalDenoiser(known), 300, (1, 8, 8), 0) for known in (split.members, split.auxiliary[:30]))
    found, innocent = (evaluate(*(scores(attack(s), x) for x in (split.members, split.held_out))) for s in (copying, other))
    assert found.auc > 0.95
    assert innocent.auc.low < 0.5 < innocent.auc.high


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_denoiser_is_asked_and_order_and_batches_do_not_matter(attack):
    samples, x = images(40, 0), images(600, 1)
    asked = attack(samples)
    assert asked.queries == 0
    assert torch.equal(scores(asked, x).flip(0), scores(asked, x.flip(0)))
    assert torch.allclose(scores(asked, x)[:5], scores(asked, x[:5]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_no_batch_of_one_shape_is_refused(attack):
    samples = images(5, 0)
    with pytest.raises(ValueError, match="samples"):
        attack(samples * torch.nan)
    with pytest.raises(ValueError, match="reference must have the samples' shape"):
        attack(samples, images(5, 1, size=3))
    with pytest.raises(ValueError, match="reference"):
        attack(samples, images(5, 1)[:0])
    with pytest.raises(ValueError, match="images must have the samples' shape"):
        attack(samples).score(None, images(5, 1, size=3))
    with pytest.raises(ValueError, match="images"):
        attack(samples).score(None, samples[:0])
