"""What is trained anew under a name, and which committed files does that rewrite?

A name is a recipe of `helpers.training.book_recipes`, an experiment or a group of `helpers.training.experiment_recipes`, or
"sweeps" for all groups. A network that pages run is exported again, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from helpers.errors import InvalidInput
from helpers.experiments.measure import sweep
from helpers.experiments.outcomes import OUTCOMES
from helpers.training.book_recipes import BOOK_RECIPES, continue_shorter, training_split
from helpers.training.denoiser import train_denoiser
from helpers.training.experiment_recipes import EXPERIMENT_GROUPS, EXPERIMENTS, Experiment, experiment
from helpers.training.recipes import Recipe
from helpers.zoo.latent_models import COMMITTED_LATENT, LATENT_WEIGHTS
from helpers.zoo.pixel_models import PIXEL_WEIGHTS, save
from helpers.zoo.trained import EXPORTED, ONNX_FOLDER

ZOO_RUNS = Path("_build/runs")


def planned(names: Iterable[str]) -> list[Recipe | Experiment]:
    """What is trained under these names, each once, in their order.

    Raises:
        ValueError: an unknown name.
    """
    found: dict[str, Recipe | Experiment] = {}
    for name in names:
        if name in BOOK_RECIPES:
            found[name] = BOOK_RECIPES[name]
        else:
            found |= {e.name: e for e in experiments_named(name)}
    return list(found.values())


def experiments_named(name: str) -> Sequence[Experiment]:
    """One experiment, those of a group, or with "sweeps" all.

    Raises:
        ValueError: an unknown name.
    """
    if name == "sweeps":
        return tuple(EXPERIMENTS.values())
    if name not in EXPERIMENT_GROUPS and name not in EXPERIMENTS:
        raise InvalidInput(
            f"unknown recipe {name}; there are {', '.join(BOOK_RECIPES)}; the groups {', '.join(EXPERIMENT_GROUPS)} "
            f"of experiments, or sweeps for all; and experiments such as {next(iter(EXPERIMENTS))}"
        )
    return EXPERIMENT_GROUPS.get(name) or (experiment(name),)


def rewritten(wanted: Recipe | Experiment) -> list[Path]:
    """The committed files that training it writes."""
    if isinstance(wanted, Recipe):
        files = [PIXEL_WEIGHTS / f"{wanted.name}.safetensors"]
    else:
        files = [OUTCOMES / f"{wanted.name}.npz"]
        files += [LATENT_WEIGHTS / f"{wanted.name}.safetensors"] if wanted.name in COMMITTED_LATENT else []
    return files + ([ONNX_FOLDER / f"{wanted.name}.onnx"] if wanted.name in EXPORTED else [])


def retrain(names: Iterable[str], runs: Path = ZOO_RUNS, weights: Path = PIXEL_WEIGHTS) -> Iterator[list[Path]]:
    """Train each, resuming where an earlier run stopped, and say which files it wrote.

    Args:
        runs: folder for checkpoints.
        weights: folder for the weights of recipes.

    Raises:
        ValueError: an unknown name; nothing is trained then.
    """
    for wanted in planned(names):
        if isinstance(wanted, Recipe):
            continue_shorter(wanted, runs)
            save(wanted, train_denoiser(wanted, training_split(wanted).members, checkpoint_dir=runs), weights)
        else:
            sweep([wanted], folder=runs / "sweeps")
        if wanted.name in EXPORTED:
            from helpers.zoo.onnx_export import export  # slow to import

            export(wanted.name)
        yield rewritten(wanted)
