"""Can a file of weights be trusted?

Weights are safetensors, never pickle: reading one cannot run code. Beside the tensors stands the recipe that made them and
their checksum, and both are compared before a tensor is used.
"""

import hashlib
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from helpers.errors import InvalidInput, MissingFile


def checksum(tensors: dict[str, Tensor]) -> str:
    """The SHA-256 of names and values, in any order of the tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def read_weights(path: Path, again: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of a safetensors file.

    Args:
        again: how to make the file, for the messages.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a corrupted one.
    """
    if not path.exists():
        raise MissingFile(f"no weights for {path.stem} at {path}; {again}")
    try:
        with safe_open(path, "pt") as file:
            return file.metadata() or {}, {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InvalidInput(f"weights {path} are corrupted ({error}); {again}") from error


def checked_weights(path: Path, recipe: str, again: str) -> tuple[dict[str, str], dict[str, Tensor]]:
    """Metadata and tensors of a file whose recipe is, byte for byte, this one.

    Args:
        recipe: its canonical text.
        again: how to make the file anew, for messages.

    Raises:
        ValueError: weights of another recipe, or a corrupted file.
        FileNotFoundError: no such file.
    """
    metadata, tensors = read_weights(path, again)
    if metadata.get("recipe") != recipe:
        raise InvalidInput(f"weights {path} belong to another recipe ({metadata.get('recipe')}); {again}")
    if metadata.get("sha256") != checksum(tensors):
        raise InvalidInput(f"weights {path} are corrupted (checksum differs); {again}")
    return metadata, tensors


def how_to_train(name: str) -> str:
    """What to do about weights that are not there, or not those of the recipe."""
    return f"run `make retrain RECIPE={name}` to train them anew"
