"""Which trained denoisers come with the book, and can their weights be trusted?

A recipe is data; its weights are one safetensors file whose metadata tells where they came from. ``load`` refuses a
file whose recipe is not, byte for byte, the one in this module, or whose tensors are not those that were saved.
``python -m helpers.zoo NAME ...`` trains recipes anew.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from helpers import __version__
from helpers.checkpoints import write_safetensors
from helpers.data import DATASETS, MembershipSplit
from helpers.denoisers import UNetDenoiser
from helpers.recipes import Recipe, build_unet
from helpers.schedule import linear_scheduler
from helpers.training import TrainingRun, train_denoiser

WEIGHTS = Path(__file__).parent / "weights"
RUNS = Path("_build/runs")

_DIGITS = Recipe("ddpm-digits")
_FASHION = Recipe("ddpm-fashion", "fashion", channels=(32, 32, 64), batch_size=64, steps=5400, checkpoint_every=600)


def _shadow(target: Recipe, i: int, **smaller) -> Recipe:
    """A smaller model of the likelihood-ratio attack on `target`, trained on a random half of the candidates."""
    return replace(target, name=f"{target.name}-lira-{i}", subset=f"candidates-{i}", seed=10 + i, **smaller)


RECIPES = {
    r.name: r
    for r in (
        # Three points of one run each: early, middle (the plain name), late.
        replace(_DIGITS, name="ddpm-digits-early", steps=900),
        _DIGITS,
        replace(_DIGITS, name="ddpm-digits-late", steps=4200),
        replace(_FASHION, name="ddpm-fashion-early", steps=2400),
        _FASHION,
        replace(_FASHION, name="ddpm-fashion-late", steps=9600),
        Recipe("ddpm-digits-shadow", subset="shadow", seed=1),
        *(_shadow(_DIGITS, i, channels=(16, 32), norm_groups=4) for i in range(8)),
        *(_shadow(_FASHION, i, channels=(16, 32, 64), norm_groups=4, steps=4200) for i in range(4)),
        Recipe("ddpm-digits-large", channels=(64, 128), layers_per_block=2, steps=20_000, checkpoint_every=1000),
    )
}
COMMITTED = tuple(name for name in RECIPES if name != "ddpm-digits-large")


def recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises:
        ValueError: no such recipe; the message lists those there are.
    """
    if name not in RECIPES:
        raise ValueError(f"unknown recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


def split_for(recipe: Recipe) -> MembershipSplit:
    """The split that the recipe belongs to; for a shadow recipe, the auxiliary images as a split of their own."""
    split = DATASETS[recipe.dataset](recipe.split_seed)
    return split.shadow() if recipe.subset == "shadow" else split


def candidate_index(recipe: Recipe) -> int | None:
    """The i of a recipe whose subset is "candidates-i"; None for another subset."""
    prefix, _, index = recipe.subset.partition("-")
    return int(index) if prefix == "candidates" else None


def images_for(recipe: Recipe) -> Tensor:
    """The images that the recipe trains on, (n, c, h, w)."""
    split = split_for(recipe)
    index = candidate_index(recipe)
    if index is None and recipe.subset not in ("members", "shadow"):
        raise ValueError(f'subset must be "members", "shadow" or "candidates-i", got {recipe.subset!r}')
    return split.members if index is None else split.candidates[split.candidate_half(index)]


def checksum(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save(recipe: Recipe, run: TrainingRun, folder: Path = WEIGHTS) -> Path:
    """Write the run's weights, in half precision, with their provenance to folder/NAME.safetensors."""
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
    path = folder / f"{recipe.name}.safetensors"
    write_safetensors(tensors, path, origin)
    return path


def load(name: str, folder: Path = WEIGHTS) -> UNetDenoiser:
    """The trained denoiser of that name, in evaluation mode, on the CPU.

    Raises:
        ValueError: unknown recipe, weights of another recipe, or a corrupted file.
        FileNotFoundError: no weights for this recipe yet; the message says how to train them.
    """
    wanted, path = recipe(name), folder / f"{name}.safetensors"
    again = f"run `make retrain RECIPE={name}` to train them anew"
    metadata, tensors = read_weights(path, again)
    if metadata.get("recipe") != wanted.to_json():
        raise ValueError(f"weights {path} belong to another recipe ({metadata.get('recipe')}); {again}")
    if metadata.get("sha256") != checksum(tensors):
        raise ValueError(f"weights {path} are corrupted (checksum differs); {again}")
    unet = build_unet(wanted, tuple(split_for(wanted).members.shape[1:]))
    unet.load_state_dict(tensors)
    return UNetDenoiser(unet.eval(), linear_scheduler())


def provenance(name: str, folder: Path = WEIGHTS) -> dict[str, str]:
    """What is stored beside the weights: recipe, sha256, version, device, final_loss, seconds."""
    return read_weights(folder / f"{recipe(name).name}.safetensors", f"run `make retrain RECIPE={name}` to train them anew")[0]


def read_weights(path: Path, again: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not path.exists():
        raise FileNotFoundError(f"no weights for {path.stem} at {path}; {again}")
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}, {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"weights {path} are corrupted ({error}); {again}") from error


def continue_shorter(recipe: Recipe, folder: Path, recipes: Iterable[Recipe] = ()) -> None:
    """Let the run go on from a checkpoint in `folder` of a shorter recipe of the same trajectory, unless it has its own.

    Args:
        recipes: among which a shorter one is looked for; by default those of the zoo.
    """
    own = folder / f"{recipe.name}.checkpoint.safetensors"
    shorter = [r for r in recipes or RECIPES.values() if r.trajectory() == recipe.trajectory() and r.steps < recipe.steps]
    paths = [folder / f"{r.name}.checkpoint.safetensors" for r in sorted(shorter, key=lambda r: -r.steps)]
    found = next((path for path in paths if path.exists()), None)
    if found and not own.exists():
        shutil.copy(found, own.with_suffix(".tmp"))
        os.replace(own.with_suffix(".tmp"), own)


def main(names: list[str]) -> None:
    """Train each recipe (by default those whose weights are committed), resuming where an earlier run stopped."""
    for name in names or COMMITTED:
        wanted = recipe(name)
        continue_shorter(wanted, RUNS)
        run = train_denoiser(wanted, images_for(wanted), checkpoint_dir=RUNS)
        print(json.dumps({"recipe": name, "weights": str(save(wanted, run)), "seconds": round(run.seconds)}))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")
