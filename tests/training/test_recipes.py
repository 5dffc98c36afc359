"""A recipe names a network that sees the timestep, and only a paper's has options of its own."""

import pytest
import torch

from helpers import zoo
from helpers.training.recipes import PaperRecipe, Recipe, TrainingOptions, build_unet


@pytest.mark.parametrize("recipe", zoo.BOOK_RECIPES.values(), ids=zoo.BOOK_RECIPES)
def test_every_block_sees_the_timestep(recipe):
    """With one channel a group, normalisation takes away what the time embedding adds, and its gradient is rounding."""
    unet = build_unet(recipe, tuple(zoo.split_for(recipe).members.shape[1:]))
    noisy = torch.randn(2, *zoo.split_for(recipe).members.shape[1:], generator=torch.Generator().manual_seed(0))
    unet(noisy, torch.tensor([50, 500])).sample.square().sum().backward()
    gradients = {name: p.grad.norm().item() for name, p in unet.named_parameters() if "time_emb_proj.weight" in name}
    assert len(gradients) >= 6
    assert min(gradients.values()) > 1e-3 * max(gradients.values())


def test_building_a_network_leaves_the_global_generator_alone(tiny_recipe):
    state = torch.get_rng_state()
    build_unet(tiny_recipe, (1, 8, 8))
    assert torch.equal(torch.get_rng_state(), state)


def test_the_learning_rate_rises_and_stays():
    recipe = PaperRecipe("tiny", warm_up=4, learning_rate=1.0)
    assert [recipe.rate(step) for step in range(6)] == [0.25, 0.5, 0.75, 1, 1, 1]
    assert Recipe("plain", learning_rate=0.5).rate(0) == 0.5


def test_only_a_paper_recipe_has_options_of_its_own():
    assert Recipe("plain").options == TrainingOptions()
    assert not hasattr(Recipe("plain"), "dropout")
    assert PaperRecipe("paper").options == TrainingOptions(dropout=0.1, warm_up=5000, flips=True, clip=1.0, weight_decay=0.0)


def test_the_text_of_plain_recipes_is_what_it_was():
    assert "warm_up" not in Recipe("plain").to_json()
    assert "warm_up" in PaperRecipe("tiny").to_json()
