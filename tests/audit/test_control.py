"""A model that does not denoise is known by its loss, and scores that rank nothing are refused."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import zoo
from helpers.audit.control import check_finite, check_rankable, control_timesteps, denoising
from helpers.data.catalogue import load_digits
from helpers.models.schedule import linear_scheduler

IMAGES = load_digits().held_out[:16]
SCHEDULE = linear_scheduler().alphas_cumprod


def answering(answer):
    return SimpleNamespace(alphas_cumprod=SCHEDULE, predict_noise=answer)


def test_a_trained_model_denoises_and_knows_images():
    found = denoising(zoo.load("ddpm-digits"), IMAGES, control_timesteps(SCHEDULE))
    assert list(found.losses) == [100, 300, 600]
    assert found.denoises
    assert found.knows_images


def test_a_model_that_predicts_nothing_has_a_loss_of_one():
    found = denoising(answering(lambda x, t: torch.zeros_like(x)), IMAGES, [100, 600])
    assert all(loss == pytest.approx(1, abs=0.1) for loss in found.losses.values())
    assert not found.knows_images


def test_a_model_with_the_wrong_scale_does_not_denoise():
    model = zoo.load("ddpm-digits")
    assert not denoising(answering(lambda x, t: 5 * model.predict_noise(x, t)), IMAGES, [100, 300, 600]).denoises


def test_the_best_multiple_of_the_noisy_image_is_no_better_than_that():
    def shrunk(x, t):
        power = SCHEDULE[t] * IMAGES.square().mean()
        return (1 - SCHEDULE[t]).sqrt() / (power + 1 - SCHEDULE[t]) * x

    found = denoising(answering(shrunk), IMAGES, [300])
    assert found.losses[300] == pytest.approx(found.by_scaling[300], abs=0.03)


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_answers_that_are_no_numbers_are_refused_before_anything_is_scored(value):
    with pytest.raises(ValueError, match="NaN or infinite numbers at timestep 300"):
        denoising(answering(lambda x, t: x * value), IMAGES, [300])


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_no_numbers_are_refused(value):
    with pytest.raises(ValueError, match="1 of 3 scores of members at 20 are NaN or infinite"):
        check_finite(np.array([0, value, 1]), "members at 20")


@pytest.mark.parametrize("scores", [np.zeros(10), np.array([0, 0, 0, 0, 0, 0, 1, 2, 3, 4])])
def test_scores_with_one_value_for_most_are_refused(scores):
    with pytest.raises(ValueError, match="one and the same number: the model does not tell images apart"):
        check_rankable(scores, "members")


def test_scores_with_a_few_ties_are_ranked():
    check_rankable(np.array([0, 0, 1, 1, 2]), "members")


def test_a_short_schedule_is_asked_at_each_of_its_timesteps_once():
    assert control_timesteps(torch.linspace(0.9, 0.1, 4)) == [0, 1, 2]
