"""What has been measured already, when a long measurement is interrupted?"""

import hashlib
import json
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from helpers.data.folders import ImageFolder
from helpers.files import replacing
from helpers.models.pretrained import LoadedModel

EVERY = 2.0  # seconds between two writes: what a killed run has to do again


class Ledger:
    """Arrays by name, kept in one file that is written under a temporary name and then renamed.

    Args:
        path: of the file. One with another key is of another measurement, and is begun anew.
        key: what the arrays depend on.
        every: seconds between two writes.
    """

    def __init__(self, path: Path, key: Mapping[str, str], every: float = EVERY):
        self.path, self.key, self.known, self.every = path, json.dumps(dict(key), sort_keys=True), {}, every
        self._written = time.monotonic()
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["key"]) == self.key:
                    self.known = {name: stored[name] for name in stored.files if name != "key"}
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
            pass  # not there, or damaged: everything is measured again

    def get(self, name: str, measure: Callable[[], np.ndarray], length: int | None = None) -> np.ndarray:
        """The array of that name; what is not known is measured, and written down soon.

        Args:
            length: of the array; one of another shape, or with a number that is not finite, counts as not known.
        """
        if name not in self.known or not _is_whole(self.known[name], length):
            self.known[name] = measure()
            if time.monotonic() - self._written > self.every:
                self.save()
        return self.known[name]

    def save(self) -> None:
        """Write all or nothing."""
        with replacing(self.path) as temporary:
            np.savez(temporary, key=self.key, **self.known)
        self._written = time.monotonic()


def _is_whole(array: np.ndarray, length: int | None) -> bool:
    return length is None or (
        array.shape == (length,) and np.issubdtype(array.dtype, np.number) and bool(np.isfinite(array).all())
    )


def hash_model(model: LoadedModel) -> str:
    """SHA-256 of every byte that was read of a model, and of how it was read: all that decides a score apart from the images."""
    digest = hashlib.sha256(json.dumps([model.kind, model.settings], sort_keys=True).encode())
    for path in model.files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
        digest.update(f"{path.parent.name}/{path.name}".encode())
    return digest.hexdigest()


def hash_images(folder: ImageFolder) -> str:
    """SHA-256 of names, captions and pixels, as the model gets them."""
    digest = hashlib.sha256(json.dumps([folder.names, folder.captions]).encode())
    digest.update(folder.images.numpy().tobytes())
    return digest.hexdigest()
