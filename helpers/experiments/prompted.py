"""Who is told apart more often: an image that is asked about with its caption, with none, or with somebody else's?

A *question* is an attack under a condition. Its timestep is chosen on the calibration part, under the same condition, and its
scores are those of the evaluation part. Captions stay with their images: those of the evaluation part are its own.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from helpers.attacks import CLiD, Loss, RelativeToBase, SimA, guess_captions
from helpers.attacks.registry import ATTACKS
from helpers.data.emoji import CaptionedSplit
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import calibrated_timestep
from helpers.evaluation.row import Row
from helpers.experiments.asked_once import Known, Once, Tellable
from helpers.models.guided import Guided

Condition = Literal["right", "none", "other", "guessed"]
TIMESTEPS = (10, 20, 40, 60, 100, 150, 200, 300)
FEW_TIMESTEPS = (20, 60, 100, 200)  # for attacks of many queries
GUIDANCE = (3.0, 7.5)
KINDS = ("members", "held_out")
# Of the league, what needs neither labels to learn from nor other models; but one Loss, and one SimA with noise.
PLAYERS = ("PIA", "PIAN", "Loss, 4 draws", "SecMI", "ReDiffuse", "PFAMI", "SimA-MC (mean of norms)")


@dataclass(frozen=True)
class Captioned:
    """Images (n, c, h, w) of one kind, each with its caption; and with one that is guessed, where that is asked for."""

    images: Tensor
    right: tuple[str, ...]
    guessed: tuple[str, ...] = ()

    def told(self, condition: Condition) -> list[str]:
        """What the model is told about each image; somebody else's caption is that of the next one that has another.

        Raises:
            ValueError: somebody else's is asked for, and all have the same.
        """
        if condition == "other":
            return [self._other(row) for row in range(len(self.right))]
        return list({"right": self.right, "none": ("",) * len(self.right), "guessed": self.guessed}[condition])

    def _other(self, row: int) -> str:
        own = self.right[row]
        for caption in self.right[row + 1 :] + self.right[:row]:
            if caption != own:
                return caption
        raise InvalidInput(f"all images have the caption {own!r}, so that nobody has another's")


@dataclass(frozen=True)
class Question:
    """An attack under a condition.

    Args:
        attack: of one without a timestep none is chosen.
        kind: "alone" asks the model; "clid" compares with no caption; "relative" with the base under the same caption.
        guidance: w of `helpers.models.guided`; 1 asks the model as it is.
        along: is it asked at every checkpoint of a run, too?
    """

    attack: Any
    condition: Condition = "right"
    kind: Literal["alone", "clid", "relative"] = "alone"
    timesteps: tuple[int, ...] = TIMESTEPS
    guidance: float = 1.0
    along: bool = False


QUESTIONS: dict[str, Question] = {
    **{f"SimA, {condition}": Question(SimA(), condition, along=True) for condition in ("right", "none", "other")},
    "SimA, guessed": Question(SimA(), "guessed"),
    **{
        f"{name.split(',')[0].split(' (')[0]}, {condition}": Question(ATTACKS[name].made(), condition, timesteps=FEW_TIMESTEPS)
        for name in PLAYERS
        for condition in ("right", "none", "other")
    },
    "CLiD": Question(Loss(draws=4), kind="clid", timesteps=FEW_TIMESTEPS),
    "CLiD, 16 draws": Question(Loss(draws=16), kind="clid", timesteps=FEW_TIMESTEPS),
    "CLiD, guessed": Question(Loss(draws=4), "guessed", "clid", FEW_TIMESTEPS),
    "relative SimA, right": Question(SimA(), kind="relative", along=True),
    "relative SimA, none": Question(SimA(), "none", "relative"),
    **{f"SimA, guidance {scale:g}": Question(SimA(), guidance=scale) for scale in GUIDANCE},
}


def parts_of(split: CaptionedSplit, guessed: bool = False) -> dict[str, dict[str, Captioned]]:
    """Part -> kind -> images with captions: the halves of members and held-out images that `split` calls so.

    Args:
        guessed: with captions guessed from its auxiliary part, too.
    """
    found: dict[str, dict[str, Captioned]] = {"calibration": {}, "evaluation": {}}
    for kind in KINDS:
        captions, start = getattr(split.captions, kind), 0
        for part in ("calibration", "evaluation"):
            images = getattr(getattr(split, part), kind)
            right = captions[start : start + len(images)]
            start += len(images)
            guesses: tuple[str, ...] = ()
            if guessed:
                assert split.auxiliary is not None
                guesses = guess_captions(images, split.auxiliary, split.captions.auxiliary)
            found[part][kind] = Captioned(images, right, guesses)
    return found


def ask(question: Question, model: Tellable, base: Tellable | None, split: CaptionedSplit, known: Known | None = None) -> Row:
    """The question's row.

    Args:
        base: for questions relative to it.
        known: what was asked before, and is not asked again.

    Raises:
        ValueError: a question relative to a base that is not given.
    """
    parts, known = parts_of(split, question.condition == "guessed"), Known() if known is None else known

    def scores(part: str, timestep: int | None) -> tuple[Tensor, Tensor]:
        members, held_out = (_score(question, timestep, model, base, parts[part][kind], known) for kind in KINDS)
        return members, held_out

    chosen = None
    if hasattr(question.attack, "timestep"):
        swept = [scores("calibration", t) for t in question.timesteps]
        chosen = calibrated_timestep([m for m, _ in swept], [h for _, h in swept], question.timesteps)
    members, held_out = (s.double().numpy() for s in scores("evaluation", chosen))
    queries = question.attack.queries * (1 if question.kind == "alone" and question.guidance == 1 else 2)
    return Row(members, held_out, chosen, queries)


def _score(
    question: Question, timestep: int | None, model: Tellable, base: Tellable | None, asked: Captioned, known: Known
) -> Tensor:
    # All in one batch: there is one caption per image.
    at = {} if timestep is None else {"timestep": timestep}
    attack: Any = Once(replace(question.attack, batch_size=len(asked.images), **at), known)
    captions = asked.told(question.condition)
    denoiser, untold = known.told(model, captions), known.told(model, [""] * len(captions))
    if question.guidance != 1:
        denoiser = Guided(denoiser, untold, question.guidance)
    if question.kind == "clid":
        attack = CLiD(untold, attack)
    if question.kind == "relative":
        if base is None:
            raise InvalidInput("a question relative to the base needs the base; give one")
        attack = RelativeToBase(known.told(base, captions), attack)
    return attack.score(denoiser, asked.images).cpu()


def captions_only(split: CaptionedSplit) -> Row:
    """What the captions alone give away: a regression on their words, learned on the calibration part, that sees no image."""
    parts = parts_of(split)
    known = [parts["calibration"][kind].right for kind in ("members", "held_out")]
    words = CountVectorizer(binary=True).fit(known[0] + known[1])
    labels = [1] * len(known[0]) + [0] * len(known[1])
    learned = LogisticRegression(C=0.1).fit(words.transform(known[0] + known[1]), labels)
    members, held_out = (
        learned.decision_function(words.transform(parts["evaluation"][kind].right)) for kind in ("members", "held_out")
    )
    return Row(np.asarray(members), np.asarray(held_out), None, 0)


def row_to_json(row: Row) -> dict[str, Any]:
    """What a run's history can hold of a row, to six figures: a score is kept in single precision."""
    kept = {name: [float(f"{score:.6g}") for score in getattr(row, name)] for name in ("members", "held_out")}
    return kept | {"timestep": row.timestep, "queries": row.queries}


def row_from_json(kept: dict[str, Any]) -> Row:
    """What `row_to_json` made."""
    return Row(np.array(kept["members"]), np.array(kept["held_out"]), kept["timestep"], kept["queries"])
