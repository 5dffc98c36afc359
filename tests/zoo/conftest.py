"""What several tests of the zoo need."""

import pytest

from helpers import zoo
from helpers.training.denoiser import train_denoiser
from helpers.zoo import pixel_models


@pytest.fixture
def folder(tmp_path, monkeypatch, tiny_recipe):
    """A zoo with one recipe, trained for a moment."""
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", tiny_recipe)
    run = train_denoiser(tiny_recipe, zoo.split_for(tiny_recipe).members, progress=False)
    pixel_models.save(tiny_recipe, run, tmp_path)
    return tmp_path
