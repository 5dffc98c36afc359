"""Which images is a model asked about, which of them choose, and what can be seen of them without asking it?"""

from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from helpers.audit.appearance import appearance, file_features
from helpers.audit.questions import GROUPS
from helpers.audit.settings import Settings
from helpers.data.folders import ImageFolder
from helpers.data.near_copies import groups_of_copies
from helpers.errors import InvalidInput

FEWEST = 20  # images of each kind; with fewer, hardly any interval would say anything
AT_ONCE = 256  # images held together while features are taken


@dataclass(frozen=True)
class Selection:
    """Which images of the folders are asked about: rows by the names of GROUPS, cut into two parts.

    Args:
        identical: held-out files left out, since they are members, too.
        copies: how many images of a folder are near copies of another one of it, and are not asked about.
    """

    calibration: dict[str, np.ndarray]
    evaluation: dict[str, np.ndarray]
    identical: list[str]
    copies: dict[str, int]

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """Of both parts, calibration first."""
        return {name: np.concatenate([self.calibration[name], self.evaluation[name]]) for name in GROUPS}

    @property
    def evaluation_mask(self) -> dict[str, np.ndarray]:
        """Which of `rows` are of the evaluation part."""
        return {name: np.arange(len(rows)) >= len(self.calibration[name]) for name, rows in self.rows.items()}


def select(folders: dict[str, ImageFolder], settings: Settings, progress: bool = False) -> Selection:
    """One of each group of near copies, and no held-out image that is, pixel for pixel, a member.

    Raises:
        ValueError: too few images.
    """
    members = set(folders["members"].images.keys)
    same = {"members": np.zeros(len(folders["members"].names), bool)}
    same["held_out"] = np.array([key in members for key in folders["held_out"].images.keys])
    parts, copies = {}, {}
    for name, folder in folders.items():
        usable = np.flatnonzero(~same[name])
        first = np.unique(groups_of_copies(folder.images.small(), progress)[usable], return_index=True)[1]
        rows, copies[name] = usable[np.sort(first)], len(usable) - len(first)
        if len(rows) < FEWEST:
            different = " different" if copies[name] else ""
            raise InvalidInput(f"{name} has {len(rows)}{different} usable images; an audit needs at least {FEWEST}")
        parts[name] = cut(rows, settings.seed)
    identical = [name for name, s in zip(folders["held_out"].names, same["held_out"], strict=True) if s]
    calibration, evaluation = ({name: part[i] for name, part in parts.items()} for i in (0, 1))
    return Selection(calibration, evaluation, identical, {name: count for name, count in copies.items() if count})


def cut(rows: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A calibration and an evaluation part of rows: a random half each, since file names may have an order."""
    order = np.random.default_rng(seed).permutation(len(rows))
    half = len(rows) // 2
    return rows[np.sort(order[:half])], rows[np.sort(order[half:])]


def features_of(folders: dict[str, ImageFolder], chosen: Selection, progress: bool = False) -> dict[str, dict[str, np.ndarray]]:
    """What can be seen of the images of a selection, and of their files."""
    found = {}
    files = [folders[name].files[i] for name in GROUPS for i in chosen.rows[name]]
    said, start = file_features(files), 0
    for name in GROUPS:
        rows = chosen.rows[name]
        starts = tqdm(range(0, len(rows), AT_ONCE), desc="looking at the images", disable=not progress, leave=False)
        parts = [appearance(folders[name].images[rows[i : i + AT_ONCE]]) for i in starts]
        found[name] = {feature: np.concatenate([part[feature] for part in parts]) for feature in parts[0]}
        found[name] |= {feature: values[start : start + len(rows)] for feature, values in said.items()}
        start += len(rows)
    return found
