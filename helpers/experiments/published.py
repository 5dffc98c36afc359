"""What have others reported, and does it hold on a league of our own?

The authors' own table, whole: twelve models, five attacks, three metrics, each the best over timesteps on the images that it is
reported on. Who is ahead of whom is counted from it; on a league of our own it becomes a paired comparison. None of the
published figures was measured here.
Source: the repository of the SimA paper (arXiv 2509.25003), https://github.com/mx-ethan-rao/SimA, ``notebooks/plots.ipynb``; the
figures are those of the paper's first version. That notebook calls the first two columns AUC and ASR; they are ASR and AUC, since
one row has 0.5000 and 0.1897, and an ASR cannot be below one half. It does not name its rows: the names follow the order of the
README's table of experiments. Of two nearly equal rows for one experiment the first is kept; those for guided diffusion differ
more, and both are. The latent diffusion model stands in a cell of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from helpers.errors import InvalidInput
from helpers.evaluation.results import BASELINE, League

PUBLISHED_ATTACKS = ("SimA", "PIA", "SecMI", "PFAMI", "Loss")
_COLUMNS = ("ASR", "AUC", "TPR at 1% FPR")
_TABLE = {  # ten-thousandths
    "DDPM, CIFAR-10": ("8362 9045 3586", "8506 9186 2954", "8271 8972 3344", "7364 8032 0816", "7767 8473 2414"),
    "DDPM, CIFAR-100": ("8251 8985 3884", "8231 8958 2875", "8155 8862 2995", "7058 7705 0844", "7485 8219 1956"),
    "DDPM, STL10-U": ("9115 9634 7275", "9083 9634 6630", "8940 9516 6620", "7478 8374 1700", "8460 9142 4767"),
    "DDPM, CelebA": ("7490 8285 2086", "7427 8222 1836", "7394 8145 1455", "6434 7018 0813", "6913 7596 1515"),
    "Guided diffusion, ImageNet (a)": ("8573 8977 2173", "6465 6644 0993", "7797 8255 3473", "6785 7222 0377", "5727 6038 0700"),
    "Guided diffusion, ImageNet (b)": ("8830 9180 2860", "6267 6551 0597", "6888 7361 1520", "6807 7247 0427", "5737 6053 0707"),
    "Latent diffusion, ImageNet": ("5578 5614 0197", "5513 5680 0213", "5680 5685 0233", "5077 4876 0057", "5048 4790 0060"),
    "SD 1.4 fine-tuned, Pokémon": ("8763 9303 2182", "8991 9459 3094", "8139 8785 3405", "5000 1897 0000", "8020 8789 2470"),
    "SD 1.4 fine-tuned, COCO": ("6402 6782 0332", "6310 6704 0320", "6510 7015 0492", "6256 6626 0248", "5914 6267 0356"),
    "SD 1.4 fine-tuned, Flickr30k": ("6065 6334 0188", "5987 6263 0181", "6163 6550 0342", "5960 6220 0186", "5653 5887 0191"),
    "SD 1.5, LAION against LAION": ("6022 6325 0312", "6052 6385 0420", "5680 5862 0276", "5004 4101 0088", "5012 3697 0080"),
    "SD 1.5, LAION against COCO": ("5442 5359 0164", "5362 5218 0200", "5560 5592 0128", "5204 4883 0044", "5546 4927 0040"),
}  # fmt: skip
PUBLISHED = pd.DataFrame(
    [
        (model, attack, metric, int(figure) / 10_000)
        for model, cells in _TABLE.items()
        for attack, cell in zip(PUBLISHED_ATTACKS, cells, strict=True)
        for metric, figure in zip(_COLUMNS, cell.split(), strict=True)
    ],
    columns=["model", "attack", "metric", "value"],
)
# A public leaderboard's listing of SimA for a later version of the paper; it does not say which variant.
LISTED = pd.DataFrame(
    [("CIFAR-10", "AUC", 0.9216), ("CIFAR-100", "TPR at 1% FPR", 0.4466), ("STL10-U", "ASR", 0.8055), ("CelebA", "AUC", 0.9504)],
    columns=["data set", "metric", "value"],
)


def wide(figures: pd.DataFrame, metric: str, attacks: Sequence[str] = PUBLISHED_ATTACKS) -> pd.DataFrame:
    """Models x attacks: one metric of tidy figures ("model", "attack", "metric", "value"), in their order.

    Raises:
        ValueError: a metric or an attack that the figures do not have for every model.
    """
    chosen = figures[(figures["metric"] == metric) & figures["attack"].isin(attacks)]
    table = chosen.pivot(index="model", columns="attack", values="value").reindex(columns=list(attacks))
    if table.empty or table.isna().any(axis=None):
        raise InvalidInput(f"the figures must have {metric} of {', '.join(attacks)} for every model")
    return table.loc[chosen["model"].unique()]


def standing(attack: str, metric: str, baseline: str = BASELINE) -> dict[str, list[str]]:
    """On which of the published models is an attack "ahead" of another, "level" with it, or "behind" it?"""
    table = wide(PUBLISHED, metric, [attack, baseline])
    difference = (table[attack] - table[baseline]).round(4)
    sides = {"ahead": difference > 0, "level": difference == 0, "behind": difference < 0}
    return {side: table.index[rows].tolist() for side, rows in sides.items()}


def mean_ranks(figures: pd.DataFrame, metric: str) -> pd.Series:
    """Where each attack of the published table comes in, on average over models; 1 is the first, ties share their places."""
    return wide(figures, metric).rank(axis=1, ascending=False).mean()


@dataclass(frozen=True)
class Claim:
    """A published ordering: `better` beats `worse` in `metric`. `source` says where; `figures` are as published, if any."""

    better: str
    worse: str
    metric: str
    source: str
    figures: str = ""


_ABSTRACT = "Rao et al. (2025), abstract"


def _counted(worse: str, metric: str) -> Claim:
    """SimA ahead of a baseline, as the abstract has it, with what the table has."""
    found = standing(BASELINE, metric, worse)
    level = f", level on {len(found['level'])}" if found["level"] else ""
    counts = f"in the table, ahead on {len(found['ahead'])} of {len(_TABLE)}{level}"
    return Claim(BASELINE, worse, metric, _ABSTRACT, counts)


CLAIMS = (
    *(_counted(attack, "AUC") for attack in PUBLISHED_ATTACKS[1:]),
    *(_counted(attack, "TPR at 1% FPR") for attack in ("PIA", "SecMI")),
    Claim("SimA-MC (norm of mean)", "SimA", "TPR at 1% FPR", _ABSTRACT),
    Claim("SimA-MC (mean of norms)", "SimA", "TPR at 1% FPR", _ABSTRACT),
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
