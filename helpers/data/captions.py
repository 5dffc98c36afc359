"""What do the files beside the images say about them: which captions, which labels?

As `datasets` reads a folder of images: a `metadata.jsonl`, `.csv` or `.parquet` names files of its own folder in a column
file_name, and describes them in the others. As training scripts for text to image write them: a text beside each image, of
the same name but for .txt or .caption.
"""

import codecs
import csv
import io
import json
import posixpath
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from helpers.data.decoding import reason
from helpers.data.listing import Source
from helpers.errors import InvalidInput
from helpers.files import folded

METADATA = ("metadata.jsonl", "metadata.csv", "metadata.parquet")
FILE_COLUMNS = ("file_name", "image_file_name", "path", "image", "file", "filename", "filepath", "image_path")
CAPTION_COLUMNS = ("text", "caption", "captions", "prompt", "description")
LABEL_COLUMNS = ("label", "labels", "class")
BESIDE = (".txt", ".caption")
MOST_TEXT = 1 << 20  # bytes of a caption
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass
class Descriptions:
    """By name of an image: its caption, its label, the text file beside it; what else was used; and what was wrong.

    Args:
        tables: the metadata files that were used.
        notes: sentences about what could not be read, each with the file and the line.
    """

    captions: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    beside: dict[str, str] = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Row:
    """A row of a table: "line 3" or "row 3", and its values by column; or what is wrong with it."""

    place: str
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def describe(files: Mapping[str, Source]) -> Descriptions:
    """What the files of a folder say about its images. Nothing in them is an error: what cannot be read is noted."""
    found = Descriptions()
    known = {unicodedata.normalize("NFC", name): name for name in files}  # macOS writes é as two characters
    for name, source in files.items():
        if PurePosixPath(name).name in METADATA:
            _read_metadata(name, source, known, found)
    guessed = []
    for name in files:
        text = next((t for t in (str(PurePosixPath(name).with_suffix(s)) for s in BESIDE) if t in files and t != name), None)
        if text is None or PurePosixPath(name).suffix in BESIDE or name in found.tables:
            continue
        found.beside[name] = text
        try:
            caption, certain = decoded(files[text].read(MOST_TEXT))
        except (OSError, ValueError) as error:
            found.notes.append(f"{text}: {reason(error)}.")
            continue
        if not certain:
            guessed.append(text)
        found.captions.setdefault(name, caption.strip())
    if guessed:
        found.notes.append(f"{folded(guessed)}: not UTF-8, read as Latin-1.")
    return found


def decoded(content: bytes) -> tuple[str, bool]:
    """A text in UTF-8, in UTF-16 with a byte order mark, or else in Latin-1; and whether that is certain."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), True
    try:
        return content.decode(), True
    except UnicodeDecodeError:
        return content.decode("latin-1"), False


def read_rows(name: str, content: bytes) -> tuple[list[Row], list[str]]:
    """The rows of a table, by its suffix (.jsonl, .parquet, .csv, .tsv), and notes on the whole.

    Raises:
        ValueError: it cannot be read at all.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(name, content), []
    text, certain = decoded(content)
    notes = [] if certain else [f"{name}: not UTF-8, read as Latin-1."]
    rows = _json_rows(text) if suffix == ".jsonl" else _csv_rows(text, "\t" if suffix == ".tsv" else ",")
    return list(rows), notes


def caption_of(values: Mapping[str, Any]) -> str:
    """The first text in one of CAPTION_COLUMNS; of several captions the first; "" where there is none."""
    return _first(values, CAPTION_COLUMNS)


def label_of(values: Mapping[str, Any]) -> str:
    """The value in one of LABEL_COLUMNS as it stands there, a number as its digits; "" where there is none."""
    return _first(values, LABEL_COLUMNS)


def folder_labels(names: Iterable[str]) -> dict[str, str]:
    """A label for each image: its folder's name; as in `datasets`, none where all share one or they lie at several depths."""
    folders = {name: PurePosixPath(name).parent for name in names}
    depths = {len(folder.parts) for folder in folders.values()}
    if len(depths) != 1 or len({folder.name for folder in folders.values()}) < 2:
        return {}
    return {name: folder.name for name, folder in folders.items()}


def _first(values: Mapping[str, Any], columns: Iterable[str]) -> str:
    for column in columns:
        value = values.get(column)
        if isinstance(value, list | tuple):
            value = value[0] if value else None
        if isinstance(value, str | int | float):
            return str(value).strip()
    return ""


def _read_metadata(name: str, source: Source, known: Mapping[str, str], found: Descriptions) -> None:
    try:
        rows, notes = read_rows(name, source.read())
    except (OSError, ValueError) as error:
        found.notes.append(f"{name}: {reason(error)}.")
        return
    found.tables.append(name)
    found.notes += notes
    problems: dict[str, list[str]] = {}
    for row in rows:
        file_name = _first(row.values, FILE_COLUMNS)
        path = unicodedata.normalize("NFC", posixpath.normpath(posixpath.join(posixpath.dirname(name), file_name)))
        image = known.get(path)
        problem = row.problem or ("no column file_name" if not file_name else "" if image else "names no file that is here")
        if problem or image is None:
            problems.setdefault(problem, []).append(row.place + (f" ({file_name})" if file_name else ""))
            continue
        for values, value in ((found.captions, caption_of(row.values)), (found.labels, label_of(row.values))):
            if value:
                values[image] = value
    found.notes += [f"{name}, {folded(places)}: {problem}." for problem, places in problems.items()]
    if rows and not any(column in rows[0].values for column in CAPTION_COLUMNS + LABEL_COLUMNS) and not rows[0].problem:
        found.notes.append(f"{name} has no column {' or '.join(CAPTION_COLUMNS[:2])}; it has {folded([*rows[0].values], 10)}.")


def _json_rows(text: str) -> Iterator[Row]:
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Row(f"line {n}", problem=f"no JSON ({error})")
            continue
        yield Row(f"line {n}", values) if isinstance(values, dict) else Row(f"line {n}", problem="no JSON object")


def _csv_rows(text: str, separator: str) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    try:
        for values in reader:
            extra = values.pop(None, None)
            problem = "more values than columns" if extra else ""
            yield Row(f"line {reader.line_num}", {key.strip(): value for key, value in values.items()}, problem)
    except csv.Error as error:
        yield Row(f"line {reader.line_num}", problem=str(error))


def _parquet_rows(name: str, content: bytes) -> list[Row]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        light = [f.name for f in file.schema_arrow if not pa.types.is_nested(f.type) and not pa.types.is_binary(f.type)]
        lists = [f.name for f in file.schema_arrow if pa.types.is_list(f.type)]
        table = file.read(columns=light + lists).to_pylist()
    except Exception as error:  # pyarrow's own, OSError and more
        raise InvalidInput(f"no readable parquet ({reason(error)})") from error
    return [Row(f"row {n}", values) for n, values in enumerate(table, 1)]
