"""Every innocent model is a denoiser."""

import numpy as np
import pytest
import torch

from helpers.audit.innocents.models import innocent_models
from helpers.audit.innocents.scenes import SCENES, scene
from helpers.models.denoisers import Denoiser


@pytest.mark.parametrize("name", SCENES)
def test_innocent_models_answer_in_the_shape_of_the_images(name):
    images = scene(name, np.random.default_rng(0), 4)
    for model in innocent_models(name, images).values():
        assert isinstance(model, Denoiser)
        answer = model.predict_noise(images.images, 40)
        assert answer.shape == images.images.shape
        assert torch.isfinite(answer).all()
