"""When does a fine-tune begin to give its pictures away, and what does it draw by then?

    base -> fine-tune, whole or by a LoRA -> a few questions at each checkpoint, all of them at one

``python -m helpers maintain fine-tunes NAME ...`` runs what `helpers.training.emoji_recipes` lists, over three seeds. A run that
was interrupted goes on from its last checkpoint. What is kept is the scores of the evaluation part, losses, and how good the
pictures are that it draws. With -64 behind a kind, as in ``base-64 full-64``, the same is done at 64 x 64, and stays in `_build`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from diffusers import AutoencoderKL

from helpers import __version__
from helpers.data.emoji import CaptionedSplit
from helpers.errors import InvalidInput
from helpers.evaluation.denoising_loss import denoising_loss
from helpers.experiments.asked_once import Known
from helpers.experiments.drawn import emoji_classifiers, judge_drawn
from helpers.experiments.outcomes import OUTCOMES, Outcome, is_done, save_outcome
from helpers.experiments.prompted import QUESTIONS, Question, ask, row_from_json, row_to_json
from helpers.experiments.train import round_to_half
from helpers.models.autoencoders import encode_all, scaling_factor
from helpers.models.text_to_image import TextToImage
from helpers.training.autoencoder import train_autoencoder
from helpers.training.emoji_recipes import (
    AUTOENCODERS,
    EMOJI_BASE,
    FINE_TUNES,
    FINE_TUNES_64,
    kind_of,
    public_pictures,
    split_of_seed,
)
from helpers.training.text_to_image import TextToImageRecipe, lora_scaled, train_text_to_image
from helpers.zoo.told_models import COMMITTED_TOLD, load_told, save_told, untrained

FINE_TUNE_RUNS = Path("_build/runs/fine-tunes")
EMOJI_OUTCOMES = OUTCOMES / "emoji"
LOCAL_OUTCOMES = Path("_build/runs/emoji-64/scores")
ASKED_ALL = (500, 1500)  # the steps at which every question is asked
SCALES = (0.5,)  # of a LoRA, at its end


def scores_folder(recipe: TextToImageRecipe) -> Path:
    """Where its scores are: with the book, or, at 64 x 64, in a local folder that is never committed."""
    return EMOJI_OUTCOMES if recipe.size == 32 else LOCAL_OUTCOMES


def judge_by_categories(model: TextToImage, split: CaptionedSplit) -> dict[str, float]:
    """`judge_drawn` by classifiers of the public pictures of the split's size."""
    return judge_drawn(model, split, emoji_classifiers(size=split.members.shape[-1]))


@dataclass(frozen=True)
class Plan:
    """What a model is asked along its run: at the steps `all_at` all questions, at each checkpoint some.

    Args:
        judge: how good is what it draws? Asked at each checkpoint.
    """

    questions: Mapping[str, Question] = field(default_factory=lambda: QUESTIONS)
    all_at: tuple[int, ...] = ASKED_ALL
    judge: Callable[[TextToImage, CaptionedSplit], dict[str, float]] = judge_by_categories


PLAN = Plan()


def plan_of(recipe: TextToImageRecipe) -> Plan:
    """All questions are for whole fine-tunes with their own captions: the others are there to be compared."""
    whole = recipe.base and recipe.steps and not recipe.rank and recipe.captions == "own"
    return PLAN if whole else replace(PLAN, all_at=())


def measure_fine_tune(
    recipe: TextToImageRecipe,
    model: TextToImage,
    base: TextToImage | None,
    split: CaptionedSplit,
    folder: Path | None = None,
    plan: Plan = PLAN,
    progress: bool = True,
) -> Outcome:
    """Train the model in place, and ask it at each checkpoint.

    Args:
        base: what the recipe starts from, untouched; None for a model that starts from nothing.
        folder: for checkpoints.
        plan: what is asked when; but nothing relative to a base that is not there.

    Returns:
        Rows by (question, step as text), "0" of no steps; of a LoRA at its end also by (question, "STEP x SCALE"). Quality
        likewise: "loss_members.STEP", "loss_held_out.STEP", and what the plan's `judge` says.
    """
    known = Known()
    answerable = {name: question for name, question in plan.questions.items() if base or question.kind != "relative"}

    def look(model: TextToImage, everything: bool) -> dict:
        known.forget(model)
        asked = {name: ask(q, model, base, split, known) for name, q in answerable.items() if q.along or everything}
        losses = {
            f"loss_{kind}": denoising_loss(model.told(getattr(split.captions, kind)), getattr(split, kind))
            for kind in ("members", "held_out")
        }
        return {"quality": losses | plan.judge(model, split), "rows": {name: row_to_json(row) for name, row in asked.items()}}

    def probe(model: TextToImage, step: int) -> dict:
        seen = {str(step): look(model, step in plan.all_at)}
        for scale in SCALES if recipe.rank and step == recipe.steps else ():
            with lora_scaled(model.unet, scale):
                seen[f"{step} x {scale:g}"] = look(model, False)
        return {"seen": seen}

    run = train_text_to_image(recipe, model, split.members, split.captions.members, folder, probe, progress)
    last = run.losses[-100:]
    seen = {when: found for at in run.probes for when, found in at["seen"].items()}
    if not recipe.steps:
        seen["0"] = look(model, False)
    about = {"experiment": recipe.to_json(), "version": __version__, "failed": "", "device": str(model.unet.device)}
    return Outcome(
        about | {"final_loss": sum(last) / max(len(last), 1), "seconds": round(run.seconds)},
        {(name, when): row_from_json(row) for when, found in seen.items() for name, row in found["rows"].items()},
        {f"{name}.{when}": value for when, found in seen.items() for name, value in found["quality"].items()},
    )


def train_base(
    recipe: TextToImageRecipe = EMOJI_BASE, folder: Path = FINE_TUNE_RUNS, progress: bool = True, device: str = "cpu"
) -> TextToImage:
    """The model of public pictures from which all fine-tunes of its size start: its autoencoder, then all else.

    Raises:
        FileNotFoundError: the pictures of its size have not been made; the message says how to.
    """
    images, captions, _ = public_pictures(recipe.size)
    autoencoder = train_autoencoder(AUTOENCODERS[recipe.size], images, folder, progress).autoencoder
    round_to_half(autoencoder)
    autoencoder.register_to_config(scaling_factor=scaling_factor(*encode_all(autoencoder, images)))
    model = untrained(recipe)
    model.autoencoder = cast(AutoencoderKL, autoencoder)
    return train_text_to_image(recipe, model.to(device), images, captions, folder, progress=progress).model


def run_fine_tunes(
    names: Iterable[str],
    folder: Path = FINE_TUNE_RUNS,
    scores: Path | None = None,
    progress: bool = True,
    device: str = "cpu",
) -> Iterator[Path]:
    """Train and measure these fine-tunes where their scores are not there yet; the files written, one by one.

    Weights are written of those in `COMMITTED_TOLD`, and of all at 64 x 64, which stay local.

    Args:
        scores: their folder, by default the `scores_folder` of each.

    Raises:
        ValueError: an unknown name.
        FileNotFoundError: no base to start from, or no pictures of its size; the message says how to make them.
    """
    for recipe in fine_tunes_named(names):
        kept = scores or scores_folder(recipe)
        if not is_done(recipe.name, kept, recipe.to_json()):
            split = split_of_seed(recipe.split_seed, recipe.size)
            base = load_told(recipe.base).to(device) if recipe.base else None
            model = untrained(recipe).to(device)
            outcome = measure_fine_tune(recipe, model, base, split, folder, plan_of(recipe), progress)
            if recipe.name in COMMITTED_TOLD or recipe.name in FINE_TUNES_64:
                save_told(recipe, model)
            yield save_outcome(recipe.name, outcome, kept)


def fine_tunes_named(names: Iterable[str]) -> list[TextToImageRecipe]:
    """The recipes of these names; "full" stands for all of that kind, "full-64" for those at 64 x 64, "all" for all at 32 x 32.

    Raises:
        ValueError: an unknown name.
    """
    found: dict[str, TextToImageRecipe] = {}
    for name in names:
        named = {n: r for n, r in (FINE_TUNES | FINE_TUNES_64).items() if name in (n, kind_of(r))}
        matching = FINE_TUNES if name == "all" else named
        if not matching:
            raise InvalidInput(
                f"unknown fine-tune {name}; there are {', '.join(FINE_TUNES)}, their kinds, these with -64, and all"
            )
        found |= matching
    return [*found.values()]
