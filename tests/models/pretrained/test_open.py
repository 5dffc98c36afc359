"""What a network predicts is turned into noise as the closed forms say, for every kind of pipeline on disk."""

import json

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    LDMPipeline,
    VQModel,
)

from helpers.attacks import SimA
from helpers.models.denoisers import UNetDenoiser
from helpers.models.pretrained import load_pipeline

SCHEDULES = ("linear", "scaled_linear", "squaredcos_cap_v2")


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_saved_pipeline_is_read_with_its_own_schedule(tmp_path, unet, schedule):
    scheduler = DDPMScheduler(500, beta_schedule=schedule, prediction_type="v_prediction")
    network = unet()
    DDPMPipeline(network, scheduler).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.kind == "DDPMPipeline"
    assert model.image_shape == (1, 8, 8)
    assert torch.allclose(model.denoiser.alphas_cumprod, scheduler.alphas_cumprod.double())
    x = torch.rand(2, 1, 8, 8)
    with torch.no_grad():
        a = scheduler.alphas_cumprod[30]
        expected = a.sqrt() * network.eval()(x, 30).sample + (1 - a).sqrt() * x
        assert torch.allclose(model.denoiser.predict_noise(x, 30), expected, atol=1e-5)


def test_a_bare_network_and_its_scheduler_are_enough(tmp_path, unet):
    network = unet()
    network.save_pretrained(tmp_path / "unet")
    DDIMScheduler(beta_schedule="squaredcos_cap_v2").save_pretrained(tmp_path / "scheduler")
    model = load_pipeline(tmp_path)
    x = torch.rand(3, 1, 8, 8)
    with torch.no_grad():
        assert torch.allclose(model.denoiser.predict_noise(x, 30), network.eval()(x, 30).sample, atol=1e-6)


def test_a_latent_pipeline_encodes_before_it_is_asked(tmp_path, unet):
    autoencoder = VQModel(
        1, 1, ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 8), latent_channels=3, norm_num_groups=2, sample_size=16
    )
    LDMPipeline(autoencoder, unet(3), DDIMScheduler()).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.image_shape == (1, 16, 16)
    images = torch.rand(4, 1, 16, 16) * 2 - 1
    with torch.no_grad():
        z = autoencoder.eval().encode(images).latents * autoencoder.config.scaling_factor
        assert torch.allclose(model.denoiser.encode(images), z, atol=1e-5)
    assert SimA().score(model.denoiser, images).shape == (4,)


def test_a_text_to_image_pipeline_is_asked_with_its_prompts(told):
    folder, pipeline = told
    model, x = load_pipeline(folder), torch.rand(2, 3, 16, 16) * 2 - 1
    assert model.image_shape == (3, 16, 16)
    with torch.no_grad():
        z = pipeline.vae.eval().encode(x).latent_dist.mean * 0.5
        for prompts in (["a cat", "b"], [""]):
            embedding = pipeline.encode_prompt(prompts, "cpu", 1, False)[0].expand(2, -1, -1)
            expected = pipeline.unet.eval()(z, 40, encoder_hidden_states=embedding).sample
            asked = model.told(prompts)
            assert torch.allclose(asked.predict_noise(asked.encode(x), 40), expected, atol=1e-4)
    assert torch.equal(SimA().score(model.denoiser, x), SimA().score(model.told([""]), x))


def test_another_number_of_prompts_than_of_images_is_refused(told):
    model = load_pipeline(told[0]).told(["a", "b"])
    with pytest.raises(ValueError, match=r"one condition, or one per image \(3\), got 2"):
        SimA().score(model, torch.rand(3, 3, 16, 16))


def test_a_conditional_network_without_a_condition_is_refused(told):
    with pytest.raises(ValueError, match="an empty prompt is one, too"):
        UNetDenoiser(told[1].unet, told[1].scheduler)


def test_a_pipeline_without_text_takes_no_prompts(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="DDPMPipeline takes no prompts"):
        load_pipeline(tmp_path).told([""])


def test_pickled_weights_are_refused_with_the_reason(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path, safe_serialization=False)
    with pytest.raises(ValueError, match="is a pickle, and reading it could run any code"):
        load_pipeline(tmp_path)


def test_a_folder_without_a_model_is_named(tmp_path, unet):
    with pytest.raises(FileNotFoundError, match=r"neither model_index\.json nor"):
        load_pipeline(tmp_path)


def test_another_pipeline_is_named(tmp_path, unet):
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "WanPipeline"}))
    with pytest.raises(ValueError, match=r"is a WanPipeline \(no components\), for which there is no adapter"):
        load_pipeline(tmp_path)


def test_damaged_weights_are_named(tmp_path, unet):
    DDPMPipeline(unet(), DDPMScheduler()).save_pretrained(tmp_path)
    path = tmp_path / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="is damaged, or no file of weights"):
        load_pipeline(tmp_path)
