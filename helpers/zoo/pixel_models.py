"""Which trained denoisers come with the book?

A recipe is data; its weights are one safetensors file whose metadata tells where they came from. ``load`` refuses a file
whose recipe is not, byte for byte, the one in `helpers.training.book_recipes`, or whose tensors are not those that were saved.
"""

import json
from pathlib import Path
from typing import Any

from helpers import __version__
from helpers.training.book_recipes import recipe, split_for
from helpers.training.checkpoints import write_safetensors
from helpers.training.denoiser import TrainingRun, as_denoiser, build
from helpers.training.recipes import Recipe
from helpers.zoo.weights import checked_weights, checksum, how_to_train, read_weights

PIXEL_WEIGHTS = Path(__file__).parent / "committed"


def save(recipe: Recipe, run: TrainingRun, folder: Path = PIXEL_WEIGHTS) -> Path:
    """Write the run's weights, in half precision, with their provenance to folder/NAME.safetensors.

    With weights that were trained privately goes "privacy", as JSON: what the recipe's ``guarantee`` holds.
    """
    tensors = {name: value.half() for name, value in run.denoiser.unet.state_dict().items()}
    last = run.losses[-100:]
    origin = {
        "recipe": recipe.to_json(),
        "sha256": checksum(tensors),
        "version": __version__,
        "device": run.device,
        "final_loss": f"{sum(last) / max(len(last), 1):.6f}",
        "seconds": f"{run.seconds:.0f}",
    }
    if promised := recipe.guarantee(len(run.losses)):
        origin["privacy"] = json.dumps(promised)
    path = folder / f"{recipe.name}.safetensors"
    write_safetensors(tensors, path, origin)
    return path


def load(name: str, folder: Path = PIXEL_WEIGHTS) -> Any:
    """The trained denoiser of that name, in evaluation mode, on the CPU: a `UNetDenoiser`, or a `PathDenoiser` for a flow.

    Raises:
        ValueError: unknown recipe, weights of another recipe, or a corrupted file.
        FileNotFoundError: no weights for this recipe yet; the message says how to train them.
    """
    wanted = recipe(name)
    _, tensors = checked_weights(folder / f"{name}.safetensors", wanted.to_json(), how_to_train(name))
    shape = split_for(wanted).image_shape
    network = build(wanted, shape)
    network.load_state_dict(tensors)
    return as_denoiser(wanted, network.eval(), shape)


def provenance(name: str, folder: Path = PIXEL_WEIGHTS) -> dict[str, str]:
    """What is stored beside the weights: recipe, sha256, version, device, final_loss, seconds.

    Raises:
        ValueError, FileNotFoundError: as `load`, but for another recipe or checksum.
    """
    return read_weights(folder / f"{recipe(name).name}.safetensors", how_to_train(name))[0]
