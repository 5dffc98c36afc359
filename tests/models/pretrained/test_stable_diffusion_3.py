"""Three encoders, or two: a flow model says what its pipeline hears from it."""

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline
from transformers import CLIPTextModelWithProjection

from helpers.models.pretrained import load_pipeline

STEPS = {"num_inference_steps": 2, "sigmas": [0.7, 0.2]}


@pytest.fixture
def parts(clip, t5, vae):
    """The components of a pipeline."""
    torch.manual_seed(0)
    encoder, tokenizer = clip
    encoder.config.projection_dim = 16
    sizes = {"num_layers": 1, "attention_head_dim": 8, "num_attention_heads": 2, "joint_attention_dim": 32, "sample_size": 8}
    sizes |= {"caption_projection_dim": 16, "pooled_projection_dim": 32, "in_channels": 4, "out_channels": 4, "patch_size": 2}
    network = SD3Transformer2DModel(**sizes, pos_embed_max_size=16).eval()
    return {
        "transformer": network, "vae": vae(shift_factor=0.1), "scheduler": FlowMatchEulerDiscreteScheduler(shift=3.0),
        "text_encoder": CLIPTextModelWithProjection(encoder.config).eval(), "tokenizer": tokenizer,
        "text_encoder_2": CLIPTextModelWithProjection(encoder.config).eval(), "tokenizer_2": tokenizer,
        "text_encoder_3": t5[0], "tokenizer_3": t5[1],
    }  # fmt: skip


@pytest.mark.parametrize("prompts", [[""], ["a cat", "b"]])
def test_it_is_asked_as_its_pipeline_does(tmp_path, parts, same_as, prompts):
    pipeline = StableDiffusion3Pipeline(**parts)
    pipeline.save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert not model.unread
    same_as(model, prompts, pipeline, "transformer", **STEPS)


def test_without_t5_it_is_told_zeros(tmp_path, parts, same_as):
    pipeline = StableDiffusion3Pipeline(**(parts | {"text_encoder_3": None, "tokenizer_3": None}))
    pipeline.save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert "no text_encoder_3" in " ".join(model.notes)
    same_as(model, ["a cat"], pipeline, "transformer", **STEPS)


@torch.no_grad()
def test_images_become_latents_as_the_pipeline_decodes_them(tmp_path, parts):
    pipeline = StableDiffusion3Pipeline(**parts)
    pipeline.save_pretrained(tmp_path)
    model, x = load_pipeline(tmp_path), torch.rand(2, 3, 16, 16) * 2 - 1
    mean = pipeline.vae.encode(x).latent_dist.mean
    assert torch.allclose(model.denoiser.encode(x), (mean - 0.1) * 0.5, atol=1e-5)


def test_with_a_lora_it_is_what_its_pipeline_loads(parts, same_with_lora):
    same_with_lora(StableDiffusion3Pipeline(**parts), **STEPS)


@torch.no_grad()
def test_it_computes_in_half_precision(tmp_path, parts):
    StableDiffusion3Pipeline(**parts).save_pretrained(tmp_path)
    exact, coarse = (load_pipeline(tmp_path, dtype=dtype).denoiser for dtype in (torch.float32, torch.bfloat16))
    x = torch.randn(2, 4, 8, 8)
    expected = exact.predict_noise(x, 400)
    assert (coarse.predict_noise(x, 400) - expected).norm() < 0.05 * expected.norm()
