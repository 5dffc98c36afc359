"""Guidance goes on from no caption through the caption, and beyond."""

import torch

from helpers.models.guided import Guided


def test_guidance_of_zero_and_of_one_are_none_and_the_caption(told_model):
    model, captions = told_model()
    told, untold = model.told(captions), model.told([""])
    z = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    for scale, expected in ((0, untold), (1, told)):
        assert torch.allclose(Guided(told, untold, scale).predict_noise(z, 70), expected.predict_noise(z, 70), atol=1e-6)
    away = Guided(told, untold, 3).predict_noise(z, 70) - told.predict_noise(z, 70)
    assert torch.allclose(away, 2 * (told.predict_noise(z, 70) - untold.predict_noise(z, 70)), atol=1e-5)
