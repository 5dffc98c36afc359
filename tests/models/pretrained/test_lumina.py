"""A flow model that counts time backwards says what its pipeline hears from it."""

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler, Lumina2Pipeline, Lumina2Transformer2DModel

from helpers.models.pretrained import load_pipeline

# The pipeline takes any autoencoder for one that cuts sides by 8.
CALLED = {"height": 64, "width": 64, "num_inference_steps": 2, "sigmas": [0.7, 0.2]}


@pytest.fixture
def pipeline(gemma, vae):
    torch.manual_seed(0)
    sizes = {"hidden_size": 24, "num_layers": 1, "num_refiner_layers": 1, "num_attention_heads": 3, "num_kv_heads": 1}
    sizes |= {"multiple_of": 16, "axes_dim_rope": (4, 2, 2), "axes_lens": (300, 8, 8), "cap_feat_dim": 8}
    network = Lumina2Transformer2DModel(8, 2, 4, **sizes).eval()
    return Lumina2Pipeline(network, FlowMatchEulerDiscreteScheduler(shift=6.0), vae(shift_factor=0.1), *gemma)


def clock(time):
    return 1000 * (1 - time)


@pytest.mark.parametrize("prompts", [[""], ["a cat", "b"]])
def test_it_is_asked_as_its_pipeline_does(tmp_path, pipeline, same_as, prompts):
    pipeline.save_pretrained(tmp_path)
    model = load_pipeline(tmp_path)
    assert (model.image_shape, model.unread) == ((3, 16, 16), [])
    same_as(model, prompts, pipeline, "transformer", clock, sign=-1, **CALLED)


def test_with_a_lora_it_is_what_its_pipeline_loads(pipeline, same_with_lora):
    same_with_lora(pipeline, clock, sign=-1, **CALLED)
