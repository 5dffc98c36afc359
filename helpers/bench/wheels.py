"""What does a GPU machine need beside a Python with torch, and what travels to one that has no network?

``python -m helpers.bench.wheels`` packs the checkout's last commit, without what only the book needs, and the wheels below
into one archive.
"""

import importlib.util
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from helpers.errors import InvalidInput

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT / "_build" / "gpu-bundle.tar.gz"
LIMIT = 60 * 2**20

# Imported by what is measured. Images with torch mostly have all but the first.
NEEDED = ("diffusers", "torch", "accelerate", "safetensors", "numpy", "pandas", "scipy", "sklearn", "tqdm", "click", "requests")

# Carried, each without what it requires: a second copy of numpy or of huggingface_hub would do more harm than good.
CARRIED = (
    "diffusers",  # the networks and their schedulers; seldom there
    "importlib_metadata",  # named as a requirement by diffusers, and by nothing else
    "zipp",  # of importlib_metadata
)

# Of the commit, what no measurement reads: what the book and its pages are made of, and the tests of them.
LEFT_BEHIND = (
    "book",
    "notebooks",
    "tests",
    "helpers/widgets",
    "helpers/exercises",
    "helpers/experiments/scores",
    "helpers/zoo/committed/onnx",
    "constraints.txt",
    "environment.yml",
)


def missing() -> list[str]:
    """The packages that are needed and not there."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


def check() -> None:
    """Raises a ``ValueError`` that says what to do where a package is missing."""
    if absent := missing():
        raise InvalidInput(
            f"{', '.join(absent)} missing in {sys.executable}; install what `make gpu-bundle` carries: "
            "pip install --no-index --no-deps --target site wheels/*.whl, then PYTHONPATH=site"
        )


def pack(archive: Path = ARCHIVE, root: Path = ROOT, carried: Sequence[str] = CARRIED, limit: int = LIMIT) -> Path:
    """Write the archive: project/ with its file COMMIT, and wheels/.

    Args:
        carried: packages whose wheels are downloaded.
        limit: bytes.

    Raises:
        ValueError: it is larger than that; nothing is left behind then.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "wheels").mkdir()
        (folder / "project").mkdir()
        _run("git", "-C", root, "archive", "--output", folder / "project.tar", "HEAD", "--", ".", *_excluded())
        with tarfile.open(folder / "project.tar") as tar:
            tar.extractall(folder / "project", filter="data")
        commit = _run("git", "-C", root, "rev-parse", "HEAD").strip()
        (folder / "project" / "COMMIT").write_text(commit + "\n")
        if carried:
            _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder / "wheels", *carried)
        packed = folder / "bundle.tar.gz"
        with tarfile.open(packed, "w:gz") as tar:
            for part in ("project", "wheels"):
                tar.add(folder / part, part)
        size = packed.stat().st_size
        if size > limit:
            raise InvalidInput(
                f"the bundle has {size / 2**20:.1f} MiB, at most {limit / 2**20:.0f} MiB may travel; leave more behind"
            )
        archive.write_bytes(packed.read_bytes())
    return archive


def _excluded() -> list[str]:
    return [f":(exclude){path}" for path in LEFT_BEHIND]


def _run(*command: str | Path) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise InvalidInput(f"{' '.join(map(str, command[:4]))} ... failed: {done.stderr.strip()}")
    return done.stdout


@click.command()
def main() -> None:
    """Pack what a GPU machine without network needs."""
    try:
        archive = pack()
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{archive}: {archive.stat().st_size / 2**20:.1f} MiB")


if __name__ == "__main__":
    main()
