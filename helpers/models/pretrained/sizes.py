"""At which size is a network asked?"""

from typing import Any

from helpers.errors import InvalidInput


class UnknownSize(InvalidInput):
    """A network whose config does not say how large its images are, as diffusers leaves it by default."""


def as_pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """(h, w) of a size.

    Raises:
        ValueError: no positive integers.
    """
    pair = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2 or not all(isinstance(side, int) and side > 0 for side in pair):
        raise InvalidInput(f"size must be a number of pixels, or (height, width), got {size!r}")
    return pair


def network_size(network: Any, name: str, size: tuple[int, int] | None, multiple: int = 1) -> tuple[int, int]:
    """(h, w) of what a network denoises: the size that is asked for, else the ``sample_size`` of its config.

    Args:
        multiple: of which both sides must be.

    Raises:
        ValueError: a network without a size where none is asked for (`UnknownSize`), or sides that it cannot work on.
    """
    if size is None:
        own = network.config.sample_size
        if own is None:
            raise UnknownSize(f"{name}: its config has no sample_size; say how large the images are with size= (--size)")
        size = as_pair(own if isinstance(own, int) else tuple(own))
    if size[0] % multiple or size[1] % multiple:
        raise InvalidInput(f"{name}: works on sides that are multiples of {multiple}, got {size[0]} x {size[1]}")
    return size
