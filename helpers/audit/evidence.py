"""How strong is the evidence that a model remembers, and not that the two folders differ?

    1. do the folders differ in what can be seen of the images, without the model?       a permutation test on all images
    2. do they differ in what, of all that, moves this model's scores?                   Mann-Whitney on the scores' prediction
    3. do the scores differ?                                                             Mann-Whitney on the evaluation part
    4. do they differ beyond what can be seen?                                           the same on what the prediction leaves

The prediction is a ridge regression of the scores on the images' appearance. A model is accused where 1 and 2 find nothing, and 3
and 4 do. A shift that moves an innocent model's scores by much is found by 1 or 2, which have all images; one that hides from
them, among few images, is mostly taken out by 4. How often that fails was measured: `helpers.audit.innocents`.

The statistic of 1 is the largest of several, each on the scale of its own permutations, which corrects for their number: the
largest difference of a single feature, and how far apart a ridge classifier's answers are about images that it was not fitted
on, for three strengths of its penalty. The penalty of the prediction is the largest whose error is within one standard error of
the smallest: where the appearance says nothing about the scores they stay as they are.
Source: Westfall and Young, "Resampling-Based Multiple Testing" (1993), for the correction; Breiman et al., "Classification and
Regression Trees" (1984), section 3.4, for the standard error; Das, Zhang and Tramèr (arXiv 2406.16201): asking no model.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri
from scipy.stats import mannwhitneyu, rankdata

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Report, evaluate

CAUTION = 0.005  # how many innocent models are accused: an interval of 95 % alone would accuse one in forty
HINT = 0.025  # how many of them get a hint
DIFFERENT = 0.02  # how many pairs of folders that were drawn fairly are said to differ by test 1
DIRECTED = 0.01  # ... and by test 2
PERMUTATIONS = 499
FOLDS = 5
PENALTIES = (0.03, 0.3, 3.0)  # of the classifier, times the number of images
SPREAD = 0.3  # of a feature's normal scores; where it is less, nearly all images have the same value
RIDGE = 10.0 ** np.arange(-1, 4.1, 0.5)  # penalties among which the regression of the scores chooses


@dataclass(frozen=True)
class Difference:
    """Whether two folders can be told apart without the model.

    Args:
        p_value: of the permutation test.
        report: on the classifier with the middle penalty, about images that it was not fitted on.
        telling: the features that differ most, each with the p-value of its difference, corrected for their number.
    """

    p_value: float
    report: Report
    telling: dict[str, float]

    @property
    def found(self) -> bool:
        return self.p_value <= DIFFERENT


@dataclass(frozen=True)
class Evidence:
    """What is said against a model: see the module for the tests.

    Args:
        difference: of the two folders, test 1.
        directed, raw, adjusted: p-values of tests 2, 3 and 4.
        report: on what is left of the scores, on the evaluation part.
        explained: share of the scores' variance that the appearance of images explains, on images left out of the fit.
        tries: how many audits of the same model and images this is one of; p-values of 3 and 4 are multiplied by that.
    """

    difference: Difference
    directed: float
    raw: float
    adjusted: float
    report: Report
    explained: float
    tries: int = 1

    @property
    def folders_differ(self) -> bool:
        """Do the folders differ by themselves?"""
        return self.difference.found or self.directed < DIRECTED

    @property
    def p_value(self) -> float:
        """How often one of so many audits of an innocent model would be as suspicious, at most.

        The raw scores, which are but the second lock on the door, are allowed twice as much.
        """
        return min(1.0, self.tries * max(self.adjusted, self.raw / 2))

    @property
    def accuses(self) -> bool:
        return not self.folders_differ and self.p_value < CAUTION


def weigh(
    scores: Mapping[str, np.ndarray],
    features: Mapping[str, Mapping[str, np.ndarray]],
    evaluation: Mapping[str, np.ndarray],
    tries: int = 1,
    seed: int = 0,
) -> Evidence:
    """The evidence in the scores of members and held-out images.

    Args:
        scores: "members" (n,) and "held_out" (m,), of all images, one for each group of near copies.
        features: of the same images, by the same two names: name -> (n,) and (m,); see `helpers.audit.appearance`.
        evaluation: by the same two names, (n,) and (m,) of bool: the images on which nothing was chosen.
        seed: of the permutations and of the bootstrap.

    Raises:
        ValueError: as `difference`.
    """
    label = _labels({name: len(values) for name, values in scores.items()})
    apart = np.concatenate([evaluation["members"], evaluation["held_out"]])
    joined = np.concatenate([scores["members"], scores["held_out"]]).astype(np.float64)
    ranked = _normal_scores(joined[:, None])[:, 0]
    residual, explained = _residual(_normal_scores(_columns(features)), ranked)
    raw, adjusted = (
        float(mannwhitneyu(values[apart & label], values[apart & ~label], alternative="greater").pvalue)
        for values in (joined, residual)
    )
    predicted = np.round(ranked - residual, 9)  # where nothing is explained all are the same
    directed = float(mannwhitneyu(predicted[label], predicted[~label], alternative="greater").pvalue)
    report = evaluate(residual[apart & label], residual[apart & ~label], seed=seed)
    return Evidence(difference(features, seed), directed, raw, adjusted, report, explained, tries)


def beyond_appearance(columns: np.ndarray, features: Mapping[str, Mapping[str, np.ndarray]]) -> np.ndarray:
    """What is left of each column of scores (n + m, k), members first, when what the look of images explains is taken out.

    As for the adjusted scores of `weigh`; no label enters.
    """
    x = _normal_scores(_columns(features))
    return np.stack([_residual(x, column)[0] for column in _normal_scores(columns).T], 1)


def difference(features: Mapping[str, Mapping[str, np.ndarray]], seed: int = 0) -> Difference:
    """Can members be told from held-out images by these features alone? See `weigh` for them.

    Raises:
        ValueError: fewer than `FOLDS` images of a kind.
    """
    label = _labels({name: len(next(iter(values.values()))) for name, values in features.items()})
    if min(label.sum(), (~label).sum()) < FOLDS:
        raise InvalidInput(f"there must be at least {FOLDS} images of each kind, got {label.sum()} and {(~label).sum()}")
    x = _normal_scores(_columns(features))
    varied = x.std(0) > SPREAD
    x, names = x[:, varied], np.array(list(features["members"]))[varied]
    rng = np.random.default_rng(seed)
    labels = np.stack([label, *(rng.permutation(label) for _ in range(PERMUTATIONS))], 1).astype(np.float64)  # the data first
    fold = rng.permutation(len(label)) % FOLDS
    gaps = _correlation(x, labels)
    statistics, middle = [gaps.max(0, initial=0)], np.zeros(len(label))
    for penalty in PENALTIES:
        answers = _answers(x, labels, fold, penalty * len(label))
        statistics.append(_gap(answers, labels))
        if penalty == PENALTIES[len(PENALTIES) // 2]:
            middle = answers[:, 0].copy()
    shares = np.stack([rankdata(-s, method="max") for s in statistics]).min(0)
    corrected = (gaps[:, :1] <= statistics[0]).mean(1)
    telling = {str(names[i]): float(corrected[i]) for i in np.argsort(-gaps[:, 0])[:5] if corrected[i] <= DIFFERENT}
    return Difference(float((shares <= shares[0]).mean()), evaluate(middle[label], middle[~label], seed=seed), telling)


def _correlation(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Absolute correlation of features (n, k) with labels (n, b): (k, b)."""
    x, y = x - x.mean(0), labels - labels.mean(0)
    return np.abs(x.T @ y) / (len(x) * np.outer(x.std(0), y.std(0)))


def _gap(answers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """How far the answers (n, b) about members lie above those about held-out images, in standard deviations: (b,)."""
    members = labels.sum(0)
    gap = (answers * labels).sum(0) / members - (answers * (1 - labels)).sum(0) / (len(labels) - members)
    return gap / (answers.std(0) + 1e-12)


def _answers(x: np.ndarray, labels: np.ndarray, fold: np.ndarray, penalty: float) -> np.ndarray:
    """What ridge regressions of the labels (n, b) on features (n, k) say of each image, fitted on the other folds: (n, b)."""
    found = np.empty_like(labels)
    for f in range(FOLDS):
        known, y = x[fold != f], labels[fold != f]
        centred = known - known.mean(0)
        weights = np.linalg.solve(centred.T @ centred + penalty * np.eye(x.shape[1]), centred.T @ (y - y.mean(0)))
        found[fold == f] = (x[fold == f] - known.mean(0)) @ weights
    return found


def _residual(x: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, float]:
    """Scores (n,) less what a ridge regression on features (n, k) says of each, fitted without it; and the share explained."""
    centred, y = x - x.mean(0), scores - scores.mean()
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    residuals = []
    for penalty in RIDGE:
        shrunk = s**2 / (s**2 + penalty)
        leverage = np.square(u) @ shrunk + 1 / len(y)  # leaving one out has a closed form
        residuals.append((y - u @ (shrunk * (u.T @ y))) / np.clip(1 - leverage, 0.02, None))
    errors = np.square([*residuals, y])
    excess = errors - errors[errors.mean(1).argmin()]
    chosen = np.flatnonzero(excess.mean(1) <= excess.std(1) / len(y) ** 0.5)[-1]
    return [*residuals, y][chosen], float(1 - errors[chosen].mean() / errors[-1].mean())


def _labels(counts: Mapping[str, int]) -> np.ndarray:
    return np.repeat([True, False], [counts["members"], counts["held_out"]])


def _columns(features: Mapping[str, Mapping[str, np.ndarray]]) -> np.ndarray:
    """(n + m, features), in the members' order of names."""
    members, held_out = features["members"], features["held_out"]
    return np.stack([np.concatenate([members[name], held_out[name]]) for name in members], 1)


def _normal_scores(columns: np.ndarray) -> np.ndarray:
    """Ranks of each column, as quantiles of the normal distribution: an outlier moves nothing."""
    return ndtri((rankdata(columns, axis=0) - 0.5) / len(columns))
