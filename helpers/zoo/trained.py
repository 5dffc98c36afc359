"""Where is the trained network of this name, and its copy for a web page?

Pixel models go by the name of their recipe, latent ones by that of their experiment.
"""

from pathlib import Path

from helpers.errors import MissingFile
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.training.book_recipes import recipe
from helpers.training.experiment_recipes import EXPERIMENTS, experiment
from helpers.training.recipes import Recipe
from helpers.zoo import latent_models, pixel_models
from helpers.zoo.weights import how_to_train, read_weights

ONNX_FOLDER = Path(__file__).parent / "committed" / "onnx"
EXPORTED = ("ddpm-digits", "beta-1e-3-seed-0", "beta-1e-2-seed-0", "beta-1e-1-seed-0", "beta-1e0-seed-0")
EXPORTED_TOLD = ("emoji-full-seed-0",)  # text-to-image models, by `helpers.zoo.told_export`


def trained(name: str) -> tuple[UNetDenoiser | LatentDenoiser, Recipe, dict[str, str]]:
    """The network of that name in either zoo, the recipe of its denoiser, and what is stored beside its weights.

    Raises:
        ValueError, FileNotFoundError: as ``load`` of `helpers.zoo.pixel_models` and `helpers.zoo.latent_models`.
    """
    if name in EXPERIMENTS:
        path = latent_models.LATENT_WEIGHTS / f"{name}.safetensors"
        return latent_models.load(name), experiment(name).denoiser, read_weights(path, how_to_train(name))[0]
    return pixel_models.load(name), recipe(name), pixel_models.provenance(name)


def exported(name: str, folder: Path = ONNX_FOLDER) -> Path:
    """The network of that name as an ONNX file; see `helpers.zoo.onnx_export` and `helpers.zoo.told_export`.

    Raises:
        FileNotFoundError: it was not exported.
    """
    path = folder / f"{name}.onnx"
    if not path.exists():
        raise MissingFile(f"no exported model at {path}; run `python -m helpers maintain export {name}`")
    return path
