"""Where do the figures of a report come from?"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import diffusers
import torch

from helpers import __version__


def provenance(paths: Mapping[str, str | Path], denoiser: Any, device: str, seconds: float) -> dict[str, str]:
    """Model and folders as they were given, precision, device, versions, duration and date, in words."""
    network = getattr(denoiser, "unet", None)
    return {
        "model": str(paths["model"]),
        "members": Path(paths["members"]).name,
        "held-out": Path(paths["held_out"]).name,
        "device": _device(device),
        "precision": str(getattr(network, "dtype", torch.float32)).removeprefix("torch."),
        "software": f"the-denoiser-remembers {__version__}, torch {torch.__version__}, diffusers {diffusers.__version__}",
        "duration": f"{seconds:.0f} s",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def _device(name: str) -> str:
    kind = torch.device(name)
    return f"{name} ({torch.cuda.get_device_name(kind)})" if kind.type == "cuda" else name
