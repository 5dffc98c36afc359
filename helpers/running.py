"""What do the commands of `helpers.__main__` do, once their arguments are read?"""

from dataclasses import replace
from pathlib import Path

import pandas as pd
from accelerate import Accelerator
from PIL import Image
from torch import Tensor
from tqdm.auto import tqdm

from helpers import __version__, paper, zoo
from helpers.audit import ATTACKS
from helpers.data import DATASETS, MembershipSplit
from helpers.devices import score_batches
from helpers.folders import read_folder
from helpers.hashes import hash_folder, hash_images
from helpers.loading import load_pipeline
from helpers.progress import Ledger
from helpers.recipes import PaperRecipe, Recipe


def named(name: str) -> Recipe:
    """The recipe of that name, of the book or at paper scale.

    Raises:
        ValueError: no such recipe.
    """
    if name in paper.RECIPES:
        return paper.RECIPES[name]
    if name not in zoo.RECIPES:
        raise ValueError(f"unknown recipe {name!r}; `python -m helpers zoo` lists those there are")
    return zoo.RECIPES[name]


def split_of(recipe: Recipe, data: Path | None = None, split_file: Path | None = None) -> MembershipSplit:
    """What a recipe trains on, as members, and held-out images; those at paper scale from a copy on disk or from the hub."""
    if not isinstance(recipe, PaperRecipe):
        if data or split_file:
            raise ValueError(f"{recipe.name} trains on images that come with the package; leave out the data")
        return replace(DATASETS[recipe.dataset](recipe.split_seed), members=zoo.images_for(recipe))
    from helpers.hub import load_public  # slow to import, and needed here alone

    counts = recipe.members, recipe.held_out, recipe.split_seed
    return load_public(recipe.dataset, *counts, data, split_file, recipe.image_size)


def save_images(images: Tensor, folder: Path) -> None:
    """Images (n, c, h, w) in [-1, 1] as PNG, as `read_folder` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(tqdm(images, desc=f"writing {folder.name}", unit=" images", mininterval=1)):
        pixels = ((image + 1) * 127.5).round().byte().movedim(0, -1).squeeze(-1).numpy()
        Image.fromarray(pixels).save(folder / f"{i:06}.png")


def score_folder(
    model: Path, images: Path, attack: str, timestep: int, batch_size: int, output: Path | None = None, resume: bool = True
) -> pd.DataFrame:
    """Scores of the images in a folder: columns "image" and "score", on every process.

    Args:
        output: a .csv for them. Until it is written, each process notes its part beside it, and an interrupted run goes on
            from there, on any number of processes.
        resume: or begin anew.

    Raises:
        ValueError, FileNotFoundError: as `load_pipeline` and `read_folder`, or a timestep that the model does not have.
    """
    accelerator = Accelerator()
    loaded = load_pipeline(model, accelerator.device)
    folder = read_folder(images, loaded.image_shape, accelerator.is_main_process)
    asking = replace(ATTACKS[attack], timestep=timestep, batch_size=batch_size)

    def ask(start: int, x: Tensor) -> Tensor:
        return replace(asking, seed=start).score(loaded.denoiser, x)

    ledger = None
    if output:
        key = {"model": hash_folder(model), "images": hash_images(folder), "asking": repr(asking), "version": __version__}
        ledger = _ledger(output, key | {"precision": accelerator.mixed_precision}, accelerator, resume)
    scores = score_batches(ask, folder.images, batch_size, accelerator, ledger, progress=True)
    table = pd.DataFrame({"image": folder.names, "score": scores})
    if output and accelerator.is_main_process:
        temporary = output.with_suffix(".tmp")
        table.to_csv(temporary, index=False)
        temporary.replace(output)
        for part in _parts(output):
            part.unlink()
    return table


def _parts(output: Path) -> list[Path]:
    return sorted(output.parent.glob(f"{output.stem}.part-*.npz"))


def _ledger(output: Path, key: dict[str, str], accelerator: Accelerator, resume: bool) -> Ledger:
    """This process's ledger, which knows what all of an interrupted run's knew."""
    if not resume and accelerator.is_main_process:
        for part in _parts(output):
            part.unlink()
    accelerator.wait_for_everyone()
    known = {name: value for part in _parts(output) for name, value in Ledger(part, key).known.items()}
    accelerator.wait_for_everyone()
    ledger = Ledger(output.with_suffix(f".part-{accelerator.process_index}.npz"), key)
    ledger.known = known
    return ledger


def recipes() -> pd.DataFrame:
    """Every recipe: what `helpers.paper.describe` says, data set, steps, the time measured, and whether weights are here."""
    known = [paper.describe(r, len(zoo.images_for(r))) | {"about": r} for r in zoo.RECIPES.values()]
    known += [paper.describe(r) | {"about": r} for r in paper.RECIPES.values()]
    frame = pd.DataFrame(known)
    about = frame.pop("about")
    frame.insert(1, "dataset", [r.dataset for r in about])
    frame.insert(2, "steps", [r.steps for r in about])
    committed = [name in zoo.COMMITTED for name in frame["recipe"]]
    frame["measured"] = [_measured(name) if there else "" for name, there in zip(frame["recipe"], committed, strict=True)]
    return frame.assign(weights=["yes" if there else "no" for there in committed])


def _measured(name: str) -> str:
    """How long it took to train the weights that come with the package, and on what."""
    origin = zoo.provenance(name)
    return f"{origin['seconds']} s, {origin['device']}"
