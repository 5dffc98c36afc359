"""What all models of text have in common: the empty prompt where nobody says anything, and what a pipeline does by default."""

import pytest
import torch

from helpers.models.pretrained import load_pipeline
from helpers.models.pretrained.text_to_image import pipeline_default


def test_where_nobody_says_anything_the_prompt_is_empty(told):
    model, x = load_pipeline(told[0]), torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        found = {name: model.under(name, ["a", "b"]).predict_noise(x, 40) for name in ("empty", "captions", "a")}
        assert torch.equal(found["empty"], model.told([""]).predict_noise(x, 40))
        assert torch.equal(found["captions"], model.told(["a", "b"]).predict_noise(x, 40))
        assert torch.equal(found["a"], model.told(["a", "a"]).predict_noise(x, 40))
        assert not torch.equal(found["empty"], found["a"])


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("LatentConsistencyModelPipeline", "guidance_scale", 8.5),
        ("FluxPipeline", "guidance_scale", 3.5),
        ("PixArtSigmaPipeline", "max_sequence_length", 300),
    ],
)
def test_a_pipelines_default_is_that_of_its_call(kind, name, value):
    assert pipeline_default(kind, name) == value
