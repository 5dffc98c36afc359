"""Which model is meant, and how is it to be read?"""

from dataclasses import dataclass
from pathlib import Path

import torch

from helpers.errors import InvalidInput
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.open import load_pipeline

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


@dataclass(frozen=True)
class Source:
    """A model on disk, to be read as `load_pipeline` reads it with these arguments.

    Args:
        dtype: the name of one of DTYPES.

    Raises:
        ValueError: another dtype.
    """

    path: Path
    size: int | tuple[int, int] | None = None
    dtype: str = "float32"
    variant: str | None = None
    base: Path | None = None
    lora: Path | None = None
    ignore_lora: bool = False

    def __post_init__(self):
        if self.dtype not in DTYPES:
            raise InvalidInput(f"dtype must be one of {', '.join(DTYPES)}, got {self.dtype!r}")

    def load(self, device: str | torch.device = "cpu") -> LoadedModel:
        """The model; raises what `load_pipeline` raises."""
        dtype, where = DTYPES[self.dtype], (self.path, device, self.size)
        return load_pipeline(*where, dtype, self.variant, self.base, self.lora, self.ignore_lora)

    def __str__(self) -> str:
        also = {"with": self.lora, "base": self.base}
        return ", ".join([str(self.path), *(f"{name} {path}" for name, path in also.items() if path)])


def source_of(model: "str | Path | Source") -> Source:
    """The source itself, or one that is a path and nothing else."""
    return model if isinstance(model, Source) else Source(Path(model))
