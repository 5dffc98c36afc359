"""What does a place hold that may be images: a folder, an archive, a table, a saved data set?

The same images are read alike wherever they lie.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from PIL import Image

from helpers.data.captions import METADATA, describe
from helpers.data.listing import Listing, Source, is_archive, list_archive, list_folder
from helpers.data.tables import SAVED_SPLITS, TABLES, Rows, is_parquet, is_saved, parquet_images, paths_in, saved_images
from helpers.errors import InvalidInput, MissingFile

INSIDE = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".parquet")  # what may hold images inside a folder


@dataclass
class Contents:
    """Files that may be images, by name, sorted; what is said about them; what is none; and sentences about the whole.

    Args:
        beside: image -> the text file that holds its caption.
    """

    files: dict[str, Source] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def contents(path: Path) -> Contents:
    """What a place holds.

    It may be a folder, a .zip, a .tar (.gz, .bz2, .xz), a .parquet, a .csv, .tsv or .jsonl of paths, or a data set that
    `save_to_disk` wrote. A folder without images but with archives or parquet files is read as all of them.

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: it is a file of another kind, or cannot be read.
    """
    try:
        if path.is_dir():
            return _folder(path)
        if path.is_file():
            return _file(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror or error}") from error
    raise MissingFile(f"no folder {path}")


def _file(path: Path) -> Contents:
    if is_parquet(path):
        return _of_rows(parquet_images(path))
    if path.suffix.lower() in TABLES:
        return _of_rows(paths_in(path))
    if is_archive(path):
        return _of_listing(list_archive(path))
    raise InvalidInput(f"{path.name} is no folder, zip, tar, parquet, csv, tsv or jsonl; give the folder of the images")


def _folder(path: Path) -> Contents:
    if is_saved(path):
        return _of_rows(saved_images(path))
    if (path / SAVED_SPLITS).is_file():
        raise InvalidInput(f"{path} holds several data sets ({', '.join(_splits(path))}); give the folder of one")
    listing = list_folder(path)
    inside = [name for name in listing.files if _may_hold_images(name)]
    images = any(PurePosixPath(name).suffix.lower() in Image.registered_extensions() for name in listing.files)
    if not inside or images:
        for name in inside:
            del listing.files[name]
            listing.left_out[name] = "an archive or a table in a folder of images; give it by itself to have it read"
        return _of_listing(listing)
    found = Contents(left_out=listing.left_out, notes=listing.notes)
    for name in listing.files:
        if name not in inside:
            found.left_out[name] = "no image"
            continue
        _append(found, name, _file(path / name))
    return found


def _may_hold_images(name: str) -> bool:
    return name.lower().endswith(INSIDE) and PurePosixPath(name).name not in METADATA


def _splits(path: Path) -> Iterator[str]:
    try:
        yield from json.loads((path / SAVED_SPLITS).read_text())["splits"]
    except (ValueError, KeyError, TypeError):
        yield "its dataset_dict.json cannot be read"


def _of_listing(listing: Listing) -> Contents:
    said = describe(listing.files)
    used = {*said.tables, *said.beside.values()}
    files = {name: source for name, source in listing.files.items() if name not in used}
    return Contents(files, said.captions, said.labels, said.beside, listing.left_out, listing.notes + said.notes)


def _of_rows(rows: Rows) -> Contents:
    return Contents(dict(sorted(rows.files.items())), rows.captions, rows.labels, left_out=rows.left_out, notes=rows.notes)


def _append(found: Contents, name: str, more: Contents) -> None:
    found.files |= {f"{name}/{key}": source for key, source in more.files.items()}
    for into, texts in (
        (found.captions, more.captions),
        (found.labels, more.labels),
        (found.left_out, more.left_out),
    ):
        into.update({f"{name}/{key}": text for key, text in texts.items()})
    found.beside |= {f"{name}/{key}": f"{name}/{text}" for key, text in more.beside.items()}
    found.notes += more.notes
