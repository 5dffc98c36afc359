"""A class is told by its name, none by the empty one, and each changes what is predicted."""

from dataclasses import replace

import pytest
import torch

from helpers.models.schedule import linear_scheduler
from helpers.models.told_classes import ClassDenoiser, ToldClasses
from helpers.training.class_recipe import ClassRecipe, build_class_unet

RECIPE = ClassRecipe("tiny", channels=(8, 8), norm_groups=2, classes=2)


@pytest.fixture
def model():
    unet = build_class_unet(RECIPE, (1, 8, 8)).eval()
    return ToldClasses(ClassDenoiser(unet, linear_scheduler(), torch.tensor([2])), ("cat", "dog"))


@torch.no_grad()
def test_each_image_is_asked_under_its_own_class(model, tiny_images):
    x = tiny_images[:3]
    noise = model.told(["cat", "", "dog"]).predict_noise(x, 50)
    for row, name in enumerate(["cat", "", "dog"]):
        assert torch.allclose(model.told([name]).predict_noise(x, 50)[row], noise[row], atol=1e-5)
    assert torch.equal(model.denoiser.predict_noise(x, 50), model.told([""]).predict_noise(x, 50))
    assert not torch.allclose(model.told(["cat"]).predict_noise(x, 50), model.told(["dog"]).predict_noise(x, 50), atol=1e-4)


def test_an_unknown_class_is_refused(model):
    with pytest.raises(ValueError, match="unknown class 'cow'; there are cat, dog, and '' for none"):
        model.told(["cat", "cow"])


def test_a_network_that_knows_classes_has_to_be_told_one(model):
    with pytest.raises(ValueError, match="a network that knows classes needs a condition"):
        replace(model.denoiser, condition=None)
