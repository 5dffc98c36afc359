"""The copies to work in: what they hold, and that a reader's work is safe in them."""

import json
import sys
from pathlib import Path

import nbformat
import pytest

from book import lab

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/somebody/a-book"


@pytest.fixture
def book(tmp_path):
    """A book of one numbered chapter: book(text) writes it."""
    for folder in ("book", "notebooks", "_build/jupyter_execute/notebooks"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "book" / "references.bib").write_text((ROOT / "book" / "references.bib").read_text())
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: book/start\nparts:\n- caption: I\n  numbered: 1\n  chapters:\n  - file: notebooks/one\n"
    )
    (tmp_path / "_config.yml").write_text("repository:\n  url: ''\n")

    def write(text="# One\n\nIt is {glue:text}`it`."):
        blank, answer = "x = ...\nx", "# solution\nx = 1\n# end\nx"
        cells = [
            nbformat.v4.new_markdown_cell(text, id="text"),
            nbformat.v4.new_code_cell(blank, id="blank", metadata={"tags": ["exercise"]}),
            nbformat.v4.new_markdown_cell("````{solution-start} ex\n````", id="start"),
            nbformat.v4.new_code_cell(answer, id="answer", metadata={"tags": ["solution"]}),
            nbformat.v4.new_markdown_cell("````{solution-end}\n````", id="end"),
        ]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "notebooks" / "one.ipynb")
        return tmp_path

    return write


def glue(root, **figures):
    outputs = {name: {"data": {"text/plain": repr(text)}} for name, text in figures.items()}
    (root / "_build" / "jupyter_execute" / "notebooks" / "one.glue.json").write_text(json.dumps(outputs))


def copy_of(root):
    return root / "lab" / "notebooks" / "one.ipynb"


def change(path, source):
    notebook = nbformat.read(path, 4)
    notebook.cells[-1].source = source
    nbformat.write(notebook, path)


def test_a_copy_has_the_figures_of_the_build_and_folds_its_solution(book):
    root = book()
    glue(root, it="0.91")
    lab.write(root, root / "lab")
    cells = nbformat.read(copy_of(root), 4).cells
    assert cells[0].source == "# One\n\nIt is 0.91."
    blank, answer = (cell for cell in cells if cell.cell_type == "code")
    assert "source_hidden" not in str(blank.metadata)
    assert answer.metadata["jupyter"] == {"source_hidden": True}
    assert answer.source == "x = 1\nx"
    assert not any("{" in cell.source for cell in cells)


def test_what_a_reader_changed_is_kept_and_named_where_the_chapter_changed_too(book):
    root = book()
    assert lab.write(root, root / "lab") == []
    change(copy_of(root), "x = 2")
    assert lab.write(root, root / "lab") == []  # the same chapter: nothing to say
    book("# One, anew")
    assert lab.write(root, root / "lab") == ["one.ipynb"]
    assert nbformat.read(copy_of(root), 4).cells[-1].source == "x = 2"


def test_what_a_reader_only_ran_is_replaced_by_a_new_chapter_and_else_keeps_its_outputs(book):
    root = book()
    lab.write(root, root / "lab")
    notebook = nbformat.read(copy_of(root), 4)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="1\n")]
    nbformat.write(notebook, copy_of(root))
    lab.write(root, root / "lab")
    assert nbformat.read(copy_of(root), 4).cells[-1].outputs
    book("# One, anew")
    assert lab.write(root, root / "lab") == []
    assert nbformat.read(copy_of(root), 4).cells[0].source == "# One, anew"


def test_a_file_of_the_readers_own_is_not_overwritten(book):
    root = book()
    copy_of(root).parent.mkdir(parents=True)
    copy_of(root).write_text("mine")
    assert lab.write(root, root / "lab") == ["one.ipynb"]
    assert copy_of(root).read_text() == "mine"


def test_copies_for_the_branch_install_what_they_need_first_and_others_install_nothing(book):
    root = book()
    lab.write(root, root / "branch", ADDRESS)
    first = next(c for c in nbformat.read(root / "branch" / "notebooks" / "one.ipynb", 4).cells if c.cell_type == "code")
    assert first.source.startswith("%pip install")
    assert f"git+{ADDRESS}" in first.source
    assert f"git+{ADDRESS}" in (root / "branch" / "requirements.txt").read_text()
    lab.write(root, root / "lab")
    assert "pip" not in copy_of(root).read_text()


def test_without_an_address_there_are_no_copies_for_a_branch(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["lab", "--for-branch", "--to", str(tmp_path / "branch")])
    monkeypatch.setattr(lab, "repository", lambda root: "")
    with pytest.raises(SystemExit) as stopped:
        lab.main()
    assert stopped.value.code == 1
    assert "_config.yml" in capsys.readouterr().err
    assert not (tmp_path / "branch").exists()


def test_numbers_of_chapters_and_equations_are_those_of_the_pages(book):
    root = book("# One\n\n```{math}\n:label: eq-a\nx\n```\n\nSee {eq}`eq-a`.")
    assert "See (1.1)." in lab.copies(root)["one"].cells[0].source
