"""When does a fine-tune begin to give its pictures away, and what does it draw by then?

    base -> fine-tune, whole or by a LoRA -> a few questions at each checkpoint, all of them at one

``python -m helpers maintain fine-tunes NAME ...`` runs what `helpers.training.emoji_recipes` lists, over three seeds. A run that
was interrupted goes on from its last checkpoint. What is kept is the scores of the evaluation part, losses, and how good the
pictures are that it draws.
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
from helpers.training.emoji_recipes import EMOJI_AUTOENCODER, EMOJI_BASE, FINE_TUNES, public_pictures, split_of_seed
from helpers.training.text_to_image import TextToImageRecipe, lora_scaled, train_text_to_image
from helpers.zoo.told_models import COMMITTED_TOLD, load_told, save_told, untrained

FINE_TUNE_RUNS = Path("_build/runs/fine-tunes")
EMOJI_OUTCOMES = OUTCOMES / "emoji"
ASKED_ALL = (500, 1500)  # the steps at which every question is asked
SCALES = (0.5,)  # of a LoRA, at its end


def judge_by_categories(model: TextToImage, split: CaptionedSplit) -> dict[str, float]:
    """`judge_drawn` by classifiers of the public pictures."""
    return judge_drawn(model, split, emoji_classifiers())


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


def train_base(folder: Path = FINE_TUNE_RUNS, progress: bool = True) -> TextToImage:
    """The model of public pictures from which all fine-tunes start: its autoencoder, then all else."""
    images, captions, _ = public_pictures()
    autoencoder = train_autoencoder(EMOJI_AUTOENCODER, images, folder, progress).autoencoder
    round_to_half(autoencoder)
    autoencoder.register_to_config(scaling_factor=scaling_factor(*encode_all(autoencoder, images)))
    model = untrained(EMOJI_BASE)
    model.autoencoder = cast(AutoencoderKL, autoencoder)
    return train_text_to_image(EMOJI_BASE, model, images, captions, folder, progress=progress).model


def run_fine_tunes(
    names: Iterable[str],
    folder: Path = FINE_TUNE_RUNS,
    scores: Path = EMOJI_OUTCOMES,
    progress: bool = True,
    device: str = "cpu",
) -> Iterator[Path]:
    """Train and measure these fine-tunes where their scores are not there yet; the files written, one by one.

    Weights are written of the base, and of those in `COMMITTED_TOLD`.

    Raises:
        ValueError: an unknown name.
    """
    for recipe in fine_tunes_named(names):
        if not is_done(recipe.name, scores, recipe.to_json()):
            base = load_told(EMOJI_BASE.name).to(device) if recipe.base else None
            model = untrained(recipe).to(device)
            outcome = measure_fine_tune(recipe, model, base, split_of_seed(recipe.split_seed), folder, plan_of(recipe), progress)
            if recipe.name in COMMITTED_TOLD:
                save_told(recipe, model)
            yield save_outcome(recipe.name, outcome, scores)


def fine_tunes_named(names: Iterable[str]) -> list[TextToImageRecipe]:
    """The recipes of these names; "full" stands for all of that kind, and "all" for all there are.

    Raises:
        ValueError: an unknown name.
    """
    found: dict[str, TextToImageRecipe] = {}
    for name in names:
        matching = {n: r for n, r in FINE_TUNES.items() if name in ("all", n, n.removeprefix("emoji-").rsplit("-seed-", 1)[0])}
        if not matching:
            raise InvalidInput(f"unknown fine-tune {name}; there are {', '.join(FINE_TUNES)}, their kinds, and all")
        found |= matching
    return [*found.values()]
