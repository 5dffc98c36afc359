"""Runs differ in what they are named after, and claim from nothing to little."""

import math

from helpers.training.book_recipes import recipe as book_recipe
from helpers.training.canaries import CanaryRecipe
from helpers.training.experiment_recipes import SEEDS
from helpers.training.private_recipes import (
    CANARY_KINDS,
    FASHION_KINDS,
    FASHION_NOISE,
    KINDS,
    NOISE_MULTIPLIERS,
    PRIVATE,
    private_split,
)


def test_every_kind_is_repeated_over_the_seeds():
    kinds = [*KINDS, *FASHION_KINDS, *(f"canaries-{kind}" for kind in CANARY_KINDS)]
    assert [*PRIVATE] == [(kind, seed) for kind in kinds for seed in SEEDS]
    assert len({r.name for r in PRIVATE.values()}) == len({r.to_json() for r in PRIVATE.values()}) == len(PRIVATE)
    assert all(r.seed == r.split_seed == seed for (_, seed), r in PRIVATE.items())


def test_more_noise_claims_less_from_nothing_at_all_to_little():
    claims = [PRIVATE["clip-only", 0], *(PRIVATE[f"noise-{noise:g}", 0] for noise in NOISE_MULTIPLIERS[1:])]
    found = [r.claimed_epsilon(r.steps) for r in claims]
    assert found == sorted(found, reverse=True)
    assert found[0] == math.inf
    assert [round(epsilon) for epsilon in found[1:]] == [190, 42, 13, 5, 1]  # as the module says


def test_with_five_times_the_images_the_same_noise_claims_less():
    claims = [PRIVATE[f"fashion-noise-{noise:g}", 0] for noise in FASHION_NOISE[1:]]
    assert [round(r.claimed_epsilon(r.steps), 1) for r in claims] == [9.8, 1.4]  # as the module says
    for r in claims:
        few = PRIVATE[r.name.removeprefix("private-fashion-").removesuffix("-seed-0"), 0]
        assert r.claimed_epsilon(r.steps, 1e-4) < few.claimed_epsilon(few.steps, 1e-4)


def test_a_split_is_as_large_as_everybody_may_know():
    for kind in ("clip-only", "fashion-clip-only", "canaries-honest"):
        recipe = PRIVATE[kind, 1]
        assert len(private_split(recipe).members) == recipe.n


def test_broken_runs_claim_what_the_honest_one_claims_and_so_little_that_it_could_be_refuted():
    honest = PRIVATE["canaries-honest", 0].guarantee(600)
    for kind in CANARY_KINDS:
        r = PRIVATE[f"canaries-{kind}", 0]
        assert isinstance(r, CanaryRecipe)
        assert r.broken == ("" if kind in ("honest", "copies") else kind)
        assert r.guarantee(600) == honest or kind == "copies"
        assert r.claimed_epsilon(600) < 1.5
        assert 2 * r.canaries * r.delta < 0.01


def test_delta_is_smaller_than_one_image_is_of_all():
    assert all(r.delta < 1 / r.n for r in PRIVATE.values())


def test_the_network_is_that_of_the_books_model_of_the_same_images():
    for r in PRIVATE.values():
        book = book_recipe(f"ddpm-{r.dataset}")
        for name in ("channels", "learning_rate", "ema_decay", "norm_groups", "layers_per_block"):
            assert getattr(r, name) == getattr(book, name)
