"""Which files does somebody need who wants to analyse the scores of this book, and to install nothing?

    one row: one image, asked about by one run at one setting  ->  one column: an attack

CSV files of the committed scores, with a dictionary that says what each row and each column is, and which values it has.
"""

import csv
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.evaluation.metrics import evaluate
from helpers.evaluation.row import Row
from helpers.experiments.league import stored
from helpers.experiments.outcomes import OUTCOMES, read_outcome
from helpers.files import replacing

ZIP = "scores.zip"
DICTIONARY = "dictionary.csv"
LICENCE = "Creative Commons Attribution 4.0 (CC BY 4.0), as the prose of the book"
DIGITS = "%.6g"  # enough for all figures that chapters print
NEGATIVE = "at most 0"
ANY = "any number"


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Args:
        values: its unit and range, in words.
        gaps: may a cell be empty?
    """

    meaning: str
    values: str
    gaps: bool = False


@dataclass(frozen=True)
class Table:
    """A file, less its ending.

    Args:
        row: what one row is.
        chapters: that use these scores, as they are named in `_toc.yml`.
        setting: what its column "setting" says, if it has one.
        read: makes the table.
        gaps: do attacks leave cells empty, because not each was asked in each run or setting?
    """

    name: str
    row: str
    chapters: tuple[str, ...]
    read: Callable[[], pd.DataFrame]
    setting: str = ""
    gaps: bool = False

    def column(self, name: str) -> Column:
        """What one of the columns holds: a key, a measure, or the scores of an attack."""
        if name == "setting" and self.setting:
            return Column(self.setting, "text")
        if name in KEYS:
            return KEYS[name]
        signed = name.startswith(SIGNED) or name in ("log-volume", "Loss, calibrated")
        return Column(f"score by {name}: higher for a likelier member", f"no unit, {ANY if signed else NEGATIVE}", self.gaps)


# Attacks whose score is no minus an error.
SIGNED = (
    *("PFAMI", "SecMI-NN", "GSA", "LiRA", "data only", "CLiD", "relative", "influence"),
    *("nearest, calibrated", "density ratio"),
)
# Settings in which a model's own samples stand in the members' place.
OWN_SAMPLES = ("samples", "no copies")

KEYS = {
    "file": Column("the file, less .csv, that holds the scores", "text"),
    "model": Column("a model of the zoo; early and late are checkpoints of the same training", "text"),
    "run": Column(
        "what was trained, under its recipe's name in the code; digits-... on digits, emoji-... on emoji, the others of "
        "latents.csv on Fashion-MNIST",
        "text",
    ),
    "seed": Column("the run's seed; runs that differ in it alone are repetitions", "whole number from 0"),
    "setting": Column("the setting, as in that file; empty for the league", "text", gaps=True),
    "member": Column("was the image in the training set?", "1: yes, 0: held out"),
    "image": Column("its place among the members, or among the held-out images", "whole number from 0"),
    "attack": Column("the column of that file", "text"),
    "timestep": Column("at which the attack asked: chosen on the calibration part, or fixed beforehand", "0 to 999", gaps=True),
    "queries": Column("calls of the model per image", "whole number from 0"),
    "members": Column("how many members there are", "images"),
    "held_out": Column("how many held-out images there are", "images"),
    "AUC": Column("area under the ROC", "0 to 1; 0.5 is guessing"),
    "ASR": Column("best balanced accuracy over thresholds", "0.5 to 1"),
    "TPR at 1% FPR": Column("share of members found when at most 1 % of the held-out images are accused", "0 to 1"),
    "noise_share": Column("noise of the posterior, as a share of a latent's variance", "0 to 1", gaps=True),
    "kl": Column("KL divergence of the posterior, per image", "nats, from 0", gaps=True),
    "psnr": Column("peak signal-to-noise ratio of reconstructions of held-out images", "decibels", gaps=True),
    "ssim": Column("structural similarity of reconstructions of held-out images", "-1 to 1", gaps=True),
    "member_psnr": Column("peak signal-to-noise ratio of reconstructions of members", "decibels", gaps=True),
    "member_ssim": Column("structural similarity of reconstructions of members", "-1 to 1", gaps=True),
    "frechet": Column("Fréchet distance of samples from held-out images; the features are this book's", "no unit, from 0"),
    "frechet_of_real": Column(
        "Fréchet distance of members from held-out images: no sample can be expected to beat it", "no unit, from 0"
    ),
    "precision": Column("share of samples that lie among real images", "0 to 1"),
    "recall": Column("share of real images that lie among samples", "0 to 1"),
    "near_copies": Column("share of samples that are near copies of a member", "0 to 1"),
    "near_copies_of_real": Column("share of held-out images that count as near copies of a member: what chance gives", "0 to 1"),
}


def _rows(keys: dict[str, object], scores: dict[str, Row]) -> pd.DataFrame:
    """One row an image: keys, "member", "image", and a column for each attack; all ask about the same images."""
    parts = []
    for member, part in ((1, "members"), (0, "held_out")):
        columns = {attack: getattr(row, part) for attack, row in scores.items()}
        n = len(next(iter(columns.values())))
        parts.append(pd.DataFrame({**keys, "member": member, "image": np.arange(n), **columns}))
    return pd.concat(parts, ignore_index=True)


def _league() -> pd.DataFrame:
    league = stored()
    return pd.concat(
        [_rows({"model": m}, {a: league.rows[m, a] for a in league.attacks}) for m in league.models], ignore_index=True
    )


def _files(pattern: str) -> list[Path]:
    return sorted(OUTCOMES.glob(pattern))


def _outcomes(pattern: str) -> pd.DataFrame:
    """The scores of all outcomes whose file fits the pattern, one row an image and setting."""
    found = []
    for path in _files(pattern):
        settings: dict[str, dict[str, Row]] = {}
        for attack, setting, row in _asked(path):
            settings.setdefault(setting, {})[attack] = row
        found += [_rows(_keys(path) | {"setting": setting}, rows) for setting, rows in settings.items()]
    return pd.concat(found, ignore_index=True)


def _asked(path: Path) -> list[tuple[str, str, Row]]:
    """Attack, setting and scores, where members were asked about."""
    rows = read_outcome(path).rows
    return [(attack, setting, row) for (attack, setting), row in rows.items() if setting not in OWN_SAMPLES]


def _run(path: Path) -> tuple[str, int]:
    """What was trained, and the seed."""
    run, _, seed = path.stem.partition("-seed-")
    return run, int(seed or 0)


def _keys(path: Path) -> dict[str, object]:
    return dict(zip(("run", "seed"), _run(path), strict=True))


def _quality() -> pd.DataFrame:
    """What else was measured of the runs of latents.csv."""
    return pd.DataFrame([_keys(path) | read_outcome(path).quality for path in _files("*.npz")])


def _results() -> pd.DataFrame:
    """Each attack's figures, on all images of one run at one setting."""
    league = stored()
    found = [("league", model, 0, "", attack, row) for (model, attack), row in league.rows.items()]
    for name, pattern in PATTERNS.items():
        for path in _files(pattern):
            found += [(name, *_run(path), setting, attack, row) for attack, setting, row in _asked(path)]
    records = []
    for *keys, row in found:
        report = evaluate(row.members, row.held_out, bootstrap=0)
        sizes = [row.timestep, row.queries, len(row.members), len(row.held_out)]
        records.append([*keys, *sizes, *(float(report.estimate(metric)) for metric in ("AUC", "ASR", "TPR at 1% FPR"))])
    columns = ["file", "run", "seed", "setting", "attack", "timestep", "queries", "members", "held_out"]
    frame = pd.DataFrame(records, columns=[*columns, "AUC", "ASR", "TPR at 1% FPR"])
    return frame.astype({"timestep": "Int64"})


# Where the outcomes of a file lie, below `OUTCOMES`.
PATTERNS = {
    "latents": "*.npz",
    "inversion": "inversion/*.npz",
    "dimensions": "dimensions/*.npz",
    "emoji": "emoji/*.npz",
    "straight": "straight/*.npz",
    "clock": "memory/clock-*.npz",
    "duplicates": "memory/duplicates-*.npz",
    "which": "memory/which*.npz",
    "samples": "samples/*.npz",
    "private": "private/*.npz",
}


def _of_runs(name: str, setting: str, chapters: tuple[str, ...], gaps: bool = False) -> Table:
    row = "One image, one run, one setting."
    return Table(name, row, chapters, lambda: _outcomes(PATTERNS[name]), setting, gaps)


TABLES = (
    Table("league", "One image and one model of the league.", ("the-league-table", "which-images-are-remembered"), _league),
    _of_runs(
        "latents",
        "what is attacked: the posterior's mean, or a sample of it",
        (
            "into-latent-space",
            "is-the-bottleneck-a-shield",
            "what-the-noise-hides",
            "two-remedies",
            "from-one-image-to-a-collection",
            "what-we-do-not-know",
        ),
        gaps=True,
    ),
    Table(
        "quality",
        "One run of latents.csv: its autoencoder and its samples.",
        ("is-the-bottleneck-a-shield", "two-remedies", "what-we-do-not-know"),
        _quality,
    ),
    _of_runs(
        "inversion",
        "from which latent SimA asks: encoded, inverted, or inverted from a random start",
        ("inverting-the-autoencoder",),
    ),
    _of_runs(
        "dimensions",
        "which share of a latent's dimensions is kept: those with most, or with least influence",
        ("which-dimensions-remember",),
        gaps=True,
    ),
    _of_runs(
        "emoji",
        "training steps at which the model was asked; x and a factor: a LoRA scaled by it",
        ("what-a-prompt-changes", "what-a-fine-tune-gives-away"),
        gaps=True,
    ),
    _of_runs("straight", "training steps at which the model was asked, or end", ("straight-paths",), gaps=True),
    _of_runs("clock", "timestep x training steps", ("which-images-are-remembered", "at-paper-scale")),
    _of_runs("duplicates", "timestep", ("which-images-are-remembered",)),
    _of_runs("which", "timestep", ("which-images-are-remembered",)),
    _of_runs(
        "samples",
        "how many samples the attacks see that see nothing else; members: those that ask the model",
        ("only-its-samples",),
        gaps=True,
    ),
    _of_runs(
        "private",
        "timestep; in runs called canaries-..., members are the canaries that were trained on, the others those that were not",
        ("privacy-that-can-be-proven",),
        gaps=True,
    ),
    Table("results", "One attack, one run, one setting, over all images.", (), _results),
)


def write_tables(folder: Path, tables: tuple[Table, ...] = TABLES) -> dict[str, dict]:
    """Write NAME.csv of each table, a dictionary of all columns, and a zip of all of it.

    Returns:
        For each name: "rows", "bytes", and "columns", the names of these; the zip is "zip", with its "bytes".
    """
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, dict] = {}
    words = [("file", "column", "meaning", "values", "may be empty")]
    for table in tables:
        frame = table.read()
        path = folder / f"{table.name}.csv"
        with replacing(path) as temporary:
            frame.to_csv(temporary, index=False, float_format=DIGITS, lineterminator="\n")
        written[table.name] = {"rows": len(frame), "bytes": path.stat().st_size, "columns": [*frame]}
        columns = {name: table.column(name) for name in frame}
        words += [(path.name, name, c.meaning, c.values, "yes" if c.gaps else "no") for name, c in columns.items()]
    with (folder / DICTIONARY).open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(words)
    with replacing(folder / ZIP) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in [*(f"{table.name}.csv" for table in tables), DICTIONARY]:
            archive.write(folder / name, name)
        archive.writestr("LICENCE.txt", f"{LICENCE}.\nThe Denoiser Remembers: {DICTIONARY} says what each column is.\n")
    written["zip"] = {"bytes": (folder / ZIP).stat().st_size}
    return written
