"""Which runs of a chapter are still to be made, and what does each keep?

What the experiments of several chapters share: runs are asked for by the beginning of their names, and each leaves one file.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from helpers import __version__
from helpers.attacks import SimA
from helpers.attacks.base import score_part
from helpers.data.splits import LabelledPart
from helpers.errors import InvalidInput
from helpers.evaluation.row import Row
from helpers.experiments.outcomes import Outcome, is_done, load_outcome, save_outcome
from helpers.models.denoisers import Denoiser
from helpers.training.denoiser import TrainingRun
from helpers.training.recipes import Recipe


def waiting_among(recipes: Iterable[Recipe], names: Sequence[str], scores: Path, examples: str) -> list[Any]:
    """Those whose names begin so and whose scores are not in the folder yet; "all" for all.

    Args:
        examples: of names, for the message.

    Raises:
        ValueError: a name with which none begins.
    """
    known = list(recipes)
    for name in names:
        if name != "all" and not any(recipe.name.startswith(name) for recipe in known):
            raise InvalidInput(f"no run's name begins with {name!r}; try {examples}, or all")
    wanted = [r for r in known if any(name == "all" or r.name.startswith(name) for name in names)]
    return [recipe for recipe in wanted if not is_done(recipe.name, scores, recipe.to_json())]


def all_of(measure: Callable[[Any], Outcome], recipes: Sequence[Recipe], scores: Path, jobs: int = 1) -> Iterator[Path]:
    """The file that each run leaves in the folder, as soon as it is there.

    Args:
        measure: trains and measures; for more than one job a function of a module, since other processes have to find it.
        jobs: how many processes work side by side, on one core each, or on one GPU together.

    Raises:
        ValueError: no job.
    """
    if jobs < 1:
        raise InvalidInput(f"jobs must be at least 1, got {jobs}")
    run = partial(_measured, measure, scores)
    if jobs == 1:
        yield from map(run, recipes)
        return
    # A process that was forked could not use a GPU that this one has touched.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _one_of_several) as pool:
        for done in as_completed([pool.submit(run, recipe) for recipe in recipes]):
            yield done.result()


def _measured(measure: Callable[[Any], Outcome], scores: Path, recipe: Recipe) -> Path:
    return save_outcome(recipe.name, measure(recipe), scores)


def _one_of_several() -> None:
    torch.set_num_threads(1)
    torch.backends.cudnn.allow_tf32 = False  # a GPU would round convolutions to ten bits


def found_by(recipe: Recipe, scores: Path, command: str) -> Outcome:
    """What the run found.

    Args:
        command: the maintainers' command that makes it.

    Raises:
        FileNotFoundError: it is not there; the message says how to make it.
        ValueError: it is that of another recipe, or corrupted.
    """
    return load_outcome(recipe.name, scores, recipe.to_json(), f"run `python -m helpers maintain {command} {recipe.name}`")


def about(recipe: Recipe, run: TrainingRun) -> dict[str, Any]:
    """Where an outcome came from, and of a private run its "privacy"; see `helpers.experiments.outcomes.Outcome`."""
    last = run.losses[-100:]
    came_from: dict[str, Any] = {"experiment": recipe.to_json(), "version": __version__, "failed": "", "device": run.device}
    if promised := recipe.guarantee(len(run.losses)):
        came_from["privacy"] = promised
    return came_from | {"final_loss": sum(last) / len(last), "seconds": round(run.seconds)}


def along(run: TrainingRun) -> dict[str, float]:
    """The "quality" that was found at each checkpoint of a run, by "NAME.STEP"."""
    return {f"{name}.{at['step']}": value for at in run.probes for name, value in at["quality"].items()}


def sima_rows(denoiser: Denoiser, part: LabelledPart, timesteps: Sequence[int]) -> dict[int, Row]:
    """SimA's row at each timestep, of all images of the part: for timesteps that nobody chose by looking."""
    rows = {}
    for t in timesteps:
        members, held_out = (scores.double().cpu().numpy() for scores in score_part(SimA(t), denoiser, part))
        rows[t] = Row(members, held_out, t, 1)
    return rows
