"""An exported text-to-image model answers what the model answers, says which weights it was made of, and is kept only then."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper

from helpers.models.pretrained.prompts import tokens
from helpers.training.emoji_recipes import EMOJI_BASE, split_of_seed
from helpers.zoo import onnx_export, told_export
from helpers.zoo.told_models import load_told
from helpers.zoo.trained import EXPORTED_TOLD, ONNX_FOLDER, exported

pytestmark = pytest.mark.slow

NAME = EXPORTED_TOLD[0]
SPLIT = split_of_seed(0)


@pytest.mark.parametrize("name", EXPORTED_TOLD)
def test_a_committed_export_is_of_the_committed_weights(name):
    assert onnx_export.provenance(exported(name)) == told_export.origin_of(name)


def test_of_a_fine_tune_the_weights_of_the_base_are_named_too():
    base, tuned = told_export.origin_of(EMOJI_BASE.name), told_export.origin_of(NAME)
    assert (base["base"], tuned["base"]) == ("", base["sha256"])
    assert NAME in tuned["recipe"]


@pytest.mark.parametrize("name", EXPORTED_TOLD)
@pytest.mark.parametrize("rows", [1, 7])
def test_a_committed_export_answers_as_the_model_does(name, rows):
    model, images, captions = load_told(name), SPLIT.evaluation.members[:rows], list(SPLIT.captions.held_out[:rows])
    ids = tokens(model.tokenizer, captions, torch.device("cpu")).input_ids
    for timestep in (20, 200):
        with torch.inference_mode():
            denoiser = model.told(captions)
            z = denoiser.encode(images)
            noise, image = denoiser.predict_noise(z, timestep), denoiser.decode(z)
        found = onnx_export.run(exported(name), {"tokens": ids, "latent": z, "timestep": torch.full((rows,), timestep)})
        assert np.allclose(found["noise"], noise, atol=1e-4)
        assert np.allclose(found["image"], image, atol=1e-4)


@pytest.mark.parametrize("name", EXPORTED_TOLD)
def test_weights_are_stored_in_half_precision(name):
    stored = onnx.load(exported(name)).graph.initializer
    sizes = {kind: sum(numpy_helper.to_array(t).size for t in stored if t.data_type == kind) for kind in (1, 10)}
    assert sizes[TensorProto.FLOAT16] > 100 * sizes[TensorProto.FLOAT]


def test_an_export_that_answers_something_else_is_not_kept(tmp_path):
    def damaged(model, about):
        """The committed one, its decoder a little brighter."""
        found = onnx.load(ONNX_FOLDER / f"{NAME}.onnx")
        last = next(t for t in found.graph.initializer if t.name.startswith("autoencoder.decoder.conv_out.bias"))
        last.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(last) + np.float16(0.01), last.name))
        return found

    with pytest.raises(ValueError, match=r"the export of emoji-full-seed-0 is off by 0.01 .* it was not kept"):
        told_export.export_told(NAME, tmp_path, damaged)
    assert list(tmp_path.iterdir()) == []


def test_an_export_is_the_same_model_again(tmp_path):
    again, kept = (onnx.load(path) for path in (told_export.export_told(NAME, tmp_path), exported(NAME)))
    assert [n.op_type for n in again.graph.node] == [n.op_type for n in kept.graph.node]
    for a, b in zip(again.graph.initializer, kept.graph.initializer, strict=True):
        assert np.allclose(numpy_helper.to_array(a), numpy_helper.to_array(b), rtol=1e-5)
