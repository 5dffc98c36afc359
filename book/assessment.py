"""Graded assignments: ``python -m book.assessment`` writes for teachers the hand-outs, the worked solutions and the rubrics.

An assignment is a folder of ``book/assignments``: ``worked.ipynb``, of which the hand-out is cut as the exercises of chapters
are; ``rubric.yml``; and ``test_marks.py``, which marks a notebook that was handed in.
"""

import argparse
import re
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from helpers.errors import InvalidInput

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = ROOT / "book" / "assignments"
NAMES = ("measure-honestly", "train-and-audit")
ANSWER = re.compile(r"^( *)# solution\n(.*?)^ *# end\n?", re.DOTALL | re.MULTILINE)
MARKS = re.compile(r"^ *# (solution|end)\n?", re.MULTILINE)


def main() -> None:
    """Write three files for each assignment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "teachers", help="The folder to write to.")
    to = parser.parse_args().to
    write_hand_outs(to / "hand-outs")
    for name in NAMES:
        notebook = worked(name)
        for cell in notebook.cells:
            cell.source = MARKS.sub("", cell.source)
        (to / f"{file_name(name)}-solution.ipynb").write_text(nbformat.writes(notebook) + "\n")
        (to / f"{file_name(name)}-rubric.md").write_text(f"{rubric(name)}\n\n{mistakes(name)}\n")
    print(f"Hand-outs, worked solutions and rubrics are in {to}. Keep the solutions to yourself.")


def write_hand_outs(folder: Path) -> None:
    """Write each assignment without its solutions, under a name that no chapter has: ``folder/assignment-1.ipynb``, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (folder / f"{file_name(name)}.ipynb").write_text(nbformat.writes(hand_out(name)) + "\n")


def file_name(name: str) -> str:
    """What its files are called, as their readers know it: "assignment-1", ..."""
    return f"assignment-{NAMES.index(name) + 1}"


def worked(name: str) -> NotebookNode:
    """The worked notebook of an assignment, as it stands in the repository.

    Raises:
        ValueError: no assignment has this name.
    """
    if name not in NAMES:
        raise InvalidInput(f"an assignment is one of {', '.join(NAMES)}, got {name!r}")
    return nbformat.read(ASSIGNMENTS / name / "worked.ipynb", 4)


def hand_out(name: str) -> NotebookNode:
    """What students get: every answer is cut to ``...``."""
    notebook = worked(name)
    for cell in notebook.cells:
        cell.source = cut(cell.source)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def cut(source: str) -> str:
    """A cell without its answers: each, from ``# solution`` to ``# end``, becomes ``return ...``, or ``name = ...``."""

    def blank(answer: re.Match) -> str:
        indent, body = answer.groups()
        return f"{indent}return ...\n" if indent else f"{body.split(' = ')[0]} = ...\n"

    return ANSWER.sub(blank, source)


def read_rubric(name: str) -> dict:
    """Title, tasks with their marks, what a mistake costs later on, what is marked by hand, and typical mistakes."""
    return yaml.safe_load((ASSIGNMENTS / name / "rubric.yml").read_text())


def rubric(name: str) -> str:
    """The rubric as Markdown, without typical wrong answers: its page is public."""
    said = read_rubric(name)
    total = sum(task["marks"] for task in said["tasks"])
    by_hand = sum(line["marks"] for line in said["by_hand"])
    tasks = [f"| {t['task']}. {t['title']} | {t['marks']} | {t['full']} | {t['part']} |" for t in said["tasks"]]
    lines = [f"- {line['criterion']} ({line['marks']} {'mark' if line['marks'] == 1 else 'marks'})" for line in said["by_hand"]]
    return "\n".join(
        [
            f"**{total} marks by tests, {by_hand} by hand.**\n",
            "| task | marks | full marks | part marks |",
            "|---|---|---|---|",
            *tasks,
            f"\n{said['carried'].strip()}\n",
            f"*By hand*, {said['written']}:\n",
            *lines,
        ]
    )


def mistakes(name: str) -> str:
    """Typical wrong answers with their marks as Markdown: for whoever marks, and not for the page."""
    rows = [f"| {m['says']} | {m['task']} | {m['gets']} |" for m in read_rubric(name)["mistakes"]]
    head = "Typical wrong answers, and what the tests give for the task:\n"
    return "\n".join([head, "| answer | task | marks |", "|---|---|---|", *rows])


if __name__ == "__main__":
    main()
