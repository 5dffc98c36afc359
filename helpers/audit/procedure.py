"""Does this model give away which of these images it was trained on?

    read both folders -> calibrate the timestep on one half -> score the other half -> intervals, baseline, verdict

A score is written down as soon as it is known, so that an interrupted audit goes on where it stopped, to the same figures.
Nothing is chosen on the images that the figures come from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.attacks import Attack, registry
from helpers.attacks.data_only import DataOnly
from helpers.audit.ledger import Ledger, hash_images, hash_model
from helpers.data.folders import ImageFolder, read_folder
from helpers.data.near_copies import find_copies
from helpers.data.overlap import compare_folders
from helpers.data.splits import LabelledPart
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate, Report, calibrated_timestep, evaluate
from helpers.fingerprints import fingerprint
from helpers.models.pretrained import LoadedModel, load_pipeline

AUDIT_TIMESTEPS = tuple(range(0, 301, 20))
AUDIT_GROUPS = ("members", "held_out")
FEWEST = 20  # images of each kind; with fewer, hardly any interval would say anything


def attack_named(name: str) -> Attack:
    """The attack that has this name on the command line.

    Raises:
        ValueError: none has.
    """
    known = {r.command: r.made() for r in registry.ATTACKS.values() if r.command}
    if name not in known:
        raise InvalidInput(f"attack must be one of {', '.join(known)}, got {name!r}")
    return known[name]


@dataclass(frozen=True)
class Settings:
    """What decides the figures of an audit, apart from model and images.

    Args:
        attack: see `attack_named`.
        timesteps: among which the calibration part chooses.
        prompts: "captions" of the images, or "empty"; for a model that takes prompts.
        seed: of the cut into a calibration and an evaluation part, of noise and of resampling.

    Raises:
        ValueError: an unknown attack, no timestep, or other prompts.
    """

    attack: str = "sima"
    timesteps: Sequence[int] = AUDIT_TIMESTEPS
    prompts: str = "empty"
    seed: int = 0
    batch_size: int = 64

    def __post_init__(self):
        attack_named(self.attack)
        if not self.timesteps:
            raise InvalidInput("there must be at least one timestep")
        if self.prompts not in ("empty", "captions"):
            raise InvalidInput(f'prompts must be "empty" or "captions", got {self.prompts!r}')


@dataclass(frozen=True)
class Audit:
    """All that the report says. Scores are those of the evaluation part, in the order of `names`."""

    model: dict[str, str]
    settings: Settings
    folders: dict[str, ImageFolder]
    rows: dict[str, np.ndarray]  # of the images of a folder that are in the evaluation part
    curve: dict[int, float]  # timestep -> AUC on the calibration part
    timestep: int
    report: Report
    data_only: Estimate
    twins: list[tuple[str, str, float]]  # held-out file, member file, root mean square difference; nearest first
    identical: list[str]  # held-out files left out, since they are members, too

    @property
    def tpr_at_fpr(self) -> dict[float, Estimate]:
        return {fpr: self.report.tpr_at_fpr(fpr) for fpr in (0.01, 0.001)}


def audit(
    model: str | Path, members: str | Path, held_out: str | Path, output: str | Path, settings: Settings | None = None,
    device: str = "cpu", progress: bool = True,
) -> Audit:  # fmt: skip
    """Audit the model in a folder with the images of two others; what is known is kept in `output`.

    Raises:
        FileNotFoundError, ValueError: no model, no images, too few of them, or settings that do not fit the model.
    """
    settings = settings or Settings()
    loaded = load_pipeline(model, device)
    steps = len(loaded.denoiser.alphas_cumprod)
    if max(settings.timesteps) >= steps:
        raise InvalidInput(f"timesteps must be below {steps}, the model's, got {max(settings.timesteps)}")
    compare_folders(members, held_out, progress=progress)
    folders = {
        name: read_folder(path, loaded.image_shape, progress)
        for name, path in zip(AUDIT_GROUPS, (members, held_out), strict=True)
    }
    folders["held_out"], identical = _without(folders["held_out"], folders["members"])
    for name, folder in folders.items():
        if len(folder.images) < FEWEST:
            raise InvalidInput(f"{name} has {len(folder.images)} usable images; an audit needs at least {FEWEST}")
        if settings.prompts == "captions" and not any(folder.captions):
            raise InvalidInput(f"{name} has no captions; put a .txt of the same name beside each image, or use empty prompts")
    parts = {name: _cut(len(folder.images), settings.seed) for name, folder in folders.items()}
    about = {"kind": loaded.kind, "sha256": hash_model(loaded)}
    about |= {name: hash_images(folder) for name, folder in folders.items()}
    ledger = Ledger(
        Path(output) / "scores.npz", about | {"settings": repr(settings), "code": fingerprint("helpers.audit.procedure")}
    )
    questions = _Questions(loaded, folders, settings, ledger)
    calibration = {name: rows[0] for name, rows in parts.items()}
    curve = questions.calibrate(calibration, progress)
    timestep = calibrated_timestep(*curve, settings.timesteps)
    evaluation = {name: rows[1] for name, rows in parts.items()}
    member_scores, held_out_scores = (
        questions.scores("evaluation", name, evaluation[name], timestep, progress) for name in AUDIT_GROUPS
    )
    ledger.save()
    small = {name: folder.images.small() for name, folder in folders.items()}
    return Audit(
        model=about,
        settings=settings,
        folders=folders,
        rows=evaluation,
        curve={t: float(evaluate(m, h, bootstrap=0).auc) for t, m, h in zip(settings.timesteps, *curve, strict=True)},
        timestep=timestep,
        report=evaluate(member_scores, held_out_scores, bootstrap=2000, seed=settings.seed),
        data_only=_data_only(small, calibration, evaluation),
        twins=_twins(small, folders),
        identical=identical,
    )


def _without(folder: ImageFolder, others: ImageFolder) -> tuple[ImageFolder, list[str]]:
    """The folder without images that are, pixel for pixel, among the others; and the names of those."""
    known = set(others.images.keys)
    same = [key in known for key in folder.images.keys]
    return folder.only([i for i, s in enumerate(same) if not s]), [n for n, s in zip(folder.names, same, strict=True) if s]


def _cut(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the calibration and of the evaluation part: a random half each, since file names may have an order."""
    order = np.random.default_rng(seed).permutation(n)
    return np.sort(order[: n // 2]), np.sort(order[n // 2 :])


@dataclass(frozen=True)
class _Questions:
    """What the audit asks of the model, and the ledger that knows what has been asked."""

    model: LoadedModel
    folders: dict[str, ImageFolder]
    settings: Settings
    ledger: Ledger

    def calibrate(self, rows: dict[str, np.ndarray], progress: bool) -> tuple[np.ndarray, np.ndarray]:
        """Scores of members and of held-out images at each timestep: (T, n) and (T, m)."""
        curves: dict[str, list[np.ndarray]] = {name: [] for name in AUDIT_GROUPS}
        for t in tqdm(self.settings.timesteps, desc="calibration", disable=not progress):
            for name in AUDIT_GROUPS:
                curves[name].append(self.scores(f"t{t}", name, rows[name], int(t), progress=False))
        members, held_out = (np.stack(curves[name]) for name in AUDIT_GROUPS)
        return members, held_out

    def scores(self, stage: str, group: str, rows: np.ndarray, timestep: int, progress: bool) -> np.ndarray:
        """Scores of the rows of a folder, (len(rows),), batch by batch; a batch that the ledger knows is not asked again."""
        found, size = [], self.settings.batch_size
        for start in tqdm(range(0, len(rows), size), desc=f"{group}", disable=not progress):
            batch = rows[start : start + size]
            found.append(self.ledger.get(f"{stage}.{group}.{start}", partial(self._ask, group, batch, timestep)))
        return np.concatenate(found)

    def _ask(self, group: str, batch: np.ndarray, timestep: int) -> np.ndarray:
        denoiser, folder, settings = self.model.denoiser, self.folders[group], self.settings
        if settings.prompts == "captions":
            denoiser = self.model.told([folder.captions[i] for i in batch])
        asking: dict[str, Any] = {"timestep": timestep, "batch_size": settings.batch_size, "seed": settings.seed + int(batch[0])}
        attack = replace(attack_named(settings.attack), **asking)
        return attack.score(denoiser, folder.images[batch]).double().cpu().numpy()


def _data_only(images: dict[str, Tensor], calibration: dict, evaluation: dict) -> Estimate:
    known, fair = (LabelledPart(*(images[n][rows[n]] for n in AUDIT_GROUPS)) for rows in (calibration, evaluation))
    baseline = DataOnly().fit(None, known)
    members, held_out = (baseline.score(None, x) for x in (fair.members, fair.held_out))
    return evaluate(members, held_out, bootstrap=2000).auc


def _twins(images: dict[str, Tensor], folders: dict[str, ImageFolder], most: int = 12) -> list[tuple[str, str, float]]:
    """Held-out images that are near copies of members."""
    found = find_copies(torch.cat([images["held_out"], images["members"]])).across(len(images["held_out"]))
    names = folders["held_out"].names, folders["members"].names
    return [(names[0][i], names[1][j], distance) for i, j, distance in found[:most]]
