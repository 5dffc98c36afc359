"""A model whose config names no size is asked at the size of the images; one that names it is not."""

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

from helpers.audit.fitting import commonest_size, load_for
from helpers.data.folders import save_images
from helpers.models.pretrained import Source


def save_model(folder, size):
    unet = UNet2DModel(
        sample_size=size, in_channels=1, out_channels=1, block_out_channels=(8,), layers_per_block=1,
        down_block_types=("DownBlock2D",), up_block_types=("UpBlock2D",), norm_num_groups=4,
    )  # fmt: skip
    DDPMPipeline(unet, DDPMScheduler()).save_pretrained(folder)
    return Source(folder)


@pytest.fixture
def images(tmp_path):
    save_images(torch.zeros(3, 1, 12, 16), tmp_path / "images")
    save_images(torch.zeros(2, 1, 8, 8), tmp_path / "images" / "more")
    (tmp_path / "images" / "broken.png").write_text("no image")
    return tmp_path / "images"


def test_a_model_without_a_size_is_asked_at_that_of_most_images(tmp_path, images):
    loaded = load_for(save_model(tmp_path / "model", None), [images], "cpu")
    assert loaded.image_shape == (1, 12, 16)
    assert "asked at 12 x 16, the size of most of the images" in loaded.notes[-1]


def test_a_model_that_names_its_size_keeps_it(tmp_path, images):
    assert load_for(save_model(tmp_path / "model", 8), [images], "cpu").image_shape == (1, 8, 8)


def test_without_an_image_the_size_has_to_be_said(tmp_path):
    (tmp_path / "empty").mkdir()
    assert commonest_size([tmp_path / "empty"]) is None
    with pytest.raises(ValueError, match="its config has no sample_size; say how large the images are"):
        load_for(save_model(tmp_path / "model", None), [tmp_path / "empty"], "cpu")
