"""Settings fit the model, or are refused."""

import pytest
import torch

from helpers.audit.settings import Settings, default_timesteps
from helpers.models.schedule import linear_scheduler


def test_a_schedule_of_a_thousand_is_asked_at_every_twentieth_up_to_300():
    assert default_timesteps(linear_scheduler().alphas_cumprod) == tuple(range(0, 301, 20))


def test_a_longer_schedule_is_asked_at_the_same_fractions():
    assert default_timesteps(linear_scheduler(4000).alphas_cumprod) == tuple(range(0, 1201, 80))


def test_a_short_schedule_is_asked_at_each_timestep_once():
    assert default_timesteps(torch.linspace(0.99, 0.01, 10)) == (0, 1, 2, 3)


@pytest.mark.parametrize("first", [1.0, torch.nan])
def test_a_timestep_without_noise_is_left_out_and_refused_where_it_is_asked_for(first):
    schedule = torch.cat([torch.tensor([first]), torch.linspace(0.99, 0.01, 999)])
    assert default_timesteps(schedule) == tuple(range(20, 301, 20))
    with pytest.raises(ValueError, match="at timestep 0 this model's images carry no noise"):
        Settings(timesteps=(0, 20)).on(schedule)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"attack": "lira"}, "attack must be one of"),
        ({"timesteps": ()}, "at least one timestep"),
        ({"prompts": " "}, "prompts must"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
    ],
)
def test_settings_that_mean_nothing_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Settings(**changes)


def test_asking_about_the_collection_leaves_settings_the_same_for_a_ledger():
    asked = Settings(timesteps=(5,), collection=True)
    assert asked == Settings(timesteps=(5,))
    assert repr(asked) == repr(Settings(timesteps=(5,)))
    assert asked.on(linear_scheduler().alphas_cumprod).collection


@pytest.mark.parametrize("timestep", [1000, -1])
def test_timesteps_beyond_the_models_are_refused(timestep):
    with pytest.raises(ValueError, match=f"timesteps must be at least 0 and below 1000, the model's, got {timestep}"):
        Settings(timesteps=(5, timestep)).on(linear_scheduler().alphas_cumprod)


def test_the_timesteps_are_not_known_before_the_model():
    with pytest.raises(ValueError, match="the timesteps are the model's"):
        _ = Settings().asked
    assert Settings().on(linear_scheduler().alphas_cumprod).asked[-1] == 300
