"""Were these images, as a collection, used?

    scores of several attacks -> what the look of an image explains is taken out -> `helpers.evaluation.collection`

The answer is about all of them together, so that it may be yes where the attack says next to nothing about any single one. The
attacks are fixed beforehand: what the calibration part chose, it chose by labels, and its images come to be tested here as well.

A test of thousands of images finds the smallest difference, whatever makes it. Where the suspects can be told from the comparison
images without asking any model, a small p-value says nothing about training, and none is given.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from helpers.attacks import Attack
from helpers.attacks.relative_to_base import relative_scores
from helpers.audit.appearance import appearance
from helpers.audit.control import Control
from helpers.audit.evidence import CAUTION, Evidence, beyond_appearance, difference
from helpers.audit.questions import GROUPS, Questions
from helpers.audit.selection import Selection
from helpers.data.near_copies import groups_of_copies
from helpers.data.splits import check_images, image_keys
from helpers.errors import InvalidInput
from helpers.evaluation.collection import CollectionTest, collection_test, one_of_each
from helpers.evaluation.images_needed import ImagesNeeded, images_needed
from helpers.models.denoisers import Denoiser

MOST_TIMESTEPS = 4  # of the audit's attack
POWER = 0.8
SECOND = "pia"  # asked at one timestep, two queries an image


@dataclass(frozen=True)
class Answer:
    """What an audit says about its members as a collection.

    Args:
        test: of the members against the held-out images; None where it was refused.
        needed: how many of the members would have been enough.
        tries: audits of which this is one; the p-value is multiplied by that.
        refused: why there is no answer.
    """

    test: CollectionTest | None = None
    needed: ImagesNeeded | None = None
    tries: int = 1
    refused: str = ""

    @property
    def p_value(self) -> float | None:
        return min(1.0, self.tries * self.test.p) if self.test else None

    @property
    def used(self) -> bool:
        """Is there evidence that at least some of them were?"""
        return self.p_value is not None and self.p_value < CAUTION

    def in_words(self) -> str:
        """The answer in a sentence or two, for people."""
        if self.test is None or self.p_value is None:
            return f"No answer about the collection: {self.refused}."
        n, p = f"{self.test.suspects:,}", f"p = {self.p_value:.2g}"
        if not self.used:
            return f"No evidence that any of these {n} images were used ({p}); if they were, it takes more of them to tell."
        return (
            f"As a collection, these {n} images are known to the model: at least some of them were used ({p}). "
            f"To tell with a power of {POWER:g} takes {self.needed}."
        )


def as_collection(
    questions: Questions,
    chosen: Selection,
    features: Mapping[str, Mapping[str, np.ndarray]],
    control: Control,
    evidence: Evidence,
    base: Questions | None = None,
    progress: bool = False,
) -> Answer:
    """What the model's answers say about the members of a selection as a collection; what is not known is asked.

    Args:
        features: see `helpers.audit.selection.features_of`.
        base: of the same images to a base model; scores relative to its own are then columns, too.
    """
    refused = _refusal(control, evidence)
    if refused:
        return Answer(tries=evidence.tries, refused=refused)
    columns = np.concatenate([*_columns(questions, chosen, base, progress)], 1)
    questions.ledger.save()
    left = beyond_appearance(columns, features)
    n, seed = len(chosen.rows["members"]), questions.settings.seed
    try:
        test = collection_test(left[:n], left[n:], seed)
    except InvalidInput as error:  # the rest of the audit stands
        return Answer(tries=evidence.tries, refused=str(error))
    level = CAUTION / evidence.tries
    return Answer(test, images_needed(left[:n], left[n:], level, POWER, seed=seed), evidence.tries)


def _refusal(control: Control, evidence: Evidence) -> str:
    if not control.denoises:
        return "the model does not denoise these images"
    if evidence.folders_differ:
        return "members and held-out images differ by themselves, and a small p-value would say nothing about training"
    return ""


def _columns(questions: Questions, chosen: Selection, base: Questions | None, progress: bool) -> Iterator[np.ndarray]:
    """Scores (n + m, T), members first, of the audit's attack at some of its timesteps, and of a second attack."""
    asked = questions.settings.asked
    timesteps = asked[:: -(-len(asked) // MOST_TIMESTEPS)]
    for attack, some in _attacks(questions, timesteps).items():
        scores, *of_base = (_scores(_about(who, attack, some), chosen, progress) for who in (questions, base) if who)
        yield scores
        for known in of_base:
            yield np.stack([relative_scores(*pair) for pair in zip(scores.T, known.T, strict=True)], 1)


def _attacks(questions: Questions, timesteps: Sequence[int]) -> dict[str, tuple[int, ...]]:
    first = float(questions.model.denoiser.alphas_cumprod[0])
    # The second asks at timestep 0, where some schedules have no noise to predict.
    second = {SECOND: (timesteps[len(timesteps) // 2],)} if 0 <= first < 1 else {}
    return second | {questions.settings.attack: tuple(timesteps)}


def _about(questions: Questions, attack: str, timesteps: tuple[int, ...]) -> Questions:
    """The same questions of an attack; under the audit's own names where it is the audit's own, since those are known."""
    name = questions.name if attack == questions.settings.attack else f"{questions.name}{attack}."
    return replace(questions, settings=replace(questions.settings, attack=attack, timesteps=timesteps), name=name)


def _scores(questions: Questions, chosen: Selection, progress: bool) -> np.ndarray:
    known = questions.calibrate(chosen.calibration, progress)
    rest = [questions.evaluate(chosen.evaluation, t, progress) for t in questions.settings.asked]
    parts = [np.concatenate([known[name], np.stack([scores[name] for scores in rest])], 1) for name in GROUPS]
    return np.concatenate(parts, 1).T


def check_alike(suspects: Tensor, comparison: Tensor, seed: int = 0) -> None:
    """Refuse suspects (n, c, h, w) that can be told from comparison images (m, c, h, w), in [-1, 1], without asking any model.

    Raises:
        ValueError: they can, an image is in both, they have different shapes, or they are no valid images, or fewer than five.
    """
    check_images(suspects, "suspects")
    check_images(comparison, "comparison")
    if suspects.shape[1:] != comparison.shape[1:]:
        raise InvalidInput(
            f"suspects and comparison must be images of one shape, got {tuple(suspects.shape)} and {tuple(comparison.shape)}"
        )
    shared = len({*image_keys(suspects)} & {*image_keys(comparison)})
    if shared:
        raise InvalidInput(f"{shared} images are among the suspects and in the comparison set; take them out of one")
    found = difference({"members": appearance(suspects), "held_out": appearance(comparison)}, seed)
    if found.found:
        most = f", most by {', '.join(found.telling)}" if found.telling else ""
        raise InvalidInput(
            f"suspects and comparison images can be told apart without asking any model (p = {found.p_value:.2g}{most}): a small "
            "p-value would say nothing about training; take both from one source, at random"
        )


def ask_about(
    denoiser: Denoiser, suspects: Tensor, comparison: Tensor, attacks: Sequence[Attack], seed: int = 0
) -> CollectionTest:
    """`helpers.evaluation.collection.collection_test` of images (n, c, h, w) and (m, c, h, w); one of each group of near copies.

    Args:
        attacks: chosen without a look at these images.

    Raises:
        ValueError: as `check_alike`, the attacks and the test.
    """
    check_images(suspects, "suspects")
    check_images(comparison, "comparison")
    first, second = (part[one_of_each(groups_of_copies(part), seed)] for part in (suspects, comparison))
    check_alike(first, second, seed)
    scores = [
        np.stack([attack.score(denoiser, part).double().cpu().numpy() for attack in attacks], 1) for part in (first, second)
    ]
    return collection_test(scores[0], scores[1], seed)
