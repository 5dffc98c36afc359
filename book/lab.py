"""Copies of the chapters to work in: ``python -m book.lab`` writes them to `_build/lab/notebooks`, and `make lab` opens them.

A copy says in plain Markdown what the page says, with the figures of the last build and its solutions folded. What a reader
changed is never overwritten. `make lab-branch` writes copies for Binder and Colab: each installs what it needs.
"""

import argparse
import ast
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from pybtex.database import parse_file
from sphinx_external_toc.parsing import parse_toc_yaml

from book._extensions.citations import ListStyle, labels
from book._extensions.exercises import MARKS
from book._extensions.running import spoken
from book.plain_markdown import Chapter, labels_of_equations, plain

ROOT = Path(__file__).parents[1]
WRITTEN = ".written.json"  # which text each copy had when it was written, to see what a reader changed
FOLDED = {"solution", "hide-input", "hide-cell", "remove-input", "remove-cell"}


def main() -> None:
    """Write the copies, and say which ones are kept as the reader has them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "lab", help="The folder of the copies.")
    parser.add_argument("--for-branch", action="store_true", help="Copies for Binder and Colab, which install what they need.")
    arguments = parser.parse_args()
    address = repository(ROOT) if arguments.for_branch else ""
    if arguments.for_branch and not address:
        parser.exit(1, "error: _config.yml names no repository; write its address after `url:`\n")
    kept = write(ROOT, arguments.to, address)
    print(f"The chapters to work in are in {arguments.to / 'notebooks'}.")
    for name in kept:
        print(f"  {name} has changed in the book since, and is kept as you changed it; rename it to get the new one.")


def repository(root: Path) -> str:
    """The address of the repository, from the one line of _config.yml, or nothing."""
    return (yaml.safe_load((root / "_config.yml").read_text()).get("repository", {}).get("url") or "").rstrip("/")


def write(root: Path, to: Path, address: str = "") -> list[str]:
    """Write a copy of every chapter.

    Returns:
        Names of copies that a reader changed and whose chapter is another by now: these stay as they are.
    """
    kept = save(copies(root, address), to / "notebooks", to / WRITTEN)
    if address:
        (to / "requirements.txt").write_text(f"jupyterlab\n{requirement(address)}\n")
        (to / "runtime.txt").write_text("python-3.11\n")
        (to / "README.md").write_text(f"Chapters of [this book]({address}), written by its build. Change them there.\n")
    return kept


def save(notebooks: dict[str, NotebookNode], folder: Path, state: Path) -> list[str]:
    """Write notebooks to a folder, but for those that somebody changed there since `state` was written; the names of these."""
    folder.mkdir(parents=True, exist_ok=True)
    written = json.loads(state.read_text()) if state.exists() else {}
    kept = []
    for name, notebook in notebooks.items():
        path, text = folder / f"{name}.ipynb", nbformat.writes(notebook) + "\n"
        changed = path.exists() and hashed(path.read_text()) != written.get(name)
        newer = not path.exists() or hashed(text) != written.get(name)
        if changed and newer:
            kept.append(path.name)
        elif newer:
            path.write_text(text)
            written[name] = hashed(text)
    state.write_text(json.dumps(written, indent=1) + "\n")
    return kept


def hashed(text: str) -> str:
    """Of what a reader writes: sources, and neither outputs nor how often a cell was run."""
    try:
        cells = [(cell.cell_type, cell.source) for cell in nbformat.reads(text, nbformat.NO_CONVERT).cells]
    except (nbformat.reader.NotJSONError, nbformat.ValidationError, AttributeError):
        cells = [text]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def chapters(root: Path) -> list[str]:
    """The names of the chapters that are notebooks, in the order of the book."""
    return [Path(str(name)).stem for name in parse_toc_yaml(root / "_toc.yml") if str(name).startswith("notebooks/")]


def copies(root: Path, address: str = "", chosen: Sequence[str] = (), answered: bool = True) -> dict[str, NotebookNode]:
    """The copies of the chosen chapters, by default all, by their names.

    Args:
        address: of the repository that a copy installs the package from; "" installs nothing.
        answered: do solutions and answers stay, folded, or are they cut?
    """
    notebooks = {name: nbformat.read(root / "notebooks" / f"{name}.ipynb", 4) for name in chapters(root)}
    numbers, seconds = chapter_numbers(root), run_times(root)
    equations = {}
    for name, notebook in notebooks.items():
        labels = labels_of_equations("\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))
        prefix = f"{numbers[name]}." if name in numbers else ""
        equations |= {label: f"{prefix}{i}" for i, label in enumerate(labels, 1)}
    notebooks = {name: notebook for name, notebook in notebooks.items() if not chosen or name in chosen}
    cited, beside = citations(root), frozenset(f"{name}.ipynb" for name in notebooks)
    for name, notebook in notebooks.items():
        chapter = Chapter(numbers.get(name, ""), figures(root, name), equations, cited, beside, answered)
        notebook.cells = [copied for cell in notebook.cells if (copied := _copied(cell, chapter))]
        notebook.cells.insert(1, new_markdown_cell(_first_words(seconds.get(name), answered), id="how-to-use-this"))
        if address:
            notebook.cells.insert(2, new_code_cell(f"%pip install --quiet '{requirement(address)}'", id="install"))
    return notebooks


def requirement(address: str) -> str:
    """What pip installs the book's package from."""
    return f"the-denoiser-remembers[book] @ git+{address}"


def chapter_numbers(root: Path) -> dict[str, str]:
    """Numbers as the table of contents counts them, through all its numbered parts."""
    parts = yaml.safe_load((root / "_toc.yml").read_text()).get("parts", [])
    numbered = [Path(entry["file"]).stem for part in parts if part.get("numbered") for entry in part["chapters"]]
    return {name: str(i) for i, name in enumerate(numbered, 1)}


def figures(root: Path, name: str) -> dict[str, str]:
    """Figures in the prose of a chapter, from the last build; none where the book was not built."""
    path = root / "_build" / "jupyter_execute" / "notebooks" / f"{name}.glue.json"
    glued = json.loads(path.read_text()) if path.exists() else {}
    texts = {key: output["data"].get("text/plain", "") for key, output in glued.items()}
    return {key: str(ast.literal_eval(text)) if text[:1] in "'\"" else text for key, text in texts.items() if text}


def run_times(root: Path) -> dict[str, float]:
    """How many seconds each chapter took in the last build that executed it."""
    from jupyter_cache import get_cache

    folder = root / "_build" / ".jupyter_cache"
    records = get_cache(folder).list_cache_records() if folder.exists() else []
    found = {Path(record.uri).stem: record.data.get("execution_seconds") for record in sorted(records, key=lambda r: r.created)}
    return {name: seconds for name, seconds in found.items() if seconds}


def citations(root: Path) -> dict[str, str]:
    """Authors and year of each work, as the pages print them."""
    entries = ListStyle().sort(list(parse_file(str(root / "book" / "references.bib")).entries.values()))
    return {entry.key: label for entry, label in zip(entries, labels(entries), strict=True)}


def _first_words(seconds: float | None, answered: bool) -> str:
    time = f" All cells together took {spoken(seconds)} on the machine that built the book." if seconds else ""
    answers = (
        "Bars at the left unfold a solution, or code that only draws."
        if answered
        else "Solutions of exercises, and answers to predictions and quizzes, are on the chapter's page in the book."
    )
    return (
        "> **To work in.** Change what you like: this is a copy. Run a cell with Shift+Enter, all of them from the menu *Run*."
        f"{time} Figures in the text are those of the book. {answers}"
    )


def _copied(cell: NotebookNode, chapter: Chapter) -> NotebookNode | None:
    if cell.cell_type == "markdown":
        cell.source = plain(cell.source, chapter)
        return cell if cell.source else None
    tags = set(cell.metadata.get("tags", []))
    if "solution" in tags and not chapter.answered:
        return None
    if "solution" in tags:
        cell.source = MARKS.sub("", cell.source)
    if tags & FOLDED:
        cell.metadata["jupyter"] = {"source_hidden": True}
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
    return cell


if __name__ == "__main__":
    main()
