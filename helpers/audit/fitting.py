"""At which size is a model asked that does not say it itself?"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image

from helpers.data.containers import contents
from helpers.models.pretrained import LoadedModel, Source
from helpers.models.pretrained.sizes import UnknownSize

LOOKED_AT = 200  # files of each folder


def load_for(source: Source, places: Sequence[str | Path], device: str | torch.device) -> LoadedModel:
    """The model; one whose config names no size is asked at that of most of the images in these places, and a note says so.

    Raises:
        FileNotFoundError, ValueError: as `Source.load`, or no such place.
    """
    try:
        return source.load(device)
    except UnknownSize:
        size = commonest_size(places)
        if size is None:
            raise
    loaded = replace(source, size=size).load(device)
    loaded.notes.append(f"its config names no size; it was asked at {size[0]} x {size[1]}, the size of most of the images")
    return loaded


def commonest_size(places: Sequence[str | Path]) -> tuple[int, int] | None:
    """(h, w) of most images in some folders, as their headers say; None where there is no image."""
    found: Counter[tuple[int, int]] = Counter()
    for place in places:
        for source in list(contents(Path(place)).files.values())[:LOOKED_AT]:
            try:
                with source.open() as file, Image.open(file) as image:
                    found[image.height, image.width] += 1
            except Exception:  # whatever is wrong with it is named when the folder is read
                continue
    return found.most_common(1)[0][0] if found else None
