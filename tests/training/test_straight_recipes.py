"""Runs of one data set differ in path, times, network and seed, and in nothing else."""

import json
import re

from helpers.training.book_recipes import recipe as book_recipe
from helpers.training.emoji_recipes import EMOJI_CLASSES
from helpers.training.experiment_recipes import SEEDS
from helpers.training.straight_recipes import KINDS, KINDS_OF_DATA, STRAIGHT


def test_every_kind_is_repeated_over_the_seeds():
    assert set(STRAIGHT) == {(data, kind, seed) for data, kinds in KINDS_OF_DATA.items() for kind in kinds for seed in SEEDS}
    assert len({r.name for r in STRAIGHT.values()}) == len(STRAIGHT)
    assert set(KINDS_OF_DATA["digits"]) == set(KINDS)


def test_a_seed_draws_the_split_and_the_weights():
    assert all(r.seed == r.split_seed == seed for (_, _, seed), r in STRAIGHT.items())


def test_steps_and_network_are_those_of_the_books_model_of_these_images():
    for (data, _, _), r in STRAIGHT.items():
        if data == "emoji":
            continue
        book = book_recipe(f"ddpm-{data}")
        for name in ("steps", "channels", "batch_size", "learning_rate", "ema_decay", "norm_groups", "layers_per_block"):
            assert getattr(r, name) == getattr(book, name)


def test_steps_on_latents_of_emoji_are_those_of_the_books_model_of_their_pixels():
    for r in (r for (data, _, _), r in STRAIGHT.items() if data == "emoji"):
        for name in ("steps", "batch_size", "learning_rate", "ema_decay", "norm_groups", "layers_per_block"):
            assert getattr(r, name) == getattr(EMOJI_CLASSES[r.seed], name)


def test_a_name_says_what_the_recipe_is():
    for (data, kind, seed), r in STRAIGHT.items():
        assert r.name == f"{data}-{kind}-seed-{seed}"
        assert re.match("ddpm|flow", kind)[0] == r.path
        assert json.loads(r.to_json())["times"] == r.times
