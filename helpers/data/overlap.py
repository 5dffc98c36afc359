"""Are these two folders really two?

One folder given twice, or one inside the other, would make every image member and held-out at once.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tqdm.auto import tqdm

from helpers.data.containers import contents
from helpers.data.listing import Source
from helpers.errors import InvalidInput
from helpers.files import folded

MOST_SHARED = 0.5  # of the files of the smaller of two folders


def compare_folders(
    first: str | Path, second: str | Path, names: tuple[str, str] = ("members", "held-out"), progress: bool = False
) -> None:
    """Refuse two places, folders or other containers, that hold the same images. No image is decoded.

    Only files of equal size are read, and compared by their content; their names do not matter. A few files in both are no
    error: whoever reads them finds the equal pixels.

    Args:
        names: what the two are called in the error.

    Raises:
        ValueError: it is one place, one lies inside the other, or more than half of the files of one are in the other, too.
        FileNotFoundError: one of them is not there.
    """
    places = Path(first), Path(second)
    resolved = [place.resolve() for place in places]
    if resolved[0] == resolved[1]:
        raise InvalidInput(f"{names[0]} and {names[1]} are the same folder, {places[0]}; give two different ones")
    for inner, outer in ((0, 1), (1, 0)):
        if resolved[outer] in resolved[inner].parents:
            raise InvalidInput(
                f"{names[inner]} ({places[inner]}) lies inside {names[outer]} ({places[outer]}), and so each of its images is "
                "in both; move it out"
            )
    files = contents(places[0]).files, contents(places[1]).files
    shared = _shared(*files, progress)
    n, smaller = min((len(f), i) for i, f in enumerate(files))
    if n and len(shared[smaller]) > MOST_SHARED * n:
        if len(shared[smaller]) == len(files[1 - smaller]) == n:
            raise InvalidInput(f"{names[0]} and {names[1]} hold the same {n:,} files; give two different folders")
        raise InvalidInput(
            f"{len(shared[smaller]):,} of the {n:,} files of {names[smaller]} are also in {names[1 - smaller]} "
            f"({folded(shared[smaller])}); take them out of one"
        )


def _shared(first: Mapping[str, Source], second: Mapping[str, Source], progress: bool) -> tuple[list[str], list[str]]:
    """Names of the files of each whose content is also among the other's; files of an unknown size are not looked at."""
    sizes = {s.size for s in first.values()} & {s.size for s in second.values()} - {0}
    digests: tuple[dict[str, list[str]], dict[str, list[str]]] = defaultdict(list), defaultdict(list)
    candidates = [(into, name, s) for into, of in zip(digests, (first, second), strict=True) for name, s in of.items()]
    candidates = [candidate for candidate in candidates if candidate[2].size in sizes]
    for into, name, source in tqdm(candidates, desc="comparing the folders", disable=not progress, leave=False):
        try:
            into[_digest(source)].append(name)
        except Exception:  # what cannot be read is left out, and named, by whoever reads the images
            continue
    both = digests[0].keys() & digests[1].keys()
    names = [sorted(name for key in both for name in of[key]) for of in digests]
    return names[0], names[1]


def _digest(source: Source) -> str:
    with source.open() as file:
        return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
