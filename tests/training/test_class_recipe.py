"""A network that is told classes is the recipe's, with a vector for each class and one for none."""

import torch

from helpers.training.class_recipe import ClassRecipe, build_class_unet

RECIPE = ClassRecipe("tiny", channels=(8, 8), norm_groups=2, classes=2, seed=3)


def test_a_network_has_a_vector_for_each_class_and_for_none():
    unet = build_class_unet(RECIPE, (3, 8, 8))
    assert unet.class_embedding.weight.shape[0] == 3
    assert (unet.config.in_channels, unet.config.sample_size) == (3, 8)


def test_the_same_seed_builds_the_same_network_and_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    first = build_class_unet(RECIPE, (3, 8, 8))
    drawn = torch.rand(1)
    torch.manual_seed(0)
    assert torch.equal(drawn, torch.rand(1))
    again = build_class_unet(RECIPE, (3, 8, 8))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
