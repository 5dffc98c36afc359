"""Which model and which images is a report about? Hashes that change with the content and with nothing else."""

import hashlib
import json
from pathlib import Path

from helpers.folders import ImageFolder


def hash_folder(folder: Path) -> str:
    """SHA-256 of the names and contents of a model's files."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".safetensors", ".json", ".txt")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def hash_images(folder: ImageFolder) -> str:
    """SHA-256 of names, captions and pixels, as the model gets them."""
    digest = hashlib.sha256(json.dumps([folder.names, folder.captions]).encode())
    digest.update(folder.images.numpy().tobytes())
    return digest.hexdigest()
