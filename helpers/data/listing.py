"""Which files lie below a folder, or in an archive, and under which names may they be spoken of?

An archive is never unpacked: its members are read one by one, in memory, up to a limit. Links are followed, in circles never.
"""

import os
import tarfile
import zipfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from stat import S_ISDIR, S_ISREG
from typing import IO, BinaryIO

from helpers.data.decoding import MOST_BYTES
from helpers.errors import InvalidInput
from helpers.files import folded

HIDDEN = {"Thumbs.db", "desktop.ini", "__MACOSX", "@eaDir"}  # what file managers leave; and all that begins with a dot
NO_FILE = "no file, but a device, a pipe or a socket"
MOST_UNPACKED = 1 << 40  # bytes of all members of a tar, which has to be unpacked to be listed


@dataclass(frozen=True)
class Source:
    """A file: how to open it, and its size in bytes, 0 where that is not known before."""

    open: Callable[[], BinaryIO]
    size: int = 0

    def read(self, most: int = MOST_BYTES) -> bytes:
        """Its content.

        Raises:
            ValueError: more than `most` bytes.
        """
        with self.open() as file:
            return limited(file, most)


@dataclass
class Listing:
    """The files of a folder or an archive by name, sorted; what is no file or hidden; and sentences about the whole."""

    files: dict[str, Source] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def limited(file: IO[bytes], most: int = MOST_BYTES) -> bytes:
    """All of an open file.

    Raises:
        ValueError: more than `most` bytes.
    """
    content = file.read(most + 1)
    if len(content) > most:
        raise InvalidInput(f"more than {most >> 20} MB")
    return content


def list_folder(folder: Path) -> Listing:
    """The files below a folder. Raises OSError where it cannot be listed."""
    os.listdir(folder)
    found, hidden = Listing(), []
    files: list[tuple[str, Source]] = []
    for path, problem in _walk(folder):
        name = os.path.relpath(path, folder)
        if _is_hidden(name):
            hidden.append(printable(name))
        elif problem:
            found.left_out[printable(name)] = problem
        else:
            files.append((Path(name).as_posix(), Source(_opener(path), os.stat(path).st_size)))
    return _named(found, files, hidden)


def list_archive(path: Path) -> Listing:
    """The files in a zip or a tar, compressed or not.

    Raises:
        ValueError: it cannot be read as one.
    """
    found, hidden = Listing(), []
    files: list[tuple[str, Source]] = []
    for name, source, problem in _zip_members(path) if zipfile.is_zipfile(path) else _tar_members(path, found.notes):
        if _is_hidden(name):
            hidden.append(printable(name))
        elif source is None:
            found.left_out[printable(name)] = problem
        else:
            files.append((PurePosixPath(name).as_posix(), source))  # a tar may say ./a.png
    return _named(found, files, hidden)


def is_archive(path: Path) -> bool:
    """Is it a zip or a tar, by its content?"""
    try:
        return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)
    except Exception:  # tarfile lets what a broken one makes a decompressor raise through
        return False


def printable(name: str) -> str:
    r"""A name that can be shown, hashed and written anywhere: what is no character, or no visible one, as \x1b or \u202e."""
    return "".join(c if c.isprintable() else _escaped(c) for c in name)


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python stands for a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unique(name: str, taken: dict[str, Source]) -> str:
    """The name, printable, with a number where another file has it already."""
    name, n = printable(name), len(taken)
    path = PurePosixPath(name)
    while name in taken:
        n += 1  # from the number of files on: thousands of one name would make a count from 2 slow
        name = str(path.with_name(f"{path.stem} ({n}){path.suffix}"))
    return name


def _named(found: Listing, files: list[tuple[str, Source]], hidden: list[str]) -> Listing:
    for name, source in sorted(files, key=lambda item: item[0]):
        found.files[unique(name, found.files)] = source
    if hidden:
        found.left_out[f"{len(hidden)} hidden"] = f"hidden: {folded(sorted(hidden))}"
    return found


def _is_hidden(name: str) -> bool:
    return any(part in HIDDEN or (part.startswith(".") and part not in (".", "..")) for part in PurePosixPath(name).parts)


def _opener(path: str | Path) -> Callable[[], BinaryIO]:
    return lambda: open(path, "rb")


def _walk(folder: Path) -> Iterator[tuple[str, str]]:
    """Paths below a folder, each with what is wrong with it; a hidden folder as one. Folders come before links to folders."""
    seen: set[tuple[int, int]] = set()
    waiting = deque([str(folder)])
    while waiting:
        above = waiting.popleft()
        try:
            status = os.stat(above)
            entries = list(os.scandir(above))
        except OSError as error:
            yield above, f"a folder that cannot be listed: {error.strerror}"
            continue
        if (status.st_dev, status.st_ino) in seen:
            yield above, "a folder that is read under another name"
            continue
        seen.add((status.st_dev, status.st_ino))
        for entry in entries:
            if os.path.isdir(entry.path) and not _is_hidden(entry.name):
                waiting.append(entry.path) if entry.is_symlink() else waiting.appendleft(entry.path)
            else:
                yield entry.path, _problem(entry)


def _problem(entry: os.DirEntry) -> str:
    try:
        mode = os.stat(entry.path).st_mode
    except OSError as error:
        return "a broken link" if entry.is_symlink() else str(error.strerror)
    return "" if S_ISREG(mode) or S_ISDIR(mode) else NO_FILE


def _zip_members(path: Path) -> Iterator[tuple[str, Source | None, str]]:
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:
        raise InvalidInput(f"{path.name} is no readable zip: {error}") from error
    for member in archive.infolist():
        if not member.is_dir():
            yield member.filename, Source(_zip_opener(archive, member), member.file_size), ""


def _zip_opener(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        with archive.open(member) as file:
            return BytesIO(limited(file))

    return open_member


def _tar_members(path: Path, notes: list[str]) -> Iterator[tuple[str, Source | None, str]]:
    try:
        archive = tarfile.open(path)  # noqa: SIM115 (members are read later)
    except Exception as error:
        raise InvalidInput(f"{path.name} is no readable tar: {error}") from error
    total = n = 0
    try:
        for member in archive:
            total, n = total + member.size, n + 1
            if total > MOST_UNPACKED:
                raise InvalidInput(f"{path.name} unpacks to more than {MOST_UNPACKED >> 30:,} GB")
            if member.isfile() or member.issym() or member.islnk():
                size = member.size if member.isfile() else 0
                yield member.name, Source(_tar_opener(archive, member), size), ""
            elif not member.isdir():
                yield member.name, None, NO_FILE
    except InvalidInput:
        raise
    except Exception as error:  # of the tar, or of any decompressor below it
        notes.append(f"{path.name} breaks off after {n} members: {error or type(error).__name__}.")


def _tar_opener(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Callable[[], BinaryIO]:
    def open_member() -> BinaryIO:
        file = None
        with suppress(KeyError):
            file = archive.extractfile(member)
        if file is None:
            raise InvalidInput("a broken link")
        with file:
            return BytesIO(limited(file))

    return open_member
