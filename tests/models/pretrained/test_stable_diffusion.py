"""Networks that are told a prompt say what their pipelines hear from them."""

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    LatentConsistencyModelPipeline,
    LCMScheduler,
    PNDMScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionInpaintPipeline,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)

from helpers.attacks import SimA
from helpers.models.pretrained import DTYPES, load_pipeline

NO_CHECKER = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}


@pytest.fixture
def text_unet():
    """text_unet(**changes): a `UNet2DConditionModel` for latents of 8 x 8."""

    def build(**changes):
        torch.manual_seed(0)
        settings = {"down_block_types": ("CrossAttnDownBlock2D",), "up_block_types": ("CrossAttnUpBlock2D",)}
        settings |= {"block_out_channels": (8,), "layers_per_block": 1, "norm_num_groups": 2, "attention_head_dim": 2}
        return UNet2DConditionModel(**({"sample_size": 8, "cross_attention_dim": 16} | settings | changes)).eval()

    return build


def saved(folder, pipeline):
    pipeline.save_pretrained(folder)
    return load_pipeline(folder)


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("prompts", [[""], ["a cat", "b"]])
def test_stable_diffusion_is_asked_as_its_pipeline_does(tmp_path, text_unet, clip, vae, same_as, prediction, prompts):
    scheduler = PNDMScheduler(beta_schedule="scaled_linear", prediction_type=prediction, skip_prk_steps=True, steps_offset=1)
    pipeline = StableDiffusionPipeline(vae(), *clip, text_unet(), scheduler, **NO_CHECKER)
    same_as(saved(tmp_path, pipeline), prompts, pipeline, "unet")


def test_image_to_image_is_the_same_model(tmp_path, text_unet, clip, vae, same_as):
    scheduler = DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False)
    pipeline = StableDiffusionImg2ImgPipeline(vae(), *clip, text_unet(), scheduler, **NO_CHECKER)
    same_as(saved(tmp_path, pipeline), ["a cat"], pipeline, "unet", image=torch.rand(1, 3, 16, 16), strength=1.0)


def test_an_inpainting_model_sees_nothing_but_the_noisy_latents(tmp_path, text_unet, clip, vae, same_as):
    scheduler = DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False)
    pipeline = StableDiffusionInpaintPipeline(vae(), *clip, text_unet(in_channels=9), scheduler, **NO_CHECKER)
    # The pipeline draws from the posterior of the masked image; with hardly any spread, that is its mean.
    with torch.no_grad():
        pipeline.vae.quant_conv.weight[4:] = 0
        pipeline.vae.quant_conv.bias[4:] = -60
    model = saved(tmp_path, pipeline)
    images = {"image": torch.rand(1, 3, 16, 16), "mask_image": torch.ones(1, 1, 16, 16)}
    same_as(model, ["a cat"], pipeline, "unet", height=16, width=16, **images)
    assert "an inpainting model: asked with everything masked" in " ".join(model.notes)
    assert SimA().score(model.denoiser, torch.rand(2, 3, 16, 16) * 2 - 1).shape == (2,)


def test_a_distilled_model_is_told_how_much_guidance(tmp_path, text_unet, clip, vae, same_as):
    scheduler = LCMScheduler(beta_schedule="scaled_linear", clip_sample=False)
    pipeline = LatentConsistencyModelPipeline(vae(), *clip, text_unet(time_cond_proj_dim=32), scheduler, **NO_CHECKER)
    model = saved(tmp_path, pipeline)
    same_as(model, ["a cat"], pipeline, "unet", guidance_scale=8.5)
    assert any("guidance 8.5" in note for note in model.notes)


def test_a_network_that_sees_another_image_is_refused(tmp_path, text_unet, clip, vae):
    with pytest.raises(ValueError, match="takes 8 channels where the autoencoder has 4: it wants an image beside"):
        saved(tmp_path, StableDiffusionPipeline(vae(), *clip, text_unet(in_channels=8), DDIMScheduler(), **NO_CHECKER))


def test_prompts_can_be_encoded_beforehand(told):
    model = load_pipeline(told[0])
    x, expected = torch.randn(2, 4, 8, 8), model.told(["b", "a"])
    again = load_pipeline(told[0])
    again.prepare_prompts(["a", "b", "a"])
    assert torch.equal(again.told(["b", "a"]).predict_noise(x, 40), expected.predict_noise(x, 40))


def test_images_are_encoded_once_for_all_timesteps_and_prompts(told, monkeypatch):
    model, encoded = load_pipeline(told[0]), []
    plain = type(told[1].vae).encode
    monkeypatch.setattr(type(told[1].vae), "encode", lambda self, x: (encoded.append(len(x)), plain(self, x))[1])
    x = torch.rand(3, 3, 16, 16) * 2 - 1
    first = SimA(timestep=10).score(model.denoiser, x[:2])
    again = SimA(timestep=10).score(model.told([""]), x)
    assert torch.equal(first, again[:2])
    assert encoded == [2, 1]


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


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_networks_and_text_encoders_compute_in_less_precision_and_autoencoders_do_not(told, name):
    exact, coarse = load_pipeline(told[0]), load_pipeline(told[0], dtype=DTYPES[name])
    x = torch.rand(2, 3, 16, 16) * 2 - 1
    assert torch.equal(coarse.denoiser.encode(x), exact.denoiser.encode(x))
    assert coarse.denoiser.unet.dtype == coarse.told(["a"]).denoiser.condition["encoder_hidden_states"].dtype == DTYPES[name]
    found, expected = (SimA(timestep=100).score(model.told(["a", "b"]), x) for model in (coarse, exact))
    assert found == pytest.approx(expected, rel=0.02)
    assert f"unet: stored in float32, computed in {name}" in coarse.notes
