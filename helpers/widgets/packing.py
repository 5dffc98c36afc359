"""How do many numbers fit into a page? Rounded to 65,536 levels between the smallest and the largest of their row."""

import numpy as np

from helpers.errors import InvalidInput

LEVELS = 65_535


def pack(rows: np.ndarray) -> tuple[bytes, list[list[float]]]:
    """Rows (k, n) as uint16, and for each row the [low, step] that give a number back: low + step · level.

    Raises:
        ValueError: not two dimensions, or a number that is not finite.
    """
    rows = np.asarray(rows, dtype=float)
    if rows.ndim != 2 or not np.isfinite(rows).all():
        raise InvalidInput(f"rows must be finite numbers (k, n), got shape {rows.shape}")
    low = rows.min(1)
    step = np.where(np.ptp(rows, axis=1) > 0, np.ptp(rows, axis=1) / LEVELS, 1.0)
    levels = ((rows - low[:, None]) / step[:, None]).round().astype("<u2")
    return levels.tobytes(), np.stack([low, step], 1).tolist()


def to_signed_bytes(values: np.ndarray, limit: float) -> bytes:
    """Numbers of any shape as uint8, 0 for -limit and 255 for limit; what lies outside is clamped.

    Raises:
        ValueError: a number that is not finite.
    """
    values = np.asarray(values, dtype=float)
    if not np.isfinite(values).all():
        raise InvalidInput("values must be finite numbers, got NaN or infinity")
    return ((values / limit + 1) * 127.5).round().clip(0, 255).astype(np.uint8).tobytes()


def unpack(levels: bytes, scales: list[list[float]]) -> np.ndarray:
    """What `pack` packed, (k, n), as a page reads it."""
    low, step = np.array(scales).T
    return low[:, None] + step[:, None] * np.frombuffer(levels, "<u2").reshape(len(scales), -1)
