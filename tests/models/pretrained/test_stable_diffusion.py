"""A text-to-image model is asked as its pipeline asks it, with the prompts that somebody gives."""

import pytest
import torch

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline


def test_a_text_to_image_pipeline_is_asked_with_its_prompts(told):
    folder, pipeline = told
    model, x = load_pipeline(folder), torch.rand(2, 3, 16, 16) * 2 - 1
    assert model.image_shape == (3, 16, 16)
    with torch.no_grad():
        z = pipeline.vae.encode(x).latent_dist.mean * 0.5
        for prompts in (["a cat", "b"], [""]):
            embedding = pipeline.encode_prompt(prompts, "cpu", 1, False)[0].expand(2, -1, -1)
            expected = pipeline.unet(z, 40, encoder_hidden_states=embedding).sample
            asked = model.told(prompts)
            assert torch.allclose(asked.predict_noise(asked.encode(x), 40), expected, atol=1e-5)
    assert torch.equal(SimA().score(model.denoiser, x), SimA().score(model.told([""]), x))


def test_another_number_of_prompts_than_of_images_is_refused(told):
    model = load_pipeline(told[0]).told(["a", "b"])
    with pytest.raises(ValueError, match=r"one condition, or one per image \(3\), got 2"):
        SimA().score(model, torch.rand(3, 3, 16, 16))


def test_a_pipeline_without_text_takes_no_prompts(tiny_disk):
    with pytest.raises(ValueError, match="DDPMPipeline takes no prompts"):
        load_pipeline(tiny_disk / "model").told([""])
