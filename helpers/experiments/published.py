"""What have others reported, and does it hold on a league of our own?

Orderings are those of abstracts and authors' replies, at paper scale, on other data; here each becomes a paired comparison.
Figures are SimA's in pixel space, from public listings. None was measured here.
"""

from dataclasses import dataclass

import pandas as pd

from helpers.evaluation.results import League


@dataclass(frozen=True)
class Claim:
    """A published ordering: `better` beats `worse` in `metric`. `source` says where; `figures` are as published, if any."""

    better: str
    worse: str
    metric: str
    source: str
    figures: str = ""


_SIMA = "Rao et al. (2025), abstract: ahead of baselines"
CLAIMS = (
    Claim("SimA", "Loss", "AUC", _SIMA),
    Claim("SimA", "SecMI", "AUC", f"{_SIMA}; Duan et al. (2023), authors' reply", "CIFAR-10: 0.922 and 0.881"),
    Claim("SimA", "PIA", "AUC", _SIMA),
    Claim("SimA", "PFAMI", "AUC", _SIMA),
    Claim("SimA-MC (norm of mean)", "SimA", "TPR at 1% FPR", "Rao et al. (2025), abstract"),
    Claim("SimA-MC (mean of norms)", "SimA", "TPR at 1% FPR", "Rao et al. (2025), abstract"),
    Claim("SecMI-NN", "SecMI", "AUC", "Duan et al. (2023), authors' reply", "CIFAR-10: 0.951 and 0.881"),
    Claim("PFAMI", "SecMI", "ASR", "Fu et al. (2023), abstract"),
    Claim("GSA", "Loss", "AUC", "Pang et al. (2023), abstract"),
    Claim("LiRA", "SimA", "TPR at 1% FPR", "Carlini et al. (2022), for classifiers: ratio against global threshold"),
)
WORDS = {"better": "holds", "worse": "reversed", "undecided": "undecided"}


def check_claims(league: League, claims: tuple[Claim, ...] = CLAIMS) -> pd.DataFrame:
    """Does each claim hold on each model?

    The columns of `League.differences`, p-values corrected over all rows, with the verdict on the claim: "holds",
    "reversed" or "undecided"; and "claim" in short, and where it was "published".
    """
    frame = league.differences([(c.better, c.worse, c.metric) for c in claims])
    frame["claim"] = frame["attack"] + " > " + frame["baseline"] + ", " + frame["metric"]
    frame["published"] = [f"{c.source}; {c.figures}" if c.figures else c.source for c in claims] * len(league.models)
    return frame.assign(verdict=frame["verdict"].map(WORDS))


def claims_table(checked: pd.DataFrame) -> pd.DataFrame:
    """What `check_claims` found, for reading: claims x models, the verdict with the difference behind it as text."""
    words = [f"{v} ({d:+.2f})" for v, d in zip(checked["verdict"], checked["difference"], strict=True)]
    claims, models = checked["claim"].unique(), checked["model"].unique()
    table = checked.assign(words=words).pivot(index="claim", columns="model", values="words").loc[claims, models]
    table.insert(0, "published", checked.drop_duplicates("claim")["published"].tolist())
    return table.rename_axis(columns=None)


LISTED = "as a public leaderboard lists it"
VERSION_1 = "version 1, second-hand"  # from two public reading notes of that version, which agree
FIGURES = pd.DataFrame(
    [
        ("CIFAR-10", "AUC", 0.9045, VERSION_1), ("CIFAR-10", "TPR at 1% FPR", 0.3586, VERSION_1),
        ("CIFAR-100", "AUC", 0.8985, VERSION_1), ("CIFAR-100", "TPR at 1% FPR", 0.3884, VERSION_1),
        ("STL10-U", "AUC", 0.9634, VERSION_1), ("STL10-U", "TPR at 1% FPR", 0.7275, VERSION_1),
        ("CelebA", "AUC", 0.8285, VERSION_1), ("CelebA", "TPR at 1% FPR", 0.2086, VERSION_1),
        ("CIFAR-10", "AUC", 0.9216, LISTED), ("CIFAR-100", "TPR at 1% FPR", 0.4466, LISTED),
        ("STL10-U", "ASR", 0.8055, LISTED), ("CelebA", "AUC", 0.9504, LISTED),
    ],
    columns=["data set", "metric", "published", "where"],
)  # fmt: skip
