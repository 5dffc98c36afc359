"""How does a trained denoiser get into a web page? As one ONNX file, which a browser can run.

Weights that half precision holds exactly, as those of the zoo, are stored so, each with a cast in front of its use: the file
is half as large and computes the same. Provenance goes along: a file names the weights that it was made of.
``python -m helpers maintain export NAME ...`` exports again.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn

from helpers.errors import InvalidInput
from helpers.files import replacing
from helpers.models.autoencoders import posterior
from helpers.models.denoisers import UNetDenoiser, encoded
from helpers.models.latent import LatentDenoiser
from helpers.training.book_recipes import split_for
from helpers.zoo.trained import ONNX_FOLDER, trained

TOLERANCE = 1e-4  # of a predicted noise of variance 1


class _Pixels(nn.Module):
    """ε̂(x, t)"""

    def __init__(self, denoiser: UNetDenoiser):
        super().__init__()
        self.unet = denoiser.unet.eval()

    def forward(self, x: Tensor, timestep: Tensor) -> tuple[Tensor]:
        return (self.unet(x, timestep).sample,)


class _Latents(nn.Module):
    """ε̂(z, t) and z = s μ(x)"""

    def __init__(self, denoiser: LatentDenoiser):
        super().__init__()
        self.autoencoder, self.unet = denoiser.autoencoder.eval(), denoiser.unet.eval()
        self.scaling_factor = denoiser.scaling_factor

    def forward(self, x: Tensor, timestep: Tensor) -> tuple[Tensor, Tensor]:
        z = self.scaling_factor * posterior(self.autoencoder, x)[0]
        return self.unet(z, timestep).sample, z


def to_onnx(
    denoiser: UNetDenoiser | LatentDenoiser, image_shape: tuple[int, int, int], about: dict[str, str] | None = None
) -> onnx.ModelProto:
    """The network as ONNX, for any n >= 1: images x (n, c, h, w) float32 and timestep (n,) int64 give the predicted noise.

    It is called "noise" and has the shape of x; behind an autoencoder it has that of "latent", a second output.

    Args:
        about: kept in the file as its metadata.
    """
    example = {"x": torch.zeros(2, *image_shape), "timestep": torch.zeros(2, dtype=torch.long)}
    if isinstance(denoiser, LatentDenoiser):
        return network_to_onnx(_Latents(denoiser), example, ["noise", "latent"], about)
    return network_to_onnx(_Pixels(denoiser), example, ["noise"], about)


def network_to_onnx(
    network: nn.Module, example: Mapping[str, Tensor], outputs: Sequence[str], about: dict[str, str] | None = None
) -> onnx.ModelProto:
    """A network as ONNX, for any number of rows.

    Args:
        example: name -> an input of two rows.
        outputs: names of what it gives.
        about: kept in the file as its metadata.
    """
    n = {0: torch.export.Dim("n", min=1, max=1 << 16)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter's own parts
        program = torch.onnx.export(
            network.eval(),
            tuple(example.values()),
            dynamo=True,
            verbose=False,
            input_names=list(example),
            output_names=list(outputs),
            dynamic_shapes=dict.fromkeys(example, n),
        )
    assert program is not None  # as it would be without dynamo
    model = halve(program.model_proto)
    helper.set_model_props(model, about or {})
    for node in model.graph.node:  # where in whose files it came from
        del node.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    return model


def halve(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store each weight that half precision holds exactly in half precision, with a cast to single."""
    casts = []
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if values.dtype == np.float32 and values.size > 1 and np.array_equal(half.astype(np.float32), values):
            name = tensor.name
            tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def predict(model: onnx.ModelProto | Path, x: Tensor, timestep: int) -> np.ndarray:
    """The predicted noise of images (n, c, h, w), by onnxruntime."""
    return run(model, {"x": x, "timestep": torch.full((len(x),), timestep)})["noise"]


def run(model: onnx.ModelProto | Path, inputs: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """All outputs by their names, by onnxruntime."""
    source = str(model) if isinstance(model, Path) else model.SerializeToString()
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    found = session.run(names, {name: values.numpy() for name, values in inputs.items()})
    return dict(zip(names, found, strict=True))


def provenance(path: Path) -> dict[str, str]:
    """What an exported file says of itself: "recipe" and "sha256" of the weights that it was made of, and their "version"."""
    return {p.key: p.value for p in onnx.load(path, load_external_data=False).metadata_props}


def export(name: str, folder: Path = ONNX_FOLDER, convert: Callable[..., onnx.ModelProto] = to_onnx) -> Path:
    """Write folder/NAME.onnx, all or nothing, after onnxruntime has predicted what the network predicts.

    Args:
        convert: as `to_onnx`.

    Raises:
        ValueError, FileNotFoundError: as `trained`, or an export that predicts something else.
    """
    denoiser, recipe, origin = trained(name)
    split = split_for(recipe)
    images = split.held_out[:100]
    model = convert(denoiser, split.image_shape, {k: origin[k] for k in ("recipe", "sha256", "version")})
    for timestep in (0, 50, 300):
        with torch.inference_mode():
            expected = denoiser.predict_noise(encoded(denoiser, images), timestep).numpy()
        gap = np.abs(predict(model, images, timestep) - expected).max()
        if not gap < TOLERANCE:
            raise InvalidInput(f"the export of {name} is off by {gap:.2g} at timestep {timestep}; it was not kept")
    return keep(model, folder / f"{name}.onnx")


def keep(model: onnx.ModelProto, path: Path) -> Path:
    """Write it, all or nothing."""
    with replacing(path) as temporary:
        onnx.save(model, temporary)
    return path
