"""Does what an audit measured contradict what the model's trainer claims?

    the calibration part chooses a threshold -> the evaluation part counts -> ε is at least ...        (95 %)

A bound above the claimed ε says that the claim is wrong: the mathematics, the program, or the sampling that the accountant
assumed. A bound below it says nothing in favour of the claim. So the report also says how much these images could have shown at
best, to an attack that makes no mistake.

The counts are taken as binomial: images of one model as independent trials, and held-out images as members that happened not
to be used. Where the two folders differ by themselves that is wrong, and nothing is compared. See
`helpers.evaluation.epsilon_bound`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from helpers.audit.evidence import Evidence
from helpers.audit.questions import GROUPS
from helpers.evaluation.epsilon_bound import bound_of_counts, epsilon_lower_bound
from helpers.models.pretrained.promise import Promise

WRONG = 0.05  # how often a true claim is contradicted, at most, by one of all the audits of these images


@dataclass(frozen=True)
class Claim:
    """A trainer's promise beside what an audit found.

    Args:
        at_least: what ε is at least; None where nothing could be compared.
        at_most: the largest bound that so many images could have given.
        images: how many members and held-out images were counted.
        copies: how many members are near copies of others, for whom less is promised.
    """

    promise: Promise
    at_least: float | None
    at_most: float
    images: tuple[int, int]
    copies: int = 0

    @property
    def contradicted(self) -> bool:
        """Is the claimed ε smaller than the smallest one that agrees with the counts?"""
        return None not in (self.promise.epsilon, self.at_least) and self.at_least > self.promise.epsilon  # type: ignore[operator]

    def in_words(self) -> str:
        """What is claimed, and what the audit has to say about it, for people."""
        p = self.promise
        if p.epsilon is None:
            return "A record of the training comes with the model, and it promises no ε: no noise was added, or none is claimed."
        for_what = f"neighbours: {p.neighbours}; sampling: {p.sampling}{f'; accountant: {p.accountant}' if p.accountant else ''}"
        return (
            f"Its trainer claims ε = {p.epsilon:.3g} at δ = {p.delta:g} ({for_what}). "
            "This is a claim: nothing in the weights shows whether the training kept it, or kept the seed of its noise secret. "
            f"{self._found(p.epsilon)}"
        )

    def _found(self, claimed: float) -> str:
        if self.at_least is None:
            return "The audit cannot test it, since members and held-out images differ by themselves."
        counted = f"{self.images[0]} members and {self.images[1]} held-out images"
        most = f"The best attack there is could have shown at most {self.at_most:.2f} with {counted}"
        if self.contradicted:
            copies = f" ({self.copies} members are near copies of others: k copies are promised k ε.)" if self.copies else ""
            return (
                f"The audit contradicts it: at 95 %, ε is at least {self.at_least:.2f}, if the answers about these images count "
                f"as independent.{copies}"
            )
        weak = ", which is too few to contradict it" if self.at_most <= claimed else ""
        return f"The audit does not contradict it: it shows that ε is at least {self.at_least:.2f}. {most}{weak}."


def checked_claim(
    promise: Promise, scores: Mapping[str, np.ndarray], evaluation: Mapping[str, np.ndarray], evidence: Evidence, copies: int = 0
) -> Claim:
    """What the scores say about the promise.

    Args:
        scores: of all images, by the names of GROUPS.
        evaluation: of the same ones, whether each is of the evaluation part.
        evidence: says whether the folders differ, and of how many audits this is one.
        copies: see `Claim`.
    """
    counted_on = tuple(scores[name][evaluation[name]] for name in GROUPS)
    n, m = (len(part) for part in counted_on)
    confidence = 1 - WRONG / evidence.tries
    at_most = float(bound_of_counts(([n], [0]), (n, m), promise.delta, confidence)[0][0])
    if evidence.folders_differ:
        return Claim(promise, None, at_most, (n, m), copies)
    chosen_on = tuple(scores[name][~evaluation[name]] for name in GROUPS)
    found = epsilon_lower_bound(chosen_on, counted_on, promise.delta, confidence)
    return Claim(promise, found.epsilon, at_most, (n, m), copies)
