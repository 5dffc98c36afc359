"""Scenes are images of 8 bits, drawn anew from the same generator."""

import numpy as np
import pytest
import torch

from helpers.audit.innocents.scenes import SCENES, rounded, scene


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_a_scene_has_images_classes_and_others(name):
    found, again = (scene(name, np.random.default_rng(0), 20) for _ in range(2))
    assert torch.equal(found.images, again.images)
    assert found.images.shape == found.foreign.shape
    assert len(found.images) == len(found.classes) == 20
    assert len(found.spare) >= 60
    assert torch.allclose(found.images, rounded(found.images))
    assert 0 < np.mean(found.classes) < 1
    assert not torch.equal(found.images, found.foreign)


def test_what_lies_outside_the_range_is_clipped():
    assert rounded(torch.tensor([-3.0, 0.0, 3.0])).tolist() == pytest.approx([-1, 1 / 255, 1], abs=1e-6)
