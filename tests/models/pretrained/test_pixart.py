"""Transformers that are told a prompt by T5 say what their pipelines hear from them."""

import pytest
import torch
from diffusers import DDIMScheduler, PixArtAlphaPipeline, PixArtSigmaPipeline, PixArtTransformer2DModel
from peft import LoraConfig, get_peft_model

from helpers.models.pretrained import load_pipeline


@pytest.fixture
def parts(t5, vae):
    """parts(**changes of the network): the components of a pipeline."""

    def build(**changes):
        torch.manual_seed(0)
        sizes = {"num_attention_heads": 3, "attention_head_dim": 8, "num_layers": 1, "cross_attention_dim": 24, "sample_size": 8}
        sizes |= {"caption_channels": 32, "in_channels": 4, "out_channels": 8, "num_embeds_ada_norm": 1000, "patch_size": 2}
        network = PixArtTransformer2DModel(**(sizes | changes)).eval()
        torch.nn.init.normal_(network.proj_out.weight)
        scheduler = DDIMScheduler(clip_sample=False)
        return {"transformer": network, "vae": vae(), "text_encoder": t5[0], "tokenizer": t5[1], "scheduler": scheduler}

    return build


@pytest.mark.parametrize("kind", [PixArtAlphaPipeline, PixArtSigmaPipeline])
@pytest.mark.parametrize("prompts", [[""], [" A cat", "b"]])
def test_it_is_asked_as_its_pipeline_does(tmp_path, parts, same_as, kind, prompts):
    pipeline = kind(**parts())
    pipeline.save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert (model.notes, model.unread) == ([], [])
    same_as(model, prompts, pipeline, "transformer", use_resolution_binning=False, clean_caption=False)


@pytest.mark.parametrize("size", [(16, 16), (32, 16)])
def test_one_that_is_told_sizes_is_told_those_it_is_asked_at(tmp_path, parts, same_as, size):
    pipeline = PixArtAlphaPipeline(**parts(use_additional_conditions=True))
    pipeline.save_pretrained(tmp_path)
    pipeline.transformer.register_to_config(sample_size=128)  # at which alone the pipeline tells it the sizes
    sizes = {"height": size[0], "width": size[1], "use_resolution_binning": False}
    same_as(load_pipeline(tmp_path, size=size), ["a"], pipeline, "transformer", clean_caption=False, **sizes)


@torch.no_grad()
def test_what_peft_saved_of_it_is_applied(tmp_path, parts, same_as):
    pipeline = PixArtAlphaPipeline(**parts())
    pipeline.save_pretrained(tmp_path / "model")
    config = LoraConfig(r=2, lora_alpha=6, target_modules=["to_q", "to_v"], init_lora_weights=False)
    get_peft_model(pipeline.transformer, config).save_pretrained(tmp_path / "lora")
    model = load_pipeline(tmp_path / "model", lora=tmp_path / "lora")
    same_as(model, ["a cat"], pipeline, "transformer", use_resolution_binning=False, clean_caption=False)


def test_a_size_that_cannot_be_cut_into_patches_is_refused(tmp_path, parts):
    PixArtSigmaPipeline(**parts()).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="transformer: works on sides that are multiples of 2, got 9 x 9"):
        load_pipeline(tmp_path, size=18)


@torch.no_grad()
def test_it_computes_in_half_precision(tmp_path, parts):
    PixArtSigmaPipeline(**parts()).save_pretrained(tmp_path)
    exact, coarse = (load_pipeline(tmp_path, dtype=dtype).denoiser for dtype in (torch.float32, torch.bfloat16))
    x = torch.randn(2, 4, 8, 8)
    expected = exact.predict_noise(x, 400)
    assert (coarse.predict_noise(x, 400) - expected).norm() < 0.05 * expected.norm()
