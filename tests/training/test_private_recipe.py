"""A private recipe says all that its ε depends on, claims it even when broken, and refuses what makes no sense."""

import json
import math
from dataclasses import replace

import pytest

from helpers.training.accountant import epsilon
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.recipes import Recipe

RECIPE = PrivateRecipe("x", noise_multiplier=2.0)


def test_the_guarantee_says_for_which_sampling_at_which_delta_and_after_how_many_steps():
    promised = RECIPE.guarantee(100)
    assert promised["epsilon"] == pytest.approx(epsilon(2.0, 128 / 600, 100, 1e-3), abs=1e-4)
    assert (promised["delta"], promised["steps"]) == (1e-3, 100)
    assert promised["sampling"] == "Poisson, rate 0.213333"
    assert json.loads(json.dumps(promised, allow_nan=False)) == promised


def test_clipping_alone_promises_nothing():
    clipped = replace(RECIPE, noise_multiplier=0.0)
    assert clipped.claimed_epsilon(1) == math.inf
    assert clipped.guarantee(1)["epsilon"] is None
    assert Recipe("x").guarantee(1) == {}


@pytest.mark.parametrize("broken", ["no-noise", "shuffled", "layer-left-out", "batch-clipping"])
def test_a_broken_recipe_claims_what_an_honest_one_does(broken):
    assert replace(RECIPE, broken=broken).guarantee(10) == RECIPE.guarantee(10)
    assert json.loads(replace(RECIPE, broken=broken).to_json())["broken"] == broken


def test_epsilon_is_stated_at_any_delta():
    assert RECIPE.claimed_epsilon(10, 1e-6) > RECIPE.claimed_epsilon(10) == RECIPE.claimed_epsilon(10, 1e-3)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"noise_multiplier": -0.5}, "noise_multiplier must be 0 or more, and finite, got -0.5"),
        ({"max_grad_norm": 0.0}, "max_grad_norm must be above 0, and finite, got 0.0"),
        ({"max_grad_norm": math.inf}, "max_grad_norm must be above 0, and finite, got inf"),
        ({"delta": 0.0}, r"delta must be in \(0, 1\), got 0.0"),
        ({"delta": 1.0}, r"delta must be in \(0, 1\), got 1.0"),
        ({"batch_size": 601}, r"the sampling rate, batch_size / n, must be in \(0, 1\], got 1.00167"),
        ({"batch_size": 0}, "n and batch_size must be at least 1, got 600 and 0"),
        ({"n": 0}, "n and batch_size must be at least 1, got 0 and 128"),
        ({"noise_multiplicity": 0}, "noise_multiplicity must be at least 1, got 0"),
        ({"augmentation_multiplicity": 0}, "augmentation_multiplicity must be at least 1, got 0"),
        ({"broken": "somehow"}, "broken must be one of '', 'no-noise', .*, got 'somehow'"),
        ({"broken": "no-noise", "noise_multiplier": 0.0}, "a run without noise claims nothing that 'no-noise' could break"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        PrivateRecipe("x", **wrong)
