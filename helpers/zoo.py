"""Which trained denoisers come with the book, and can their weights be trusted?

A recipe is data; its weights are one safetensors file whose metadata tells where they came from. ``load`` refuses a
file whose recipe is not, byte for byte, the one in this module, or whose tensors are not those that were saved.
``python -m helpers.zoo NAME ...`` trains recipes anew.
"""

import hashlib
import json
import sys
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from helpers import __version__
from helpers.checkpoints import write_safetensors
from helpers.data import MembershipSplit, load_digits
from helpers.denoisers import UNetDenoiser
from helpers.schedule import linear_scheduler
from helpers.training import Recipe, TrainingRun, build_unet, train_denoiser

WEIGHTS = Path(__file__).parent / "weights"

RECIPES = {
    r.name: r
    for r in (
        Recipe("ddpm-digits"),
        Recipe("ddpm-digits-shadow", subset="shadow", seed=1),
        Recipe("ddpm-digits-large", channels=(64, 128), layers_per_block=2, steps=20_000, checkpoint_every=1000),
    )
}
COMMITTED = ("ddpm-digits", "ddpm-digits-shadow")


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: no such recipe; the message lists those there are.
    """
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


def split_for(recipe: Recipe) -> MembershipSplit:
    """The split whose members the recipe trains on."""
    split = load_digits(recipe.split_seed)
    return split if recipe.subset == "members" else split.shadow()


def _checksum(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save(recipe: Recipe, run: TrainingRun, folder: Path = WEIGHTS) -> Path:
    """Write the run's weights with their provenance to folder/NAME.safetensors."""
    tensors = run.denoiser.unet.state_dict()
    last = run.losses[-100:]
    provenance = {
        "recipe": recipe.to_json(),
        "sha256": _checksum(tensors),
        "version": __version__,
        "device": run.device,
        "final_loss": f"{sum(last) / max(len(last), 1):.6f}",
        "seconds": f"{run.seconds:.0f}",
    }
    path = folder / f"{recipe.name}.safetensors"
    write_safetensors(tensors, path, provenance)
    return path


def load(name: str, folder: Path = WEIGHTS) -> UNetDenoiser:
    """The trained denoiser of that name, in evaluation mode, on the CPU.

    Raises:
        ValueError: unknown recipe, weights of another recipe, or a corrupted file.
        FileNotFoundError: no weights for this recipe yet; the message says how to train them.
    """
    wanted = recipe(name)
    path = folder / f"{name}.safetensors"
    again = f"run `make retrain RECIPE={name}` to train them anew"
    if not path.exists():
        raise FileNotFoundError(f"no weights for {name} at {path}; {again}")
    try:
        with safe_open(path, "pt") as file:
            metadata, tensors = file.metadata() or {}, {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"weights {path} are corrupted ({error}); {again}") from error
    if metadata.get("recipe") != wanted.to_json():
        raise ValueError(f"weights {path} belong to another recipe ({metadata.get('recipe')}); {again}")
    if metadata.get("sha256") != _checksum(tensors):
        raise ValueError(f"weights {path} are corrupted (checksum differs); {again}")
    unet = build_unet(wanted, tuple(split_for(wanted).members.shape[1:]))
    unet.load_state_dict(tensors)
    return UNetDenoiser(unet.eval(), linear_scheduler())


def main(names: list[str]) -> None:
    """Train each recipe (by default those whose weights are committed), resuming where an earlier run stopped."""
    for name in names or COMMITTED:
        wanted = recipe(name)
        run = train_denoiser(wanted, split_for(wanted).members, checkpoint_dir="_build/runs")
        print(json.dumps({"recipe": name, "weights": str(save(wanted, run)), "seconds": round(run.seconds)}))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")
