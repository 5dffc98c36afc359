"""What is kept of an experiment, when its weights are not?

One small compressed file with the scores of every attack on the evaluation part, the quality of reconstructions and samples,
a few pictures, and where all of it came from.
"""

import json
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from helpers.errors import InvalidInput, MissingFile
from helpers.evaluation.row import Row
from helpers.files import replacing
from helpers.training.experiment_recipes import experiment

OUTCOMES = Path(__file__).parent / "scores"


@dataclass(frozen=True)
class Outcome:
    """The measurements of one experiment.

    ``about`` holds the experiment (its JSON), version, seconds, "failed": why the run has no scores, or "", and of one that
    has them device and final_loss. ``quality`` holds psnr and ssim (means over held-out images, and those of members with a
    prefix ``member_``), and what `helpers.evaluation.quality.SampleQuality` holds. ``rows`` are by (attack, "mean" or
    "sample" of the posterior attacked). ``pictures`` are uint8 (k, h, w), in colour (k, 3, h, w): "originals",
    "reconstructions", "samples".
    """

    about: dict[str, object]
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def failed(self) -> str:
        return str(self.about["failed"])


def save_outcome(name: str, outcome: Outcome, folder: Path = OUTCOMES) -> Path:
    """Write all or nothing to folder/NAME.npz."""
    rows = [[attack, latents, row.timestep, row.queries] for (attack, latents), row in outcome.rows.items()]
    arrays = {
        f"scores.{i}.{j}": s.astype(np.float32)
        for i, r in enumerate(outcome.rows.values())
        for j, s in enumerate((r.members, r.held_out))
    }
    arrays |= {f"pictures.{key}": value for key, value in outcome.pictures.items()}
    text = json.dumps({"about": outcome.about, "quality": outcome.quality, "rows": rows})
    path = folder / f"{name}.npz"
    with replacing(path) as temporary:
        np.savez_compressed(temporary, text=text, **arrays)  # type: ignore[arg-type]  # none is called allow_pickle
    return path


def load_outcome(name: str, folder: Path = OUTCOMES, recipe: str = "", again: str = "") -> Outcome:
    """The stored outcome of an experiment.

    Args:
        recipe: the JSON of what the outcome must be of; by default the experiment's of that name.
        again: what to do where there is none; by default what an experiment or a study needs.

    Raises:
        ValueError: unknown experiment, the outcome of another recipe, or a corrupted file.
        FileNotFoundError: not run yet; the message says how to.
    """
    wanted, path = recipe or experiment(name).to_json(), folder / f"{name}.npz"
    usual = f"python -m helpers maintain study {folder.name}" if folder.parent == OUTCOMES else f"make retrain RECIPE={name}"
    again = again or f"run `{usual}`"
    if not path.exists():
        raise MissingFile(f"no scores of {name} at {path}; {again}")
    outcome = read_outcome(path, again)
    if outcome.about["experiment"] != wanted:
        raise InvalidInput(f"scores {path} belong to another recipe ({outcome.about['experiment']}); {again}")
    return outcome


def read_outcome(path: Path, again: str = "make them anew") -> Outcome:
    """The outcome in a file, of whatever recipe.

    Args:
        again: what to do where it cannot be read.

    Raises:
        ValueError: a corrupted file.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            text = json.loads(str(stored["text"]))
            rows = {
                (attack, latents): Row(stored[f"scores.{i}.0"], stored[f"scores.{i}.1"], timestep, queries)
                for i, (attack, latents, timestep, queries) in enumerate(text["rows"])
            }
            if "experiment" not in text["about"]:
                raise KeyError("experiment")
            quality = text["quality"]
            pictures = {key.removeprefix("pictures."): stored[key] for key in stored.files if key.startswith("pictures.")}
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(f"scores {path} are corrupted ({error}); {again}") from error
    return Outcome(text["about"], rows, quality, pictures)


def is_done(name: str, folder: Path = OUTCOMES, recipe: str = "") -> bool:
    """Are the scores of this very experiment there? See `load_outcome`."""
    try:
        load_outcome(name, folder, recipe)
    except (FileNotFoundError, ValueError):
        return False
    return True
