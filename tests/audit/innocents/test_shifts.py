"""A shift changes images the more, the stronger it is, and leaves them images of 8 bits."""

import numpy as np
import pytest
import torch

from helpers.audit.innocents.scenes import leaves, rounded
from helpers.audit.innocents.shifts import SHIFTS

IMAGES = leaves(8, np.random.default_rng(0))[0]


@pytest.mark.parametrize("images", [IMAGES, rounded(IMAGES.mean(1, keepdim=True))], ids=["colour", "grey"])
@pytest.mark.parametrize("name", SHIFTS)
def test_a_stronger_shift_changes_more(name, images):
    faint, strong = (SHIFTS[name](images, strength) for strength in (0.1, 1.0))
    assert faint.shape == strong.shape == images.shape
    assert torch.allclose(strong, rounded(strong))
    assert 0 < (faint - images).abs().mean() < (strong - images).abs().mean()
