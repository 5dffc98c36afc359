"""A flow model behind an autoencoder that cuts a lot says what its pipeline hears from it."""

import pytest
import torch
from diffusers import (
    AutoencoderDC,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    SanaPipeline,
    SanaTransformer2DModel,
)

from helpers.attacks import SimA
from helpers.models.pretrained import load_pipeline


@pytest.fixture
def parts(gemma):
    """parts(**changes of the network): the components of a pipeline."""

    def build(**changes):
        torch.manual_seed(0)
        sizes = {"num_attention_heads": 2, "attention_head_dim": 8, "num_layers": 1, "cross_attention_dim": 16, "sample_size": 16}
        sizes |= {"num_cross_attention_heads": 2, "cross_attention_head_dim": 4, "caption_channels": 8, "patch_size": 1}
        network = SanaTransformer2DModel(4, 4, **(sizes | changes)).eval()
        ends = {"encoder_block_types": ("ResBlock",) * 2, "decoder_block_types": ("ResBlock",) * 2}
        ends |= {f"{end}_block_out_channels": (8, 8) for end in ("encoder", "decoder")}
        ends |= {f"{end}_layers_per_block": (1, 1) for end in ("encoder", "decoder")}
        ends |= {f"{end}_qkv_multiscales": ((), ()) for end in ("encoder", "decoder")}
        autoencoder = AutoencoderDC(3, 4, 2, **ends, scaling_factor=0.4).eval()
        scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
        return {
            "transformer": network, "vae": autoencoder, "text_encoder": gemma[0], "tokenizer": gemma[1], "scheduler": scheduler,
        }  # fmt: skip

    return build


STEPS = {"num_inference_steps": 2, "sigmas": [0.7, 0.2]}
QUIET = {"use_resolution_binning": False, "clean_caption": False}


@pytest.mark.parametrize("prompts", [[""], [" A cat", "b"]])
@pytest.mark.parametrize("scale", [1.0, 0.001])
def test_it_is_asked_as_its_pipeline_does(tmp_path, parts, same_as, prompts, scale):
    pipeline = SanaPipeline(**parts(timestep_scale=scale))
    pipeline.save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert model.image_shape == (3, 32, 32)
    same_as(model, prompts, pipeline, "transformer", lambda time: time / scale, height=32, width=32, **STEPS, **QUIET)
    assert SimA().score(model.denoiser, torch.rand(2, 3, 32, 32) * 2 - 1).shape == (2,)


@pytest.mark.slow
def test_with_a_lora_it_is_what_its_pipeline_loads(parts, same_with_lora):
    same_with_lora(SanaPipeline(**parts()), height=32, width=32, **STEPS, **QUIET)


def test_a_solver_of_flows_tells_the_same_path(tmp_path, parts):
    flow = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}
    SanaPipeline(**(parts() | {"scheduler": DPMSolverMultistepScheduler(**flow)})).save_pretrained(tmp_path / "solver")
    SanaPipeline(**parts()).save_pretrained(tmp_path / "euler")
    solver, euler = (load_pipeline(tmp_path / name).denoiser for name in ("solver", "euler"))
    x = torch.randn(2, 4, 16, 16)
    assert torch.allclose(solver.predict_noise(x, 300), euler.predict_noise(x, 300), atol=1e-6)


def test_one_that_was_distilled_is_refused(tmp_path, parts):
    SanaPipeline(**parts(guidance_embeds=True)).save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="transformer: its setting guidance_embeds is True, and only False is understood"):
        load_pipeline(tmp_path)


@torch.no_grad()
def test_it_computes_in_half_precision(tmp_path, parts):
    SanaPipeline(**parts()).save_pretrained(tmp_path)
    exact, coarse = (load_pipeline(tmp_path, dtype=dtype).denoiser for dtype in (torch.float32, torch.bfloat16))
    x = torch.randn(2, 4, 16, 16)
    expected = exact.predict_noise(x, 400)
    assert (coarse.predict_noise(x, 400) - expected).norm() < 0.05 * expected.norm()
