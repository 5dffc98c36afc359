"""The path of a network is that of the scheduler it was trained with, or is refused."""

import diffusers
import pytest
import torch
from diffusers import (
    CMStochasticIterativeScheduler,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EDMEulerScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    IPNDMScheduler,
    PNDMScheduler,
    ScoreSdeVeScheduler,
)

from helpers.models.pretrained.schedulers import FLOW, path_of


@pytest.mark.parametrize("length", [50, 1000, 4000])
def test_a_path_has_as_many_times_as_its_schedule(length):
    names = ("PNDM", "EDMEuler", "EDMDPMSolverMultistep", "FlowMatchEulerDiscrete", "ScoreSdeVe")
    made = [getattr(diffusers, f"{name}Scheduler")(num_train_timesteps=length) for name in names]
    assert {len(path_of(scheduler).times) for scheduler in made} == {length}
    assert len(path_of(CMStochasticIterativeScheduler(length)).times) == length - 1


@pytest.mark.parametrize(
    "scheduler",
    [
        PNDMScheduler(), EDMEulerScheduler(), EDMEulerScheduler(sigma_schedule="exponential"), FlowMatchEulerDiscreteScheduler(),
        ScoreSdeVeScheduler(), CMStochasticIterativeScheduler(),
        DDIMScheduler(rescale_betas_zero_snr=True, prediction_type="v_prediction"),
    ],
    ids=lambda scheduler: type(scheduler).__name__,
)  # fmt: skip
def test_noise_rises_along_it(scheduler):
    assert (path_of(scheduler).alphas_cumprod.diff() < 0).all()


def test_a_schedule_that_ends_in_noise_alone_is_its_own():
    settings = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
    scheduler = DDIMScheduler(**settings)
    assert path_of(scheduler).alphas_cumprod[-1] == scheduler.alphas_cumprod[-1] == 0


def test_the_clean_image_has_two_names():
    for scheduler in (EulerDiscreteScheduler(prediction_type="original_sample"), PNDMScheduler(prediction_type="sample")):
        path = path_of(scheduler)
        assert torch.allclose(path.of_output, -path.signal / path.noise)


@pytest.mark.parametrize("name", FLOW)
def test_a_straight_path_is_told_its_time_and_shifted(name):
    scheduler = getattr(diffusers, name)(shift=3.0)
    path = path_of(scheduler)
    assert torch.allclose(path.times[[0, 999]], torch.tensor([3 / (1 + 2 / 1000), 1000]))
    assert torch.allclose(path.noise.float().flip(0), scheduler.sigmas[:1000], atol=1e-6)


@pytest.mark.parametrize("settings", [{"use_flow_sigmas": True, "flow_shift": 2.0}, {"prediction_type": "flow_prediction"}])
def test_a_solver_on_a_straight_path_is_known_by_its_settings(settings):
    path = path_of(DPMSolverMultistepScheduler(**({"use_flow_sigmas": True, "prediction_type": "flow_prediction"} | settings)))
    shift = settings.get("flow_shift", 1.0)
    assert torch.isclose(path.noise[499], torch.tensor(shift * 0.5 / (1 + (shift - 1) * 0.5), dtype=torch.float64))
    assert torch.allclose(path.signal, 1 - path.noise)


def test_what_is_not_understood_is_refused():
    with pytest.raises(ValueError, match="the path of a IPNDMScheduler is not known"):
        path_of(IPNDMScheduler())
    with pytest.raises(ValueError, match="has timestep_type 'continuous'; only 'discrete' is understood"):
        path_of(EulerDiscreteScheduler(timestep_type="continuous"))
    with pytest.raises(ValueError, match="prediction_type must be one of epsilon, sample, v_prediction, got 'velocity'"):
        path_of(PNDMScheduler(prediction_type="velocity"))
