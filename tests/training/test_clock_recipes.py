"""Each training set is the beginning of the next larger one, and what a seed draws is the same for all of them."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from helpers.training.book_recipes import BOOK_RECIPES
from helpers.training.clock_recipes import BATCHES, CLOCK, HELD_OUT, SIZES, ClockRecipe, nested, whole_split


@pytest.mark.parametrize("dataset", SIZES)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_members_are_nested_and_held_out_images_are_the_same(dataset, seed):
    whole = whole_split(CLOCK[dataset, SIZES[dataset][0], seed])
    splits = [nested(whole, n) for n in SIZES[dataset]]
    assert [len(split.members) for split in splits] == [*SIZES[dataset]]
    for smaller, larger in pairwise(splits):
        assert torch.equal(smaller.members, larger.members[: len(smaller.members)])
        assert torch.equal(smaller.held_out, larger.held_out)
    assert len(whole.held_out) == HELD_OUT[dataset]
    assert len(whole.auxiliary) > 200  # for the classifiers


def test_each_seed_draws_other_members():
    first, second = (whole_split(CLOCK["digits", 75, seed]).members[:75] for seed in (0, 1))
    assert not torch.equal(first, second)


def test_the_runs_have_the_books_network_and_differ_in_size_and_seed_alone():
    assert len(CLOCK) == len({recipe.name for recipe in CLOCK.values()}) == 30
    for (dataset, n, seed), recipe in CLOCK.items():
        of_book = BOOK_RECIPES[f"ddpm-{dataset}"]
        for setting in ("channels", "norm_groups", "batch_size", "learning_rate", "ema_decay"):
            assert getattr(recipe, setting) == getattr(of_book, setting)
        assert (recipe.n, recipe.seed, recipe.split_seed) == (n, seed, seed)
        assert recipe.steps % recipe.checkpoint_every == 0
        assert recipe.steps // recipe.checkpoint_every >= 20
        same = {"name": "", "n": 2, "steps": 1, "checkpoint_every": 1}
        plain = replace(recipe, seed=0, split_seed=0, **same)
        assert plain == replace(CLOCK[dataset, SIZES[dataset][0], 0], **same)


def test_more_members_are_trained_on_for_longer():
    for dataset, sizes in SIZES.items():
        steps = [CLOCK[dataset, n, 0].steps for n in sizes]
        assert steps == sorted(steps)


def test_other_batches_differ_from_the_clocks_run_in_their_size_and_length_alone():
    for (size, seed), recipe in BATCHES.items():
        same = {"name": "", "batch_size": 1, "steps": 1, "checkpoint_every": 1}
        assert recipe.batch_size == size
        assert replace(recipe, **same) == replace(CLOCK["digits", 300, seed], **same)
        assert recipe.visits(recipe.steps) >= 300


def test_visits_say_how_often_each_member_was_seen():
    assert ClockRecipe("a", n=64).visits(10) == 20


def test_how_many_members_there_are_decides_the_weights():
    assert ClockRecipe("a", n=75).trajectory() != ClockRecipe("a", n=150).trajectory()
    assert '"n": 75' in ClockRecipe("a", n=75).to_json()


def test_a_data_set_or_a_size_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="dataset must be one of digits, fashion, got 'emoji'"):
        ClockRecipe("a", "emoji")
    for n in (1, 1201):
        with pytest.raises(ValueError, match=rf"n must be in \[2, 1200\], got {n}"):
            ClockRecipe("a", n=n)
        with pytest.raises(ValueError, match=rf"n must be in \[2, 1200\], got {n}"):
            nested(whole_split(CLOCK["digits", 75, 0]), n)
