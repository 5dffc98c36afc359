"""How is a result written so that nobody ever reads half of it, how does a pixel become 8 bits, and a long list one line?

A file is written under a temporary name in its own folder and renamed when it is complete: whoever opens it finds the old
content or the new. An interrupted writer leaves nothing that anybody takes for a result.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path to write to; renamed over `path` when the block ends, removed when it fails.

    Its folder is made. The temporary name keeps the suffix, by which some writers choose a format, and starts with a dot.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def to_8_bits(images: Tensor) -> np.ndarray:
    """Images of any shape in [-1, 1] as uint8, 0 to 255; what lies outside is clamped, as a screen would."""
    return ((images.detach().cpu() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).numpy()


def folded(names: Sequence[object], most: int = 3) -> str:
    """Names for one line: "a, b, c and 522 more"."""
    shown, rest = ", ".join(str(name) for name in names[:most]), len(names) - most
    return f"{shown} and {rest:,} more" if rest > 0 else shown
