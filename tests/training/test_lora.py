"""A LoRA learns from its images, leaves its base alone, and is a file that diffusers knows."""

import pytest
import torch
from safetensors.torch import load_file

from helpers.models.denoisers import UNetDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.lora import LORA_FILE, save_lora, train_lora
from helpers.training.recipes import build_unet


@pytest.fixture
def base(tiny_recipe):
    return UNetDenoiser(build_unet(tiny_recipe, (1, 8, 8)), linear_scheduler())


def test_every_layer_gets_two_thin_matrices_and_the_base_stays(base, tiny_images, tmp_path):
    before = {name: value.clone() for name, value in base.unet.state_dict().items()}
    weights = load_file(save_lora(train_lora(base, tiny_images, rank=2, steps=3), tmp_path))
    assert (tmp_path / LORA_FILE).exists()
    assert all(torch.equal(value, before[name]) for name, value in base.unet.state_dict().items())
    thin = {name: value for name, value in weights.items() if "lora_A" in name}
    assert len(weights) == 2 * len(thin) > 0
    assert all(value.shape[0] == 2 for value in thin.values())
    assert any(value.any() for name, value in weights.items() if "lora_B" in name)


@pytest.mark.slow
def test_the_seed_decides_the_weights(base, tiny_images):
    runs = [train_lora(base, tiny_images, rank=1, steps=2, seed=seed) for seed in (0, 0, 1)]
    assert all(torch.equal(runs[0][name], runs[1][name]) for name in runs[0])
    assert not all(torch.equal(runs[0][name], runs[2][name]) for name in runs[0])


def test_what_cannot_be_trained_is_refused(base, tiny_images):
    with pytest.raises(ValueError, match="rank must be at least 1, got 0"):
        train_lora(base, tiny_images, rank=0)
    with pytest.raises(ValueError, match="images"):
        train_lora(base, tiny_images * 3)
