"""Which images does a table hold: a parquet file, a CSV of paths, a data set that `datasets` saved?

Values are read row by row, when they are asked for; a picture is never unpacked to disk.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from helpers.data.captions import CAPTION_COLUMNS, FILE_COLUMNS, LABEL_COLUMNS, Row, caption_of, label_of, read_rows
from helpers.data.decoding import reason
from helpers.data.listing import Source, limited, unique
from helpers.errors import InvalidInput
from helpers.files import folded

TABLES = (".csv", ".tsv", ".jsonl")
SAVED, SAVED_SPLITS = ("state.json", "dataset_info.json"), "dataset_dict.json"  # what `save_to_disk` writes


@dataclass
class Rows:
    """The images of a table by name, with what its other columns say; rows without a picture; and notes."""

    files: dict[str, Source] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, source: Source, values: Mapping[str, Any]) -> None:
        """One row more; a name that is taken gets a number."""
        name = unique(name, self.files)
        self.files[name] = source
        for into, value in ((self.captions, caption_of(values)), (self.labels, label_of(values))):
            if value:
                into[name] = value


def is_parquet(path: Path) -> bool:
    """Is it one by its content?"""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def is_saved(folder: Path) -> bool:
    """Is it a data set as `save_to_disk` writes it?"""
    return all((folder / name).is_file() for name in SAVED)


def paths_in(path: Path) -> Rows:
    """The images that a .csv, .tsv or .jsonl names, relative to its own folder.

    Raises:
        ValueError: no table, or none of its columns names files.
    """
    rows, notes = read_rows(path.name, path.read_bytes())
    column, rows = _path_column(path, rows)
    found = Rows(notes=notes)
    for row in rows:
        value = row.values.get(column) if not row.problem else None
        if not isinstance(value, str) or not value.strip():
            found.left_out[row.place] = row.problem or "names no file"
            continue
        file = path.parent / value
        name = PurePosixPath(value).as_posix()
        if not _is_file(file):
            found.left_out[f"{name} ({row.place})"] = "no such file"
            continue
        found.add(name, Source(_opener(file), file.stat().st_size), row.values)
    return found


def parquet_images(path: Path) -> Rows:
    """The images in the rows of a parquet file, as `datasets` writes them, or as bare bytes.

    Raises:
        ValueError: no readable parquet, or no column of images.
    """
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        column = _image_column({f.name: f.type for f in file.schema_arrow}, path.name)
        struct = "path" in [f.name for f in _fields(file.schema_arrow.field(column).type)]
        words = [c for c in (*CAPTION_COLUMNS, *LABEL_COLUMNS) if c in file.schema_arrow.names and c != column]
        light = file.read(columns=words + ([f"{column}.path"] if struct else []))
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(f"{path.name} is no readable parquet: {reason(error)}") from error

    @lru_cache(maxsize=1)
    def group(number: int) -> Any:
        return file.read_row_group(number, columns=[column]).column(column)

    found, row = Rows(), 0
    digits = len(str(len(light)))
    for number in range(file.num_row_groups):
        for place in range(file.metadata.row_group(number).num_rows):
            values = {name: light.column(name)[row].as_py() for name in words}
            stored = (light.column(column)[row].as_py() or {}).get("path") if struct else None
            found.add(
                stored or f"{row:0{digits}}", Source(_value_opener(partial(_cell, group, number, place), path.parent)), values
            )
            row += 1
    return found


def saved_images(folder: Path) -> Rows:
    """The images of a data set that `save_to_disk` wrote.

    Raises:
        ValueError: it cannot be read, or has no column of images.
    """
    from datasets import Image, load_from_disk

    try:
        stored: Any = load_from_disk(str(folder))
        features = stored.features
        column = next((name for name, feature in features.items() if isinstance(feature, Image)), None)
        if column is None:
            column = _image_column({f.name: f.type for f in features.arrow_schema}, folder.name)
        else:
            stored = stored.cast_column(column, Image(decode=False))
        words = stored.select_columns([c for c in (*CAPTION_COLUMNS, *LABEL_COLUMNS) if c in features and c != column])
        pictures = stored.select_columns([column])
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(f"{folder.name} is no readable data set: {reason(error)}") from error
    found, digits = Rows(), len(str(len(stored)))
    row = 0
    for batch in pictures.with_format("arrow").iter(batch_size=64):
        for value in batch.column(column):
            name = value["path"].as_py() if hasattr(value, "keys") and value.is_valid and "path" in value else None
            source = Source(_value_opener(partial(_saved_cell, pictures, column, row), folder))
            found.add(Path(name).name if name else f"{row:0{digits}}", source, words[row] if words.column_names else {})
            row += 1
    return found


def _path_column(path: Path, rows: list[Row]) -> tuple[str, list[Row]]:
    """The column that names files; a table without a header has a first row that is taken for one, and gets it back."""
    if not rows:
        raise InvalidInput(f"{path.name} has no rows")
    values = rows[0].values
    named = next((column for column in FILE_COLUMNS if column in values), None)
    if named:
        return named, rows
    for column in values:
        if _is_file(path.parent / column):
            return column, [Row("line 1", {column: column}), *rows]
    for column, value in values.items():
        if isinstance(value, str) and value and _is_file(path.parent / value):
            return column, rows
    raise InvalidInput(
        f"no column of {path.name} names files that are there, relative to it; it has {folded([*values], 10) or rows[0].problem}"
    )


def _image_column(types: Mapping[str, Any], name: str) -> str:
    import pyarrow as pa

    def holds_bytes(kind: Any) -> bool:
        return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)

    found = [
        column
        for column, kind in types.items()
        if holds_bytes(kind) or any(f.name == "bytes" and holds_bytes(f.type) for f in _fields(kind))
    ]
    if not found:
        raise InvalidInput(f"{name} has no column of images (bytes, or bytes and path); it has {folded([*types], 10)}")
    return next((c for c in ("image", "img", "jpg", "png") if c in found), found[0])


def _fields(kind: Any) -> list[Any]:
    import pyarrow as pa

    return [kind.field(i) for i in range(kind.num_fields)] if pa.types.is_struct(kind) else []


def _cell(column_of: Callable[[int], Any], group: int, place: int) -> Any:
    return column_of(group)[place].as_py()


def _saved_cell(pictures: Any, column: str, row: int) -> Any:
    return pictures[row][column]


def _value_opener(pick: Callable[[], Any], folder: Path) -> Callable[[], BinaryIO]:
    """Opens what a cell holds: bytes; or bytes and a path, of which one may be missing."""

    def open_value() -> BinaryIO:
        value: Any = pick()
        if isinstance(value, dict):
            path, value = value.get("path"), value.get("bytes")
            if value is None and path and _is_file(folder / path):
                return (folder / path).open("rb")
        if value is None:
            raise InvalidInput("no picture in this row")
        return BytesIO(limited(BytesIO(value)))

    return open_value


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or holds a zero
        return False
