"""Packed latents: a flow model says what its pipeline hears from it."""

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, FluxPipeline, FluxTransformer2DModel

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline

STEPS = {"num_inference_steps": 2, "sigmas": [0.7, 0.2]}


@pytest.fixture
def saved(tmp_path, clip, t5, vae):
    """saved(**changes of the network): a folder with a pipeline, and the pipeline."""

    def build(scheduler=None, **changes):
        torch.manual_seed(0)
        sizes = {"num_layers": 1, "num_single_layers": 1, "attention_head_dim": 16, "num_attention_heads": 2, "in_channels": 16}
        sizes |= {"joint_attention_dim": 32, "pooled_projection_dim": 16, "axes_dims_rope": (4, 4, 8)}
        network = FluxTransformer2DModel(**(sizes | changes)).eval()
        scheduler = scheduler or FlowMatchEulerDiscreteScheduler(shift=1.0)
        pipeline = FluxPipeline(scheduler, vae(shift_factor=0.2), *clip, *t5, network)
        pipeline.save_pretrained(tmp_path)
        return tmp_path, pipeline

    return build


@pytest.mark.parametrize("guided", [True, False])
@pytest.mark.parametrize("prompts", [[""], ["a cat", "b"]])
def test_it_is_asked_as_its_pipeline_does(saved, same_as, prompts, guided):
    folder, pipeline = saved(guidance_embeds=guided)
    model = load_pipeline(folder, size=(16, 24))
    assert not model.unread
    assert any("guidance 3.5" in note for note in model.notes) == guided
    called = {"height": 16, "width": 24, "guidance_scale": 3.5}
    same_as(model, prompts, pipeline, "transformer", lambda time: 1000 * time, **called, **STEPS)
    assert SimA().score(model.denoiser, torch.rand(2, 3, 16, 24) * 2 - 1).shape == (2,)


@torch.no_grad()
def test_it_computes_in_half_precision(saved):
    folder, _ = saved(guidance_embeds=True)
    exact, coarse = (load_pipeline(folder, size=16, dtype=dtype).denoiser for dtype in (torch.float32, torch.bfloat16))
    x = torch.randn(2, 4, 8, 8)
    expected = exact.predict_noise(x, 400)
    assert (coarse.predict_noise(x, 400) - expected).norm() < 0.05 * expected.norm()


def test_a_shift_by_the_size_of_images_is_where_the_pipeline_steps_and_no_other_path(saved, same_as):
    scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=True, base_shift=0.0, max_shift=0.0)
    folder, pipeline = saved(scheduler)
    model = load_pipeline(folder, size=16)
    assert torch.allclose(model.denoiser.denoiser.path.noise, torch.arange(1, 1001).double() / 1000)
    same_as(model, ["a"], pipeline, "transformer", lambda time: 1000 * time, height=16, width=16, **STEPS)


def test_where_nobody_says_a_size_it_is_the_pipelines(saved):
    folder, pipeline = saved()
    assert load_pipeline(folder).denoiser.denoiser.shape == (4, pipeline.default_sample_size, pipeline.default_sample_size)
