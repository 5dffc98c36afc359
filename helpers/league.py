"""Which attack wins, on which model, at what cost?

Every attack meets every model on one footing: what it has to choose (a timestep) or to learn (a classifier) it chooses
and learns on the *calibration* part of the split; its figures come from the *evaluation* part, the same images for all.
The scores come with the book. They are used only if model, entry and code are, to the letter, those that made them, and
are played anew otherwise: ``python -m helpers.league MODEL ...`` plays a part of the league, so that several processes can
share the work.
"""

import ast
import hashlib
import json
import os
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from helpers import zoo
from helpers.attacks import (
    GSA,
    PFAMI,
    PIA,
    PIAN,
    Attack,
    DataOnly,
    Influential,
    LearnedAttack,
    LiRA,
    Loss,
    ReDiffuse,
    SecMI,
    SecMINN,
    ShadowModels,
    SimA,
    SimAMonteCarlo,
    score_over_timesteps,
    score_part,
)
from helpers.data import LabelledPart, MembershipSplit
from helpers.denoisers import Denoiser
from helpers.latent import LatentDenoiser
from helpers.metrics import calibrated_timestep, evaluate
from helpers.standings import League, Row

TIMESTEPS = (10, 20, 40, 60, 100, 200)
DECIDING = ("data", "denoisers", "league", "metrics", "schedule")  # modules, beside those of the attacks
CHOSEN_ON = 100  # images of each kind, of the calibration part, on which a timestep is chosen
SCORES = Path(__file__).parent / "scores" / "league"
MODELS = tuple(f"ddpm-{data}{point}" for data in ("digits", "fashion") for point in ("-early", "", "-late"))


@dataclass(frozen=True)
class Entry:
    """An attack, and the timesteps that it may choose from; with none it is taken as it is, or at another attack's timestep."""

    attack: Attack
    timesteps: tuple[int, ...] = TIMESTEPS
    timestep_of: str = ""
    weights: tuple[str, ...] = ()  # checksums of what else decides the scores


def entries(dataset: str) -> dict[str, Entry]:
    """The attacks of the table, by the name they have there; the likelihood ratio brings the data set's shadow models."""
    return {
        "SimA": Entry(SimA()),
        "SimA-MC (norm of mean)": Entry(SimAMonteCarlo(draws=4, order="norm_of_mean")),
        "SimA-MC (mean of norms)": Entry(SimAMonteCarlo(draws=4)),
        "Loss": Entry(Loss()),
        "Loss, 4 draws": Entry(Loss(draws=4)),
        "SecMI": Entry(SecMI()),
        "SecMI-NN": Entry(SecMINN(), (), timestep_of="SecMI"),
        "PIA": Entry(PIA()),
        "PIAN": Entry(PIAN()),
        "PFAMI": Entry(PFAMI(timesteps=tuple(range(0, 500, 100)), crops=PFAMI().crops[::2]), ()),
        "ReDiffuse": Entry(ReDiffuse(draws=5)),
        "GSA": Entry(GSA(), ()),
        "LiRA": Entry(
            LiRA(shadows=shadows(dataset)), weights=tuple(zoo.provenance(name)["sha256"] for name in shadow_names(dataset))
        ),
        "data only": Entry(DataOnly(), ()),
    }


def shadow_names(dataset: str) -> list[str]:
    """The committed shadow models of the likelihood ratio for a data set."""
    return [name for name in zoo.COMMITTED if name.startswith(f"ddpm-{dataset}-lira-")]


def shadows(dataset: str) -> ShadowModels:
    """The committed shadow models for a data set."""
    names = shadow_names(dataset)
    split = zoo.split_for(zoo.recipe(names[0]))
    trained_on = torch.stack([split.candidate_half(zoo.candidate_index(zoo.recipe(name))) for name in names])
    return ShadowModels([zoo.load(name) for name in names], split.candidates, trained_on)


def contest(entry: Entry, denoiser: Denoiser, split: MembershipSplit, chosen_on: int = CHOSEN_ON) -> Row:
    """Choose (on `chosen_on` images of each kind) and learn on the calibration part, score the evaluation part."""
    attack, part = entry.attack, split.calibration
    if entry.timesteps:
        few = LabelledPart(part.members[:chosen_on], part.held_out[:chosen_on])
        scores = score_over_timesteps(attack, denoiser, few, entry.timesteps)
        attack = replace(attack, timestep=calibrated_timestep(*scores, entry.timesteps))
    if isinstance(attack, LearnedAttack):
        attack = attack.fit(denoiser, part)
    members, held_out = (scores.double().cpu().numpy() for scores in score_part(attack, denoiser, split.evaluation))
    return Row(members, held_out, getattr(attack, "timestep", None), attack.queries)


def calibrated_fraction(attack: Attack, denoiser: LatentDenoiser, part: LabelledPart, fractions: Sequence[float]) -> float:
    """The fraction with the highest AUC on a *calibration* part; ties go to the largest.

    Args:
        attack: an `Influential`, whose fraction is replaced, or what it could wrap.
        part: ``split.calibration``, never the images that are reported on.
        fractions: candidates, each in (0, 1].

    Raises:
        ValueError: no fraction, or one out of range.
    """
    if not len(fractions):
        raise ValueError("fractions must hold at least one fraction in (0, 1], got none")
    ordered = sorted(fractions, reverse=True)
    whole = attack if isinstance(attack, Influential) else Influential(attack, 1.0)
    parts = [score_part(replace(whole, fraction=f), denoiser, part) for f in ordered]
    auc = [evaluate(members, held_out, bootstrap=0).auc for members, held_out in parts]
    return float(ordered[int(np.argmax(auc))])


def run(models: Sequence[str] = MODELS, folder: Path = SCORES, progress: bool = True) -> League:
    """Let every attack meet every model of the zoo. What is in `folder` already is not computed again.

    Raises:
        ValueError: an unknown model, or one whose weights are not those of its recipe.
    """
    known = {dataset: entries(dataset) for dataset in {zoo.recipe(model).dataset for model in models}}
    rows: dict[tuple[str, str], Row] = {}
    bar = tqdm(total=sum(len(known[zoo.recipe(model).dataset]) for model in models), desc="league", disable=not progress)
    for model in models:
        denoiser, split = zoo.load(model), zoo.split_for(zoo.recipe(model))
        for name, entry in known[zoo.recipe(model).dataset].items():
            bar.set_postfix_str(f"{model}: {name}")
            if entry.timestep_of:
                entry = replace(entry, attack=replace(entry.attack, timestep=rows[model, entry.timestep_of].timestep))
            key = json.dumps([zoo.recipe(model).to_json(), zoo.provenance(model)["sha256"], repr(entry), fingerprint()])
            path = folder / f"{model}-{hashlib.sha256(name.encode()).hexdigest()[:8]}.npz"
            row = _read(path, key)
            if row is None:
                row = contest(entry, denoiser, split)
                _write(row, path, key)
            rows[model, name] = row
            bar.update()
    bar.close()
    return League(rows)


@cache
def fingerprint() -> str:
    """Of all code that decides a score; comments and layout do not count."""
    here = Path(__file__).parent
    files = [*sorted((here / "attacks").glob("*.py")), *(here / f"{name}.py" for name in DECIDING)]
    digest = hashlib.sha256()
    for file in files:
        digest.update(ast.dump(ast.parse(file.read_text())).encode())
    return digest.hexdigest()


def _write(row: Row, path: Path, key: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp.npz")
    timestep = -1 if row.timestep is None else row.timestep
    np.savez(temporary, members=row.members, held_out=row.held_out, numbers=[timestep, row.queries], key=key)
    os.replace(temporary, path)


def _read(path: Path, key: str) -> Row | None:
    """The stored row, or None where there is none, or one of another attack or model."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            if str(stored["key"]) != key:
                return None
            timestep, queries = (int(v) for v in stored["numbers"])
            return Row(stored["members"], stored["held_out"], None if timestep < 0 else timestep, queries)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None


if __name__ == "__main__":
    try:
        run(sys.argv[1:] or MODELS)
    except (ValueError, FileNotFoundError) as error:
        sys.exit(f"error: {error}")
