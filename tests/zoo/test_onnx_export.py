"""An exported model predicts what the network predicts, says which weights it was made of, and is kept only then."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, numpy_helper
from scipy.stats import spearmanr

from helpers import zoo
from helpers.attacks import SimA
from helpers.data.catalogue import load_digits, load_fashion
from helpers.models.autoencoders import AutoencoderRecipe, build_autoencoder
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet
from helpers.zoo import onnx_export, trained

pytestmark = pytest.mark.slow

IMAGES = load_digits().evaluation.held_out[:200]


@pytest.fixture(scope="module")
def tiny():
    """A latent denoiser of clothes, untrained."""
    small = {"channels": (8, 8), "norm_groups": 2}
    recipe = AutoencoderRecipe("tiny", **small)
    autoencoder = build_autoencoder(recipe, (1, 16, 16)).eval()
    autoencoder.register_to_config(scaling_factor=0.7)
    unet = build_unet(Recipe("tiny", **small), recipe.latent_shape(16)).eval()
    return LatentDenoiser(autoencoder, UNetDenoiser(unet, linear_scheduler()), 0.7)


@pytest.fixture(scope="module")
def exported(tiny):
    return onnx_export.to_onnx(tiny, (1, 16, 16), {"recipe": "mine"})


@pytest.mark.parametrize("name", trained.EXPORTED)
def test_a_committed_export_is_of_the_committed_weights(name):
    about, origin = onnx_export.provenance(trained.ONNX_FOLDER / f"{name}.onnx"), trained.trained(name)[2]
    assert about == {key: origin[key] for key in ("recipe", "sha256", "version")}


@pytest.mark.parametrize("name", trained.EXPORTED)
def test_a_committed_export_orders_images_as_the_network_does(name):
    denoiser, recipe, _ = trained.trained(name)
    images = zoo.split_for(recipe).evaluation.held_out[:200]
    for timestep in (0, 50, 300):
        noise = onnx_export.predict(trained.ONNX_FOLDER / f"{name}.onnx", images, timestep)
        expected = SimA(timestep).score(denoiser, images).numpy()
        scores = -(noise.reshape(len(noise), -1).astype(float) ** 4).sum(1)
        assert np.allclose(scores, expected, rtol=1e-3)
        assert spearmanr(scores, expected).statistic >= 0.999


@pytest.mark.parametrize("name", trained.EXPORTED)
def test_weights_are_stored_in_half_precision(name):
    stored = onnx.load(trained.ONNX_FOLDER / f"{name}.onnx").graph.initializer
    sizes = {kind: sum(numpy_helper.to_array(t).size for t in stored if t.data_type == kind) for kind in (1, 10)}
    assert sizes[TensorProto.FLOAT16] > 100 * sizes[TensorProto.FLOAT]


def test_an_export_takes_any_number_of_images_and_carries_what_it_is_told(tiny, exported):
    assert {p.key: p.value for p in exported.metadata_props} == {"recipe": "mine"}
    assert b"site-packages" not in exported.SerializeToString()
    images = load_fashion().held_out
    session = onnxruntime.InferenceSession(exported.SerializeToString(), providers=["CPUExecutionProvider"])
    for n in (1, 3, 50):
        with torch.inference_mode():
            z = tiny.encode(images[:n])
            expected = tiny.predict_noise(z, 7).numpy()
        noise, latent = session.run(["noise", "latent"], {"x": images[:n].numpy(), "timestep": np.full(n, 7)})
        assert np.allclose(noise, expected, atol=1e-5)
        assert np.allclose(latent, z.numpy(), atol=1e-5)


def test_weights_that_half_precision_would_change_stay_as_they_are():
    exact, rough = np.array([0.5, -2.0], np.float32), np.array([0.1, 1e6], np.float32)
    graph = onnx.helper.make_graph([], "g", [], [], [numpy_helper.from_array(v, n) for n, v in (("a", exact), ("b", rough))])
    halved = onnx_export.halve(onnx.helper.make_model(graph))
    found = {t.name: numpy_helper.to_array(t) for t in halved.graph.initializer}
    assert found["a.half"].dtype == np.float16
    assert np.array_equal(found["b"], rough)
    assert [node.op_type for node in halved.graph.node] == ["Cast"]


def test_an_export_that_predicts_something_else_is_not_kept(tmp_path):
    def untrained(denoiser, image_shape, about):
        unet = build_unet(Recipe("other", channels=(8, 8), norm_groups=2), image_shape)
        return onnx_export.to_onnx(UNetDenoiser(unet, linear_scheduler()), image_shape, about)

    with pytest.raises(ValueError, match=r"the export of ddpm-digits is off by .* it was not kept"):
        onnx_export.export("ddpm-digits", tmp_path, untrained)
    assert list(tmp_path.iterdir()) == []


def test_an_export_is_the_same_model_again(tmp_path):
    again, kept = (
        onnx.load(f / "ddpm-digits.onnx") for f in (onnx_export.export("ddpm-digits", tmp_path).parent, trained.ONNX_FOLDER)
    )
    assert [n.op_type for n in again.graph.node] == [n.op_type for n in kept.graph.node]
    for a, b in zip(again.graph.initializer, kept.graph.initializer, strict=True):
        assert np.allclose(numpy_helper.to_array(a), numpy_helper.to_array(b), rtol=1e-5)
