"""The paper's recipes are the paper's, their small siblings are small, and what training adds does what it says."""

import json
from dataclasses import replace

import pytest
import torch

from helpers.training.denoiser import train_denoiser
from helpers.training.paper_recipes import PAPER_RECIPES, PEAK, UTILISATION, cost, describe, passes
from helpers.training.recipes import PaperRecipe, Recipe, build_unet

TINY = PaperRecipe(
    "tiny", channels=(8, 8), norm_groups=2, steps=6, batch_size=4, checkpoint_every=3, dropout=0.0, warm_up=0, flips=False
)


@pytest.mark.parametrize(("name", "each"), [("cifar10", 25_000), ("cifar100", 25_000), ("stl10u", 50_000), ("celeba", 30_000)])
def test_the_settings_are_the_papers(name, each):
    recipe = PAPER_RECIPES[name]
    assert (recipe.members, recipe.held_out, recipe.image_size) == (each, each, 32)
    assert recipe.channels == (128, 256, 256, 256)
    assert (recipe.dropout, recipe.ema_decay, recipe.learning_rate, recipe.warm_up) == (0.1, 0.9999, 2e-4, 5000)
    assert (recipe.batch_size, recipe.steps) == (128, 800_000)


def test_the_network_is_the_one_of_the_ddpm_paper():
    unet = build_unet(PAPER_RECIPES["cifar10"], (3, 32, 32))
    assert sum(p.numel() for p in unet.parameters()) == pytest.approx(35.7e6, rel=0.01)
    assert [type(block).__name__.startswith("Attn") for block in unet.down_blocks] == [False, True, False, False]
    assert {m.p for m in unet.modules() if isinstance(m, torch.nn.Dropout)} >= {0.1}


def test_small_siblings_take_less_than_an_hour_by_the_estimate():
    for name, recipe in PAPER_RECIPES.items():
        if name.endswith("-small"):
            assert cost(recipe).hours < 1


def test_hours_follow_from_flops():
    found = cost(TINY, (1, 8, 8))
    assert found.hours == pytest.approx(3 * found.flops * 4 * 6 / (UTILISATION * PEAK * 3600))
    assert cost(replace(TINY, steps=12), (1, 8, 8)).hours == pytest.approx(2 * found.hours)


def test_stl10_is_not_mirrored_as_in_the_papers_code():
    assert [name for name, recipe in PAPER_RECIPES.items() if not recipe.flips] == ["stl10u", "stl10u-small"]


@pytest.mark.slow
def test_an_interrupted_run_with_dropout_ends_with_the_same_weights(tiny_images, tmp_path):
    recipe = replace(TINY, dropout=0.5)
    whole = train_denoiser(recipe, tiny_images, progress=False)
    train_denoiser(replace(recipe, steps=3), tiny_images, tmp_path, progress=False)
    resumed = train_denoiser(recipe, tiny_images, tmp_path, progress=False)
    assert resumed.losses == whole.losses
    assert whole.losses != train_denoiser(replace(recipe, dropout=0.0), tiny_images, progress=False).losses


def test_gradients_are_no_longer_than_the_clip(tiny_images, monkeypatch):
    lengths = []
    step = torch.optim.AdamW.step

    def watched(self, *arguments, **settings):
        gradients = [p.grad for group in self.param_groups for p in group["params"]]
        lengths.append(torch.nn.utils.get_total_norm(gradients).item())
        return step(self, *arguments, **settings)

    monkeypatch.setattr(torch.optim.AdamW, "step", watched)
    for clip in (None, 0.1):
        train_denoiser(replace(TINY, clip=clip), tiny_images, progress=False)
    free, clipped = lengths[:6], lengths[6:]
    assert min(free) > 0.1
    assert max(clipped) < 0.1 + 1e-6


def test_weights_that_nothing_moves_decay_only_if_told(tiny_images):
    norms = []
    for decay in (0.0, 1e7):
        recipe = replace(TINY, learning_rate=1e-9, weight_decay=decay)
        unet = train_denoiser(recipe, tiny_images, progress=False).denoiser.unet
        norms.append(sum(p.abs().sum().item() for p in unet.parameters()))
    assert norms[1] < 0.99 * norms[0]


def test_passes_are_images_seen_over_images():
    assert passes(PAPER_RECIPES["cifar10"], 25_000) == 800_000 * 128 / 25_000 == 4096


def test_a_description_counts_per_training_image():
    row = describe(TINY, 50)
    assert row["parameters per image"] == round(row["parameters"] / 50)


def test_without_additions_a_paper_recipe_trains_as_a_plain_one(tiny_images):
    plain = Recipe(**{k: v for k, v in json.loads(TINY.to_json()).items() if k in Recipe.__dataclass_fields__})
    bare = replace(TINY, clip=None, weight_decay=plain.options.weight_decay)
    losses = [train_denoiser(r, tiny_images, progress=False).losses for r in (bare, replace(plain, channels=(8, 8)))]
    assert losses[0] == losses[1]


@pytest.mark.slow
def test_flips_show_mirror_images_too(tiny_images):
    losses = {flips: train_denoiser(replace(TINY, flips=flips), tiny_images, progress=False).losses for flips in (False, True)}
    assert losses[False] != losses[True]
    symmetric = (tiny_images + tiny_images.flip(3)) / 2
    losses = {flips: train_denoiser(replace(TINY, flips=flips), symmetric, progress=False).losses for flips in (False, True)}
    assert losses[False] == losses[True]
