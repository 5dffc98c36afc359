"""Which files does a page load to run networks, and how large are they?

In a page they come from its site; in a notebook the kernel sends them.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anywidget

from helpers.widgets.source import WIDGETS_FOLDER

RUNTIMES = {
    kind: [WIDGETS_FOLDER / "runtime" / f"{stem}.{ending}" for ending in ("mjs", "wasm")]
    for kind, stem in (("wasm", "ort"), ("webgpu", "ort-gpu"))
}


def described(path: Path) -> dict[str, Any]:
    """A network's file and its checksum, as engine.js has them."""
    return {"model": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def download(networks: Sequence[Path]) -> dict[str, int]:
    """Bytes of all that there is to load, by what it runs on."""
    return {kind: sum(path.stat().st_size for path in [*parts, *networks]) for kind, parts in RUNTIMES.items()}


class RunsNetworks(anywidget.AnyWidget):
    """A widget whose networks run in the page, once a reader asks for them."""

    def serve(self, networks: Sequence[Path]) -> None:
        """Answer a notebook's requests for these files, and for those of the runtime."""
        self._files = {path.name: path for path in [*networks, *RUNTIMES["wasm"], *RUNTIMES["webgpu"]]}
        self.on_msg(self._send_file)

    def _send_file(self, _: object, content: dict, buffers: list) -> None:
        """Answer a request for one of the files, and for no other."""
        if content.get("file") in self._files:
            self.send({"file": content["file"]}, [self._files[content["file"]].read_bytes()])
