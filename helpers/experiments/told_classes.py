"""Is a model of pixels that is told a class read more easily with the right one?

What the paper's guided diffusion is on ImageNet, in small: members of emoji, each with the category it is filed under. The
questions are those of `helpers.experiments.prompted`, with the category in the place of the caption.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import torch

from helpers import __version__
from helpers.data.emoji import CaptionedSplit
from helpers.experiments.fine_tunes import EMOJI_OUTCOMES, FINE_TUNE_RUNS
from helpers.experiments.outcomes import Outcome, is_done, load_outcome, save_outcome
from helpers.experiments.prompted import QUESTIONS, Question, ask, row_from_json, row_to_json
from helpers.models.denoisers import UNetDenoiser
from helpers.models.told_classes import ToldClasses
from helpers.training.class_recipe import ClassRecipe
from helpers.training.denoiser import train_denoiser
from helpers.training.emoji_recipes import CATEGORIES, EMOJI_CLASSES, split_of_seed

CLASS_QUESTIONS = {
    name: question
    for name, question in QUESTIONS.items()
    if question.kind == "alone" and question.condition != "guessed" and question.guidance == 1
}


def measure_classes(
    recipe: ClassRecipe,
    split: CaptionedSplit,
    folder: Path | None = None,
    questions: Mapping[str, Question] = CLASS_QUESTIONS,
    progress: bool = True,
) -> Outcome:
    """Train on the members and their categories; at each checkpoint some questions are asked, at the last one all.

    Returns:
        Rows by (question, step as text).
    """
    labels = torch.tensor([CATEGORIES.index(category) for category in split.categories.members])
    filed = replace(split, captions=split.categories)

    def probe(denoiser: UNetDenoiser) -> dict:
        model = ToldClasses(denoiser, CATEGORIES)
        return {"rows": {name: row_to_json(ask(q, model, None, filed)) for name, q in questions.items() if q.along}}

    run = train_denoiser(recipe, split.members, folder, probe, progress, labels=labels)
    rows = {(name, str(at["step"])): row_from_json(row) for at in run.probes for name, row in at["rows"].items()}
    last, model = run.losses[-100:], ToldClasses(run.denoiser, CATEGORIES)
    rows |= {(name, str(recipe.steps)): ask(q, model, None, filed) for name, q in questions.items() if not q.along}
    about = {"experiment": recipe.to_json(), "version": __version__, "failed": "", "device": run.device}
    return Outcome(about | {"final_loss": sum(last) / len(last), "seconds": round(run.seconds)}, rows)


def run_classes(folder: Path = FINE_TUNE_RUNS, scores: Path = EMOJI_OUTCOMES, progress: bool = True) -> Iterator[Path]:
    """Train and measure each seed whose scores are not there yet; the files written, one by one."""
    for recipe in EMOJI_CLASSES:
        if not is_done(recipe.name, scores, recipe.to_json()):
            outcome = measure_classes(recipe, split_of_seed(recipe.split_seed), folder, progress=progress)
            yield save_outcome(recipe.name, outcome, scores)


def class_outcomes(scores: Path = EMOJI_OUTCOMES) -> list[Outcome]:
    """What was found, seed by seed.

    Raises:
        FileNotFoundError: scores that are not there; the message says how to make them.
    """
    again = "run `python -m helpers maintain fine-tunes classes`"
    return [load_outcome(recipe.name, scores, recipe.to_json(), again) for recipe in EMOJI_CLASSES]
