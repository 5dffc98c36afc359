"""What a trainer promises travels beside the model, and is understood or refused."""

import json

import pytest
from diffusers import DDPMPipeline, DDPMScheduler

from helpers.models.pretrained import load_pipeline
from helpers.models.pretrained.promise import PROMISE, Promise, read_promise, write_promise
from helpers.training.private_recipe import PrivateRecipe

STATED = {"epsilon": 1.5, "delta": 1e-3, "neighbours": "one image there, or not there", "sampling": "Poisson, rate 0.2"}


def test_what_a_recipe_guarantees_is_read_beside_the_model_and_is_no_unread_file(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path)
    assert load_pipeline(tmp_path).promise is None
    recipe = PrivateRecipe("mine", noise_multiplier=4.0)
    write_promise(tmp_path, recipe.guarantee(100))
    model = load_pipeline(tmp_path)
    assert model.promise.epsilon == pytest.approx(recipe.claimed_epsilon(100), abs=1e-4)
    assert (model.promise.delta, model.promise.sampling) == (recipe.delta, f"Poisson, rate {recipe.sampling_rate:g}")
    assert model.unread == []


def test_a_run_that_only_clips_promises_nothing_and_says_so(tmp_path):
    write_promise(tmp_path, PrivateRecipe("mine", noise_multiplier=0.0).guarantee(100))
    assert read_promise(tmp_path).epsilon is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"epsilon": -1}, "epsilon must be a number, 0 or more, or null for no promise, got -1"),
        ({"epsilon": True}, "epsilon must be a number"),
        ({"epsilon": "1"}, "epsilon must be a number"),
        ({"delta": 1}, r"delta must be in \(0, 1\), got 1"),
        ({"sampling": ""}, "sampling must be said in words"),
        ({"neighbours": None}, "neighbours must be said in words"),
    ],
)
def test_a_claim_that_cannot_be_understood_is_refused_when_written_and_when_read(tmp_path, changes, said):
    with pytest.raises(ValueError, match=said):
        write_promise(tmp_path, STATED | changes)
    assert not (tmp_path / PROMISE).exists()
    (tmp_path / PROMISE).write_text(json.dumps(STATED | changes))
    with pytest.raises(ValueError, match=rf"privacy\.json cannot be understood: {said}.*; correct it, or take it away"):
        read_promise(tmp_path)


@pytest.mark.parametrize("text", ["[1]", "{", '{"epsilon": 1}'])
def test_what_is_no_promise_at_all_is_refused(tmp_path, text):
    (tmp_path / PROMISE).write_text(text)
    with pytest.raises(ValueError, match=r"privacy\.json cannot be understood"):
        read_promise(tmp_path)


def test_a_number_that_is_not_one_is_no_epsilon():
    with pytest.raises(ValueError, match="epsilon must be a number"):
        Promise(float("inf"), 1e-3, "one image", "Poisson")
