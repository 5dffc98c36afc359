"""Were these images, taken together, among those that a model was trained on?

One image leaves an attack in doubt; a thousand with one owner need not. Each image comes with the scores of several attacks. Cut
suspects S and a comparison set C, known to be held out, into random halves. On the first halves a logistic regression learns to
tell suspects from comparison images, from x, the scores; on the second halves its answers a(x) = w · x are tested:

    H0: E a(S) <= E a(C)       t = (mean a(S) - mean a(C)) / sqrt(var a(S) / n + var a(C) / m)       Welch, one-sided

Where nobody trained on the suspects, the two sets are exchangeable: the regression finds only luck, which does not last to the
other halves. Where the cut falls is luck, too, and so is the p-value of one cut. Over K cuts p = 2 median(p_1, ..., p_K) holds
the level however the p-values depend on each other: for p <= α half of them have to be below α / 2, and of p-values that are
valid that happens with a probability of at most (α / 2) / (1 / 2). That is careful: of innocent collections far fewer than α are
accused, and where one cut finds a used one every fifth time, twice the median of 25 does every tenth time.

Scores of attacks have long tails (SimA's are minus fourth powers): a few images would make up means and variances, and for tens
of images t is then far from its distribution. So x holds normal scores, the quantiles of the normal distribution at each score's
rank among all images. Ranks of all images together know no labels, and so leave both sets exchangeable.

A regression would also learn that suspects are known *less* than the others, which training on them does not bring about. A cut
in which the suspects' mean over all attacks does not lie above that of the comparison images has p = 1.
Source: CDI, Dubiński et al. (arXiv 2411.12858), for the halves, the scoring model and Welch's test; Meinshausen, Meier and
Bühlmann, "p-Values for High-Dimensional Regression" (2009), for twice the median.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, ndtri
from scipy.stats import rankdata, t

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate

FEWEST = 20  # images of each kind: ten on either side of the test
CUTS = 25
PENALTY = 1.0  # on |w|² / 2, beside the mean loss of an image: strong, since attacks agree and images are few
NEWTON = 6  # steps; with this penalty the last ones change nothing
AT_ONCE = 4_000_000  # numbers held together: bounds the memory


@dataclass(frozen=True)
class CollectionTest:
    """What `collection_test` returns.

    Args:
        p: that of the suspects' use in training; see the module.
        difference: of the mean answer about suspects and about comparison images, in standard deviations of the latter, with the
            95% interval of Welch's test; from the cut with the median p-value.
        suspects, comparison: how many images of each.
        p_of_cuts: the p-value of each cut, (K,).
    """

    p: float
    difference: Estimate
    suspects: int
    comparison: int
    p_of_cuts: np.ndarray


@dataclass(frozen=True)
class Cuts:
    """One test for each of b cuts, (b,) each: p-value, difference in standard deviations, and half the width of its interval."""

    p: np.ndarray
    difference: np.ndarray
    margin: np.ndarray


def collection_test(suspects: ArrayLike, comparison: ArrayLike, seed: int = 0, cuts: int = CUTS) -> CollectionTest:
    """Do suspects, as a collection, score as images do that a model was trained on?

    Images have to be independent: of near copies, give one a group (`one_of_each`). And the two sets have to differ in nothing
    but their use: what is seen of images without any model is compared by `helpers.audit.collection.check_alike`.

    Args:
        suspects, comparison: (n, k) and (m, k), a column for each attack, higher = more likely a member.
        seed: of the cuts.
        cuts: how many, an odd number.

    Raises:
        ValueError: as `prepared`, or a number of cuts that is not odd.
    """
    if cuts < 1 or cuts % 2 == 0:
        raise InvalidInput(f"cuts must be an odd number, so that one of them is the median, got {cuts}")
    x, n = prepared(suspects, comparison), len(np.asarray(suspects))
    rng = np.random.default_rng(seed)
    found = try_cuts(x, np.tile(np.arange(n), (cuts, 1)), np.tile(np.arange(n, len(x)), (cuts, 1)), rng)
    middle = int(np.argsort(found.p, kind="stable")[cuts // 2])
    value, margin = found.difference[middle], found.margin[middle]
    return CollectionTest(
        float(twice_the_median(found.p)), Estimate(value, value - margin, value + margin), n, len(x) - n, found.p
    )


def twice_the_median(p: np.ndarray) -> np.ndarray:
    """One p-value of several (..., K) that depend on each other in an unknown way: (...,), at most 1."""
    return np.minimum(1, 2 * np.median(p, axis=-1))


def one_of_each(groups: ArrayLike, seed: int = 0) -> np.ndarray:
    """A random row of each group of near copies, in rising order; groups (n,) as `helpers.data.near_copies` finds them.

    Ten frames of a burst are one observation. Counted as ten, they make a small collection look like a large one; and as some of
    them lie in the half that the regression learns from and some in the half that it is tested on, it knows them again.
    """
    order = np.random.default_rng(seed).permutation(len(np.asarray(groups)))
    return np.sort(order[np.unique(np.asarray(groups)[order], return_index=True)[1]])


def prepared(suspects: ArrayLike, comparison: ArrayLike) -> np.ndarray:
    """Normal scores of both sets' images together, (n + m, k): suspects first.

    Raises:
        ValueError: no two sets of (n, k) finite numbers with as many columns, fewer than `FEWEST` images of a kind, or an image
            with the same scores in both.
    """
    parts = {"suspects": np.asarray(suspects, np.float64), "comparison": np.asarray(comparison, np.float64)}
    for name, part in parts.items():
        if part.ndim != 2 or part.shape[1] == 0:
            raise InvalidInput(f"{name} must have shape (images, attacks), got {part.shape}")
        if not np.isfinite(part).all():
            raise InvalidInput(f"{name} holds {int((~np.isfinite(part)).sum())} NaN or infinite scores; look at the model")
        if len(part) < FEWEST:
            raise InvalidInput(f"{name} holds {len(part)} images; a test of a collection needs at least {FEWEST} of each kind")
    first, second = parts.values()
    if first.shape[1] != second.shape[1]:
        raise InvalidInput(f"both must have the scores of the same attacks, got {first.shape[1]} and {second.shape[1]} columns")
    shared = len({row.tobytes() for row in first} & {row.tobytes() for row in second})
    if shared:
        raise InvalidInput(
            f"{shared} images have the same scores among suspects and comparison images: they are in both; take them out of one"
        )
    joined = np.concatenate([first, second])
    return ndtri((rankdata(joined, axis=0) - 0.5) / len(joined))


def try_cuts(x: np.ndarray, suspects: np.ndarray, comparison: np.ndarray, rng: np.random.Generator) -> Cuts:
    """The module's test on b cuts at once.

    Args:
        x: normal scores, (images, k).
        suspects, comparison: rows of x that each test is about, (b, n) and (b, m); the cut within them is drawn here.
    """
    found = [_test(x, *part, rng) for part in _batches(suspects, comparison, x.shape[1])]
    return Cuts(*(np.concatenate([getattr(part, name) for part in found]) for name in ("p", "difference", "margin")))


def _batches(suspects: np.ndarray, comparison: np.ndarray, k: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    size = max(1, AT_ONCE // (k * (suspects.shape[1] + comparison.shape[1])))
    for start in range(0, len(suspects), size):
        yield suspects[start : start + size], comparison[start : start + size]


def _test(x: np.ndarray, suspects: np.ndarray, comparison: np.ndarray, rng: np.random.Generator) -> Cuts:
    (learnt, tested), (other, others_tested) = (_halves(rng.permuted(rows, axis=1)) for rows in (suspects, comparison))
    known = x[np.concatenate([learnt, other], 1)]
    label = np.repeat([1.0, 0.0], [learnt.shape[1], other.shape[1]])
    centre, spread = known.mean(1, keepdims=True), known.std(1, keepdims=True) + 1e-12
    weights = logistic_weights((known - centre) / spread, label)
    halves = [(x[rows] - centre) / spread for rows in (tested, others_tested)]
    found = _welch(*(np.einsum("bnk,bk->bn", half, weights) for half in halves))
    up = halves[0].mean((1, 2)) > halves[1].mean((1, 2))
    return Cuts(np.where(up, found.p, 1.0), found.difference, found.margin)


def _halves(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    half = rows.shape[1] // 2
    return rows[:, :half], rows[:, half:]


def logistic_weights(x: np.ndarray, label: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Weights (b, k) of b logistic regressions with an intercept, by Newton's method, on x (b, n, k) with labels (n,).

    The same as scikit-learn's LogisticRegression with C = 1 / (penalty n), for thousands of small ones at once.
    """
    n, k = x.shape[1:]
    x = np.concatenate([x, np.ones((*x.shape[:2], 1))], 2)
    ridge = np.diag([penalty] * k + [0.0])
    weights = np.zeros((len(x), k + 1))
    weights[:, -1] = np.log(label.mean() / (1 - label.mean()))  # all that there is to know without the scores
    for _ in range(NEWTON):
        chance = expit((x @ weights[:, :, None])[..., 0])
        slope = ((chance - label)[:, None] @ x)[:, 0] / n + weights @ ridge
        curvature = (x * (chance * (1 - chance))[..., None]).swapaxes(1, 2) @ x / n + ridge
        weights = weights - np.linalg.solve(curvature, slope[..., None])[..., 0]
    return weights[:, :k]


def _welch(suspects: np.ndarray, comparison: np.ndarray) -> Cuts:
    """Welch's one-sided test for each row of answers (b, n) and (b, m)."""
    n, m = suspects.shape[1], comparison.shape[1]
    of_mean = suspects.var(1, ddof=1) / n + 1e-300, comparison.var(1, ddof=1) / m + 1e-300
    error = np.sqrt(sum(of_mean))
    freedom = error**4 / (of_mean[0] ** 2 / (n - 1) + of_mean[1] ** 2 / (m - 1))
    gap, scale = suspects.mean(1) - comparison.mean(1), comparison.std(1, ddof=1) + 1e-150
    return Cuts(t.sf(gap / error, freedom), gap / scale, t.ppf(0.975, freedom) * error / scale)
