"""Two encoders and the size of the image: a network is told what its pipeline tells it."""

import pytest
import torch
from diffusers import (
    DDIMScheduler,
    EDMDPMSolverMultistepScheduler,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from transformers import CLIPTextModelWithProjection

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline


@pytest.fixture
def parts(clip, vae):
    """parts(**changes of the network): the components of a pipeline."""

    def build(**changes):
        torch.manual_seed(1)
        encoder, tokenizer = clip
        second = CLIPTextModelWithProjection(encoder.config).eval()
        settings = {"down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"), "block_out_channels": (8, 16)}
        settings |= {"up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"), "layers_per_block": 1, "norm_num_groups": 2}
        settings |= {"attention_head_dim": (2, 4), "use_linear_projection": True, "transformer_layers_per_block": (1, 2)}
        settings |= {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "cross_attention_dim": 32}
        width = 6 * 8 + encoder.config.projection_dim
        unet = UNet2DConditionModel(8, **(settings | {"projection_class_embeddings_input_dim": width} | changes)).eval()
        return {
            "vae": vae(), "text_encoder": encoder, "text_encoder_2": second, "tokenizer": tokenizer, "tokenizer_2": tokenizer,
            "unet": unet, "scheduler": DDIMScheduler(beta_schedule="scaled_linear", clip_sample=False),
        }  # fmt: skip

    return build


@pytest.mark.parametrize("prompts", [[""], ["a cat", "b"]])
def test_it_is_asked_as_its_pipeline_does(tmp_path, parts, same_as, prompts):
    pipeline = StableDiffusionXLPipeline(**parts(), add_watermarker=False)
    pipeline.save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert not model.unread
    assert not model.notes
    same_as(model, prompts, pipeline, "unet")
    assert SimA().score(model.denoiser, torch.rand(2, 3, 16, 16) * 2 - 1).shape == (2,)


def test_it_is_told_the_size_that_it_is_asked_at(tmp_path, parts, same_as):
    pipeline = StableDiffusionXLPipeline(**parts(), add_watermarker=False)
    pipeline.save_pretrained(tmp_path)
    same_as(load_pipeline(tmp_path, size=(32, 24)), ["a"], pipeline, "unet", height=32, width=24)


def test_an_inpainting_model_is_asked_with_everything_masked(tmp_path, parts, same_as):
    pipeline = StableDiffusionXLInpaintPipeline(**parts(in_channels=9), add_watermarker=False)
    with torch.no_grad():  # the pipeline draws latents of the masked image; with hardly any spread, that is their mean
        pipeline.vae.quant_conv.weight[4:] = 0
        pipeline.vae.quant_conv.bias[4:] = -60
    pipeline.save_pretrained(tmp_path)
    images = {"image": torch.rand(1, 3, 16, 16), "mask_image": torch.ones(1, 1, 16, 16), "strength": 1.0}
    same_as(load_pipeline(tmp_path), ["a cat"], pipeline, "unet", height=16, width=16, **images)


def test_one_that_was_trained_as_edm_is_on_that_path(tmp_path, parts):
    components = parts() | {"scheduler": EDMDPMSolverMultistepScheduler(num_train_timesteps=100)}
    StableDiffusionXLPipeline(**components, add_watermarker=False).save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert len(model.denoiser.alphas_cumprod) == 100
    assert torch.isfinite(model.denoiser.predict_noise(torch.randn(2, 4, 8, 8), 50)).all()


@pytest.mark.slow
def test_with_a_lora_it_is_what_its_pipeline_loads(parts, same_with_lora):
    same_with_lora(StableDiffusionXLPipeline(**parts(), add_watermarker=False), name="unet")


def test_a_refiner_is_refused(tmp_path, parts):
    pipeline = StableDiffusionXLPipeline(**parts(), add_watermarker=False)
    pipeline.register_to_config(requires_aesthetics_score=True)
    pipeline.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="a refiner, which is told how beautiful an image is"):
        load_pipeline(tmp_path)


def test_a_lora_of_kohya_that_numbers_blocks_in_its_own_way_is_applied(tmp_path, parts, same_as):
    pipeline = StableDiffusionXLPipeline(**parts(), add_watermarker=False)
    pipeline.save_pretrained(tmp_path / "model")
    low = {}
    for block, name, width in (("input_blocks_3_1", "attn2_to_k", 32), ("middle_block_1", "attn1_to_v", 16)):
        layer = f"lora_unet_{block}_transformer_blocks_0_{name}"
        low |= {f"{layer}.lora_down.weight": torch.randn(4, width), f"{layer}.lora_up.weight": torch.randn(16, 4)}
        low[f"{layer}.alpha"] = torch.tensor(1.0)
    save_file(low, tmp_path / "style.safetensors")
    pipeline.load_lora_weights(tmp_path, weight_name="style.safetensors")
    same_as(load_pipeline(tmp_path / "model", lora=tmp_path / "style.safetensors"), ["a"], pipeline, "unet")
