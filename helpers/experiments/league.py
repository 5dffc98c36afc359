"""Which attack wins, on which model, at what cost?

Every attack meets every model on one footing: what it has to choose (a timestep) or to learn (a classifier) it chooses
and learns on the *calibration* part of the split; its figures come from the *evaluation* part, the same images for all.
The scores come with the book. They are used only if model, entry and code are, to the letter, those that made them, and
are played anew otherwise: ``python -m helpers maintain league MODEL ...`` plays a part of the league, so that several
processes can share the work.
"""

import hashlib
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.attacks import ShadowModels, registry
from helpers.attacks.registered import Registered
from helpers.data.splits import MembershipSplit
from helpers.errors import InvalidInput, MissingFile
from helpers.evaluation.results import League
from helpers.evaluation.row import Row
from helpers.experiments.contest import CALIBRATION_TIMESTEPS, Entry, contest
from helpers.files import replacing
from helpers.fingerprints import fingerprint
from helpers.models.denoisers import Denoiser
from helpers.training.book_recipes import BOOK_RECIPES, candidate_index, recipe, split_for
from helpers.zoo.pixel_models import PIXEL_WEIGHTS, load, provenance

LEAGUE_SCORES = Path(__file__).parent / "scores" / "league"
LEAGUE_MODELS = tuple(f"ddpm-{data}{point}" for data in ("digits", "fashion") for point in ("-early", "", "-late"))
# The weights of shadow models that do not come with the book, by which its scores were made.
LEFT_OUT_SHADOWS = {
    "ddpm-fashion-lira-0": "6f34b87248e52e021c4d835d6595420fd38136c7814d19b97a53afc8a47b3cc4",
    "ddpm-fashion-lira-1": "65ded89b732d8f60aee6feb86d9dc8b3e43fce4961b6dd46d70262f19e9c301d",
    "ddpm-fashion-lira-2": "6edd94f6a58ace78b867b5c1c7adfe517e8186a145a2d2628ae671cc668924fe",
    "ddpm-fashion-lira-3": "9411f35a31b11edd26b5120d9640b6ca3d52415e92a8cffac82f9b030e341dc7",
}


@dataclass(frozen=True)
class Absent:
    """Stands for a shadow model whose weights are not here: whoever asks it learns how to train them."""

    advice: str

    @property
    def alphas_cumprod(self) -> Tensor:
        raise MissingFile(self.advice)

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        raise MissingFile(self.advice)


def entries(dataset: str) -> dict[str, Entry]:
    """The attacks of the table, by the name they have there; the likelihood ratio brings the data set's shadow models."""
    return {name: _entry(known, dataset) for name, known in _playing().items()}


def _playing() -> dict[str, Registered]:
    return {name: known for name, known in registry.ATTACKS.items() if known.league and known.plays_on_pixels}


def _entry(known: Registered, dataset: str) -> Entry:
    timesteps = CALIBRATION_TIMESTEPS if known.has_timestep and not known.timestep_of else ()
    if "shadow models" not in known.needs:
        return Entry(known.made(), timesteps, known.timestep_of)
    names = shadow_names(dataset)
    left_out = LEFT_OUT_SHADOWS.keys() & _missing(names)
    checksums = tuple(LEFT_OUT_SHADOWS[name] if name in left_out else provenance(name)["sha256"] for name in names)
    return Entry(known.made(_shadows_or_advice(names)), timesteps, known.timestep_of, checksums)


def shadow_names(dataset: str) -> list[str]:
    """The shadow models of the likelihood ratio for a data set."""
    return [name for name in BOOK_RECIPES if name.startswith(f"ddpm-{dataset}-lira-")]


def shadows(dataset: str, names: Sequence[str] | None = None, weights: Path = PIXEL_WEIGHTS) -> ShadowModels:
    """The shadow models for a data set: those of these names, by default all of the book's.

    Raises:
        ValueError: no name.
        FileNotFoundError: weights that do not come with the book; the message says how to train them.
    """
    names = shadow_names(dataset) if names is None else names
    if not names:
        raise InvalidInput(f"there must be at least one shadow model of {dataset!r}, got none")
    if missing := _missing(names, weights):
        raise MissingFile(_advice(missing))
    return _shadows_or_advice(names, weights)


def _missing(names: Sequence[str], weights: Path = PIXEL_WEIGHTS) -> list[str]:
    return [name for name in names if not (weights / f"{name}.safetensors").exists()]


def _advice(names: Sequence[str]) -> str:
    wanted = " ".join(names)
    return f'these shadow models of LiRA do not come with the book; run `make retrain RECIPE="{wanted}"` to train them'


def _shadows_or_advice(names: Sequence[str], weights: Path = PIXEL_WEIGHTS) -> ShadowModels:
    """Whose scores hold needs no shadow models, so that those that are not here are missed when they are asked."""
    missing, split = _missing(names, weights), split_for(recipe(names[0]))
    indices = [candidate_index(recipe(name)) for name in names]
    trained_on = torch.stack([split.candidate_half(index) for index in indices if index is not None])
    denoisers = [Absent(_advice(missing)) if name in missing else load(name, weights) for name in names]
    return ShadowModels(denoisers, split.candidates, trained_on)


def play(
    models: Sequence[str] = LEAGUE_MODELS,
    folder: Path = LEAGUE_SCORES,
    progress: bool = True,
    entries: Callable[[str], Mapping[str, Entry]] = entries,
    meet: Callable[[Entry, Denoiser, MembershipSplit], Row] = contest,
    weights: Path = PIXEL_WEIGHTS,
) -> League:
    """Let every attack meet every model of the zoo. What is in `folder` already is not computed again.

    Args:
        entries: data set -> the attacks that play.
        meet: how one attack meets one model.
        weights: folder of the models.

    Raises:
        ValueError: an unknown model, or one whose weights are not those of its recipe.
    """
    known = {dataset: entries(dataset) for dataset in {recipe(model).dataset for model in models}}
    rows: dict[tuple[str, str], Row] = {}
    bar = tqdm(total=sum(len(known[recipe(model).dataset]) for model in models), desc="league", disable=not progress)
    for model in models:
        denoiser, split = load(model, weights), split_for(recipe(model))
        for name, entry in known[recipe(model).dataset].items():
            bar.set_postfix_str(f"{model}: {name}")
            entry, key = _prepared(entry, model, rows, weights)
            row = _read(_path(folder, model, name), key)
            if row is None:
                row = meet(entry, denoiser, split)
                _write(row, _path(folder, model, name), key)
            rows[model, name] = row
            bar.update()
    bar.close()
    return League(rows)


def stored(models: Sequence[str] = LEAGUE_MODELS, folder: Path = LEAGUE_SCORES) -> League:
    """The league as it lies in a folder. It loads no model, so that it cannot say whether the scores hold: `outdated` does.

    Raises:
        FileNotFoundError: scores that are not there.
    """
    rows = {}
    for model in models:
        for name in _playing():
            row = _read(_path(folder, model, name))
            if row is None:
                raise MissingFile(f"no scores of {name} on {model} in {folder}; run `python -m helpers maintain league {model}`")
            rows[model, name] = row
    return League(rows)


def outdated(models: Sequence[str] = LEAGUE_MODELS, folder: Path = LEAGUE_SCORES) -> list[tuple[str, str]]:
    """(model, attack) of those scores that do not hold any more, so that `play` would compute them.

    An attack that takes over another's timestep is outdated where the other is.
    """
    rows: dict[tuple[str, str], Row] = {}
    found = []
    for model in models:
        for name, entry in entries(recipe(model).dataset).items():
            if entry.timestep_of and (model, entry.timestep_of) not in rows:
                found.append((model, name))
                continue
            _, key = _prepared(entry, model, rows)
            row = _read(_path(folder, model, name), key)
            if row is None:
                found.append((model, name))
            else:
                rows[model, name] = row
    return found


def _prepared(entry: Entry, model: str, rows: Mapping[tuple[str, str], Row], weights: Path = PIXEL_WEIGHTS) -> tuple[Entry, str]:
    """The entry at the timestep that it takes over, if it does; and the text of all that decides its scores."""
    if entry.timestep_of:
        entry = replace(entry, attack=replace(entry.attack, timestep=rows[model, entry.timestep_of].timestep))
    code = fingerprint(type(entry.attack).__module__, "helpers.experiments.contest")
    return entry, json.dumps([recipe(model).to_json(), provenance(model, weights)["sha256"], repr(entry), code])


def _path(folder: Path, model: str, attack: str) -> Path:
    return folder / f"{model}-{hashlib.sha256(attack.encode()).hexdigest()[:8]}.npz"


def _write(row: Row, path: Path, key: str) -> None:
    timestep = -1 if row.timestep is None else row.timestep
    with replacing(path) as temporary:
        np.savez(temporary, members=row.members, held_out=row.held_out, numbers=[timestep, row.queries], key=key)


def _read(path: Path, key: str = "") -> Row | None:
    """The stored row, or None where there is none, or (unless the key is empty) one of another attack or model."""
    try:
        with np.load(path, allow_pickle=False) as file:
            if key and str(file["key"]) != key:
                return None
            timestep, queries = (int(v) for v in file["numbers"])
            return Row(file["members"], file["held_out"], None if timestep < 0 else timestep, queries)
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return None
