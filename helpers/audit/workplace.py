"""Can the result be written where it is wanted, and is nobody else writing there?

Both are known before the model is asked anything, and said in one line.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from helpers.errors import InvalidInput

LOCK = ".lock"


@contextmanager
def workplace(folder: Path) -> Iterator[None]:
    """The folder, made if it is not there, for this process alone. The system lets go of it when a process ends, however.

    A folder that was made and stays empty is taken away again.

    Raises:
        ValueError: a file where the folder should be, no permission, a full disk, or another process that works there.
    """
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    check_writable(folder)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise InvalidInput(
            f"another audit is writing to {folder}; wait until it ends, or give this one another --output"
        ) from error
    try:
        yield
    finally:
        (folder / LOCK).unlink(missing_ok=True)  # before it is let go: whoever waits must not lock a file that is gone
        lock.release()
        with suppress(OSError):  # something was written
            for place in made:
                place.rmdir()


def check_writable(folder: Path) -> None:
    """Make the folder, and write to it and remove what was written.

    Raises:
        ValueError: that cannot be done; the message says why.
    """
    probe = folder / f".{os.getpid()}.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"1")
    except OSError as error:
        raise InvalidInput(f"cannot write to {folder}: {error.strerror or error}; choose another --output") from error
    finally:
        if folder.is_dir():
            probe.unlink(missing_ok=True)


def check_file(path: Path) -> None:
    """Could a file be written there? As `check_writable`, and refused where a folder has that name."""
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder; --output wants the name of a file")
    check_writable(path.parent)
