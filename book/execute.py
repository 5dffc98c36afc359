"""Execute the chapters whose outputs are not those of their code any more: ``python -m book.execute --jobs 2``.

A chapter is executed again where its own cells changed or a file did that they depend on (see `helpers.fingerprints`); the pinned
versions count for all chapters. Outputs go to the cache in which Jupyter Book looks for them, and beside them, when they are
complete, a key that says which code they are of.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from helpers.fingerprints import fingerprint_of_code

ROOT = Path(__file__).parents[1]
KEPT_RUNS = "_build/chapter-runs"  # a chapter that names it trains a network, and takes longest
SECONDS_A_CELL = 1200


def main() -> None:
    """Execute what is outdated; exit with 1, after all others, if a chapter fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="How many chapters are executed at a time.")
    jobs = parser.parse_args().jobs
    chapters = sorted((ROOT / "notebooks").glob("*.ipynb"))
    waiting = outdated(chapters, ROOT)
    if waiting:
        print(f"Executing {len(waiting)} of {len(chapters)} chapters; one that trains a network takes five minutes.", flush=True)
        forget(waiting, ROOT)
    failures = run(waiting, ROOT, jobs) if waiting else {}
    if waiting or not (ROOT / "_build" / ".executed").exists():
        (ROOT / "_build" / ".executed").touch()
    for chapter, message in failures.items():
        print(f"\nerror: {chapter.relative_to(ROOT)} failed:\n{message}", file=sys.stderr)
    if failures:
        sys.exit(f"error: of {len(waiting)} chapters, {len(failures)} failed: {', '.join(c.stem for c in failures)}")


def outdated(chapters: Iterable[Path], root: Path, fingerprint: Callable[[str], str] = fingerprint_of_code) -> dict[Path, str]:
    """The chapters to be executed, each with the key of its code; those that take longest first."""
    keys = {chapter: key(chapter, root, fingerprint) for chapter in chapters}
    found = [chapter for chapter, now in keys.items() if _stored(chapter, root) != now]
    return {chapter: keys[chapter] for chapter in sorted(found, key=lambda c: (KEPT_RUNS not in c.read_text(), c.name))}


def key(chapter: Path, root: Path, fingerprint: Callable[[str], str] = fingerprint_of_code) -> str:
    """A hash of all that decides a chapter's outputs. The kernel and the cells' metadata count, as they do in Jupyter's cache."""
    notebook = json.loads(chapter.read_text())
    cells = [("".join(c["source"]), c["metadata"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    python = re.sub(r"^[%!].*", "", "\n".join(source for source, _ in cells), flags=re.MULTILINE)
    try:
        helpers = fingerprint(python)
    except (ValueError, SyntaxError) as error:
        sys.exit(f"error: {chapter.relative_to(root)}: {error}")
    text = json.dumps([cells, notebook["metadata"].get("kernelspec"), helpers, (root / "constraints.txt").read_text()])
    return hashlib.sha256(text.encode()).hexdigest()


def forget(chapters: Iterable[Path], root: Path) -> None:
    """Drop the outputs of chapters, and what Sphinx made of them: it does not look at outputs to see that a page is outdated."""
    from jupyter_cache import get_cache

    cache = get_cache(_cache(root))
    for chapter in chapters:
        _key_file(chapter, root).unlink(missing_ok=True)
        (root / "_build" / ".doctrees" / chapter.relative_to(root)).with_suffix(".doctree").unlink(missing_ok=True)
    for record in cache.list_cache_records():
        if Path(record.uri) in chapters:
            cache.remove_cache(record.pk)


def run(chapters: dict[Path, str], root: Path, jobs: int) -> dict[Path, str]:
    """Execute chapters, several at a time, and say how far it is. What went wrong, by chapter, is the result."""
    failures = {}
    with ProcessPoolExecutor(jobs) as pool:
        futures: dict[Future, Path] = {pool.submit(execute, chapter, root, now): chapter for chapter, now in chapters.items()}
        try:
            for i, future in enumerate(as_completed(futures), 1):
                chapter, error = futures[future], future.exception()
                seconds, message = (0.0, f"{type(error).__name__}: {error}") if error else future.result()
                print(f"  {i}/{len(futures)} {chapter.stem}: {'failed' if message else f'{seconds:.0f} s'}", flush=True)
                if message:
                    failures[chapter] = message
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise
    return failures


def execute(chapter: Path, root: Path, now: str) -> tuple[float, str | None]:
    """Execute one chapter and keep its outputs. Seconds; and the cell with its error, if one failed."""
    import nbformat
    from jupyter_cache import get_cache
    from jupyter_cache.base import CacheBundleIn
    from jupyter_cache.executors.utils import single_nb_execution

    notebook = nbformat.read(chapter, nbformat.NO_CONVERT)
    done = single_nb_execution(notebook, cwd=str(chapter.parent), timeout=SECONDS_A_CELL, allow_errors=False)
    if done.err:
        return done.time, str(done.err)
    bundle = CacheBundleIn(notebook, str(chapter), data={"execution_seconds": done.time})
    get_cache(_cache(root)).cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    temporary = _key_file(chapter, root).with_suffix(".tmp")
    temporary.parent.mkdir(exist_ok=True)
    temporary.write_text(now)
    os.replace(temporary, _key_file(chapter, root))
    return done.time, None


def _stored(chapter: Path, root: Path) -> str | None:
    path = _key_file(chapter, root)
    return path.read_text() if path.exists() else None


def _key_file(chapter: Path, root: Path) -> Path:
    return _cache(root) / "keys" / chapter.stem


def _cache(root: Path) -> Path:
    return root / "_build" / ".jupyter_cache"


if __name__ == "__main__":
    main()
