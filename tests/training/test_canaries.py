"""Canaries are outliers, are in by coins, and stand there as often as the recipe says."""

from dataclasses import replace

import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.data.near_copies import nearest
from helpers.data.splits import image_keys
from helpers.training.canaries import CanaryRecipe, draw_canaries, with_canaries

MEMBERS = load_digits(members=60, held_out=2).members
RECIPE = CanaryRecipe("x", canaries=20)


def test_canaries_are_the_farthest_from_their_neighbours():
    drawn = draw_canaries(RECIPE, MEMBERS)
    distance = dict(zip(image_keys(MEMBERS), nearest(MEMBERS).distance.tolist(), strict=True))
    canaries, others = ([distance[key] for key in image_keys(images)] for images in (drawn.images, drawn.others))
    assert canaries == sorted(canaries, reverse=True)
    assert min(canaries) >= max(others)
    assert sorted(image_keys(torch.cat([drawn.images, drawn.others]))) == sorted(image_keys(MEMBERS))


def test_coins_are_fair_and_the_seeds():
    coins = [draw_canaries(replace(RECIPE, seed=seed), MEMBERS).included for seed in range(100)]
    assert torch.equal(coins[0], draw_canaries(RECIPE, MEMBERS).included)
    assert len({tuple(c.tolist()) for c in coins}) == 100
    assert torch.stack(coins).double().mean().item() == pytest.approx(0.5, abs=0.05)
    assert torch.stack(coins).double().mean(0).sub(0.5).abs().max() < 0.25


def test_those_that_are_in_are_trained_on_as_often_as_the_recipe_says():
    for copies in (1, 3):
        recipe = replace(RECIPE, copies=copies)
        drawn = draw_canaries(recipe, MEMBERS)
        keys = image_keys(with_canaries(recipe, drawn))
        assert len(keys) == 40 + copies * int(drawn.included.sum())
        for key, included in zip(image_keys(drawn.images), drawn.included, strict=True):
            assert keys.count(key) == (copies if included else 0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"canaries": 0}, "canaries and copies must be at least 1, got 0 and 1"),
        ({"copies": 0}, "canaries and copies must be at least 1, got 300 and 0"),
        ({"noise_multiplier": -1.0}, "noise_multiplier must be 0 or more"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        CanaryRecipe("x", **wrong)


def test_more_canaries_than_members_are_refused():
    with pytest.raises(ValueError, match="300 canaries want as many members, got 60"):
        draw_canaries(CanaryRecipe("x"), MEMBERS)
