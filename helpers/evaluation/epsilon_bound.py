"""Which ε is refuted by what an attack found?

Choose a threshold τ on some images. On others count who is called a member, and take the ends of Clopper and Pearson's intervals
that are worst for the attack:

    TP ~ Binomial(n, TPR),   FP ~ Binomial(m, FPR)      ->      TPR >= TPR_low,   FPR <= FPR_high
    ε >= max( log((TPR_low - δ) / FPR_high),   log((1 - δ - FPR_high) / (1 - TPR_low)),   0 )

Each end is missed with a probability of at most (1 - confidence) / 2, and so the bound with one of 1 - confidence. That holds for
any τ that these images did not choose; with the best τ of the same images it would not.

Counts are binomial where trials are independent. The classical trial is a run of training with or without one image, one run a
score. Scores of many images of *one* run share its luck: that their counts are binomial is then an assumption, and the test that
does without it is `helpers.evaluation.one_run`. Held-out images have to be of the members' distribution, too.
Source: Jagielski, Ullman and Oprea, "Auditing Differentially Private Machine Learning" (arXiv 2006.07709), section 4.1; Nasr et
al., "Adversary Instantiation" (arXiv 2101.04535), for both ends.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.stats.proportion import proportion_confint

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import check_scores
from helpers.evaluation.privacy_region import smallest_epsilon


@dataclass(frozen=True)
class EpsilonBound:
    """What `epsilon_lower_bound` returns.

    Args:
        epsilon: what ε is at least, 0 or more, at `confidence`.
        threshold: an image is called a member whose score is at least so high.
        tpr_low, fpr_high: the ends of the intervals that it follows from.
    """

    epsilon: float
    threshold: float
    tpr_low: float
    fpr_high: float
    confidence: float


def epsilon_lower_bound(
    chosen_on: tuple[ArrayLike, ArrayLike],
    counted_on: tuple[ArrayLike, ArrayLike],
    delta: float = 0.0,
    confidence: float = 0.95,
) -> EpsilonBound:
    """A lower bound on ε from scores, higher = member.

    Args:
        chosen_on: scores of members and of held-out images, (n,) and (m,), of which the threshold is the best.
        counted_on: those of other images, on which it is tried.
        delta: at which ε is meant, in [0, 1].
        confidence: in (0, 1).

    Raises:
        ValueError: as `helpers.evaluation.metrics.evaluate`; a δ or a confidence outside its range; or, of more than two scores,
            the same ones given to choose and to count.
    """
    parts = [tuple(check_scores(s, "scores") for s in part) for part in (chosen_on, counted_on)]
    (members, held_out), (others, others_held_out) = parts
    for first, second in ((members, others), (held_out, others_held_out)):
        if len(first) > 2 and np.array_equal(np.sort(first), np.sort(second)):
            raise InvalidInput("the threshold must be chosen on other images than those it is tried on; got the same scores")
    thresholds = np.unique(np.concatenate([members, held_out]))
    plausible, _, _ = bound_of_counts(_calls(members, held_out, thresholds), (len(members), len(held_out)), delta, confidence)
    threshold = thresholds[int(np.argmax(plausible))]
    counts = _calls(others, others_held_out, np.array([threshold]))
    found, low, high = bound_of_counts(counts, (len(others), len(others_held_out)), delta, confidence)
    return EpsilonBound(float(found[0]), float(threshold), float(low[0]), float(high[0]), confidence)


def bound_of_counts(
    called: tuple[ArrayLike, ArrayLike], of: tuple[int, int], delta: float, confidence: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The bound on ε, TPR_low and FPR_high, (k,) each, of k thresholds that were chosen elsewhere.

    Args:
        called: how many members and how many held-out images are called members, (k,) each.
        of: how many there are, n and m.

    Raises:
        ValueError: more called than there are, or fewer than none; a δ or a confidence outside its range.
    """
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence must be in (0, 1), got {confidence}")
    true, false = (np.atleast_1d(np.asarray(count)) for count in called)
    for count, n in zip((true, false), of, strict=True):
        if n < 1 or (count < 0).any() or (count > n).any():
            raise InvalidInput(f"of {n} images between none and all can be called members, got {count}")
    low, _ = proportion_confint(true, of[0], alpha=1 - confidence, method="beta")
    _, high = proportion_confint(false, of[1], alpha=1 - confidence, method="beta")
    return smallest_epsilon(low, high, delta), low, high


def _calls(members: np.ndarray, held_out: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    true, false = (len(s) - np.searchsorted(np.sort(s), thresholds, side="left") for s in (members, held_out))
    return true, false
