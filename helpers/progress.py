"""What has been measured already, when a long measurement is interrupted?"""

import json
import os
import time
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

EVERY = 2.0  # seconds between two writes: what a killed run has to do again


class Ledger:
    """Arrays by name, kept in one file that is written under a temporary name and then renamed.

    Args:
        path: of the file. One with another key is of another measurement, and is begun anew.
        key: what the arrays depend on.
    """

    def __init__(self, path: Path, key: Mapping[str, str]):
        self.path, self.key, self.known = path, json.dumps(dict(key), sort_keys=True), {}
        self._written = time.monotonic()
        try:
            with np.load(path, allow_pickle=False) as stored:
                if str(stored["key"]) == self.key:
                    self.known = {name: stored[name] for name in stored.files if name != "key"}
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error):
            pass  # not there, or damaged: everything is measured again

    def get(self, name: str, measure: Callable[[], np.ndarray]) -> np.ndarray:
        """The array of that name; what is not known is measured, and written down soon."""
        if name not in self.known:
            self.known[name] = measure()
            if time.monotonic() - self._written > EVERY:
                self.save()
        return self.known[name]

    def save(self) -> None:
        """Write all or nothing."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez(temporary, key=self.key, **self.known)
        os.replace(temporary, self.path)
        self._written = time.monotonic()
