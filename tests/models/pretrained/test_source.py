"""A model is read as its source says."""

import pytest
import torch
from diffusers import DDPMPipeline, DDPMScheduler

from helpers.models.pretrained import Source, source_of


@torch.no_grad()
def test_it_is_read_with_what_the_source_says(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path / "model")
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path / "base")
    model = Source(tmp_path / "model", (16, 8), "bfloat16", base=tmp_path / "base").load("cpu")
    assert (model.image_shape, model.settings) == ((1, 16, 8), {"size": "16 x 8", "dtype": "bfloat16"})
    assert model.denoiser.unet.dtype == torch.bfloat16
    assert model.reference.image_shape == (1, 16, 8)
    x = torch.randn(2, 1, 16, 8)
    found = model.denoiser.predict_noise(x, 10)
    assert found.dtype == torch.float32
    assert torch.allclose(found, unet()(x, 10).sample, atol=0.1)


def test_a_path_is_a_source(tmp_path):
    assert source_of(str(tmp_path)) == Source(tmp_path)
    assert source_of(Source(tmp_path, 8)) == Source(tmp_path, 8)


def test_it_says_what_it_is(tmp_path):
    assert str(Source(tmp_path, lora=tmp_path / "a", base=tmp_path / "b")) == f"{tmp_path}, with {tmp_path}/a, base {tmp_path}/b"


def test_an_unknown_precision_is_refused(tmp_path):
    with pytest.raises(ValueError, match="dtype must be one of float32, bfloat16, float16, got 'int8'"):
        Source(tmp_path, dtype="int8")
