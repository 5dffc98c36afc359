"""Hand-outs for a class: ``python -m book.handout [CHAPTER ...]``, or ``make handout``, writes them to `_build/handout`.

A hand-out is the copy that `book.lab` writes, less all that answers a question. Solutions, the answers to predictions and
quizzes, and what a reader should see in a widget are cut and not folded: in a vote, one fold that somebody opens ends it.
They stay on the pages of the book and in the copies of `make lab`. Cells that only put figures into the text are cut, too.
With all chapters come the assignments, as their students get them.
"""

import argparse
import ast
import re
from collections.abc import Sequence
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from book import assessment, lab

IMPORT = re.compile(r"^from helpers\.figures\.prose import in_prose\n?", re.MULTILINE)
MAGIC = re.compile(r"^[%!].*", re.MULTILINE)
WITHOUT_ADDRESS = """from importlib.util import find_spec

if not find_spec("helpers"):
    print("This notebook needs the package of the book. In the book's folder, run")
    print("    pip install --constraint constraints.txt --editable '.[book]'")
    print("and then restart the kernel.")"""


def main() -> None:
    """Write the hand-outs; exit with 1 where a chapter is unknown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="Names such as run-sima; by default all.")
    parser.add_argument("--to", type=Path, default=lab.ROOT / "_build" / "handout", help="The folder of the hand-outs.")
    arguments = parser.parse_args()
    there = lab.chapters(lab.ROOT)
    if unknown := set(arguments.chapters) - set(there):
        parser.exit(1, f"error: chapters must be among {', '.join(there)}, got {', '.join(sorted(unknown))}\n")
    chosen = arguments.chapters or there
    made = handouts(lab.ROOT, lab.repository(lab.ROOT), chosen)
    if not arguments.chapters:
        made |= {assessment.file_name(name): assessment.hand_out(name) for name in assessment.NAMES}
    kept = lab.save(made, arguments.to, arguments.to / lab.WRITTEN)
    print(f"{len(made) - len(kept)} of {len(made)} hand-outs are as the book is now, in {arguments.to}.")
    for name in kept:
        print(f"  {name} was changed there, and is kept as it is; delete it to get the new one.")
    if dashes := [name for name in chosen if not lab.figures(lab.ROOT, name)]:
        print(f"  Figures in the text of {len(dashes)} are dashes: they come from a built book. Run `make book` first.")


def handouts(root: Path, address: str = "", chosen: Sequence[str] = ()) -> dict[str, NotebookNode]:
    """The hand-outs of the chosen chapters, by default all, by their names.

    Args:
        address: of the repository; the first code cell installs the package from there. With "" it says what to do without.
        chosen: between these a link leads from one hand-out to another; other links become words.
    """
    notebooks = lab.copies(root, address, chosen, answered=False)
    for notebook in notebooks.values():
        notebook.cells = _needed(notebook.cells)
        if not address:
            notebook.cells.insert(2, new_code_cell(WITHOUT_ADDRESS, id="install"))
    return notebooks


def _needed(cells: list[NotebookNode]) -> list[NotebookNode]:
    """All cells, but for those that only the build needs: hidden ones that define nothing for a cell that is shown."""
    shown = [cell for cell in cells if not _is_hidden(cell)]
    bound = set().union(*(_names(cell, ast.Store) for cell in shown))
    kept = []
    for i, cell in enumerate(cells):
        used_later = set().union(*(_names(later, ast.Load) for later in cells[i + 1 :] if not _is_hidden(later)))
        if not _is_hidden(cell) or (_names(cell, ast.Store) - bound) & used_later:
            kept.append(cell)
    if not any("in_prose(" in cell.source for cell in kept):
        for cell in kept:
            cell.source = IMPORT.sub("", cell.source) if cell.cell_type == "code" else cell.source
    return kept


def _is_hidden(cell: NotebookNode) -> bool:
    return "remove-cell" in cell.metadata.get("tags", [])


def _names(cell: NotebookNode, context: type[ast.expr_context]) -> set[str]:
    """Names that a cell's code loads, or stores: functions, their arguments and imports count as stored."""
    if cell.cell_type != "code":
        return set()
    nodes = list(ast.walk(ast.parse(MAGIC.sub("", cell.source))))
    names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
    if context is ast.Store:
        names |= {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        names |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        names |= {a.asname or a.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for a in node.names}
    return names


if __name__ == "__main__":
    main()
