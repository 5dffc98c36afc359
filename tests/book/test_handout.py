"""A hand-out asks all that the chapter asks and answers nothing; its blanks run, and it installs what it needs first."""

import ast
import re
import sys
from pathlib import Path

import nbformat
import pytest

from book import handout, lab

ROOT = Path(__file__).parents[2]
ADDRESS = "https://github.com/somebody/a-book"
HANDOUTS = handout.handouts(ROOT)


@pytest.fixture(params=HANDOUTS)
def chapter(request):
    """The hand-out's cells, and the chapter's."""
    return HANDOUTS[request.param].cells, nbformat.read(ROOT / "notebooks" / f"{request.param}.ipynb", 4).cells


def text_of(cells):
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def code_of(cells, tag=None):
    return [cell.source for cell in cells if cell.cell_type == "code" and (tag is None or tag in cell.metadata.get("tags", []))]


def test_no_answer_is_left_and_no_question_is_missing(chapter):
    given, whole = chapter
    assert code_of(given, "solution") == []
    assert code_of(given, "exercise") == code_of(whole, "exercise")
    assert "**Right.**" not in text_of(given)
    assert "What you should see" not in text_of(given)
    assert len(re.findall(r"^> \*\*(?:Predict|Question \d)\*\*$", text_of(given), re.MULTILINE)) == len(
        re.findall(r"^:class: (?:predict|quiz)$", text_of(whole), re.MULTILINE)
    )
    assert [solution for solution in code_of(whole, "solution") if solution in code_of(given)] == []


def test_the_first_code_cell_is_about_installing(chapter):
    given, _ = chapter
    assert "find_spec" in code_of(given)[0]


def test_no_name_is_missed_that_a_cell_left_out_had_defined(chapter):
    given, whole = chapter
    kept = {cell.id for cell in given}
    left_out = [cell for cell in whole if cell.id not in kept and cell.cell_type == "code"]
    defined = set().union(*(handout._names(cell, ast.Store) for cell in left_out))
    bound, missed = set(), set()
    for cell in given:
        bound |= handout._names(cell, ast.Store)
        missed |= (handout._names(cell, ast.Load) & defined) - bound
    assert missed == set()


def test_every_blank_runs_and_says_not_yet(chapter):
    given, _ = chapter
    namespace = {}
    trees = [ast.parse(handout.MAGIC.sub("", source)) for source in code_of(given)]
    imports = [node for tree in trees for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    exec("\n".join(map(ast.unparse, imports)), namespace)
    blanks = code_of(given, "exercise")
    assert len(blanks) == 3
    for source in blanks:
        *lines, check = source.splitlines()
        exec("\n".join(lines), namespace)
        assert repr(eval(check, namespace)).startswith("✗ Not yet.")


def test_without_the_package_the_first_cell_says_what_to_do_and_raises_nothing(capsys, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    exec(handout.WITHOUT_ADDRESS, {})
    assert "pip install" in capsys.readouterr().out
    monkeypatch.undo()
    exec(handout.WITHOUT_ADDRESS, {})
    assert capsys.readouterr().out == ""


def test_with_an_address_the_first_cell_installs_from_there():
    cells = handout.handouts(ROOT, ADDRESS, ["run-sima"])["run-sima"].cells
    assert code_of(cells)[0] == f"%pip install --quiet 'the-denoiser-remembers[book] @ git+{ADDRESS}'"
    assert sum("pip install" in source for source in code_of(cells)) == 1


def test_one_hand_out_by_itself_links_to_no_other():
    alone = text_of(handout.handouts(ROOT, chosen=["run-sima"])["run-sima"].cells)
    assert ".ipynb)" not in alone
    assert ".ipynb)" in text_of(HANDOUTS["run-sima"].cells)


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["handout", *map(str, arguments)])
    handout.main()


def test_one_chapter_is_written_that_any_notebook_program_reads(monkeypatch, tmp_path, capsys):
    run(monkeypatch, "run-sima", "--to", tmp_path)
    (written,) = tmp_path.glob("*.ipynb")
    assert written.name == "run-sima.ipynb"
    nbformat.validate(nbformat.read(written, nbformat.NO_CONVERT))
    assert "1 of 1 hand-outs" in capsys.readouterr().out


def test_a_hand_out_that_was_changed_is_kept_and_named_when_the_chapter_changes(monkeypatch, tmp_path, capsys):
    run(monkeypatch, "run-sima", "--to", tmp_path)
    mine = nbformat.read(tmp_path / "run-sima.ipynb", 4)
    mine.cells[0].source = "# Mine"
    nbformat.write(mine, tmp_path / "run-sima.ipynb")
    monkeypatch.setattr(lab, "repository", lambda root: ADDRESS)  # every hand-out is another now
    run(monkeypatch, "run-sima", "--to", tmp_path)
    assert nbformat.read(tmp_path / "run-sima.ipynb", 4).cells[0].source == "# Mine"
    assert "run-sima.ipynb was changed" in capsys.readouterr().out


def test_with_all_chapters_come_the_assignments_without_their_solutions(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(handout, "handouts", lambda *_: {"run-sima": HANDOUTS["run-sima"]})
    run(monkeypatch, "--to", tmp_path)
    assert {path.stem for path in tmp_path.glob("*.ipynb")} == {"run-sima", "assignment-1", "assignment-2"}
    assert "# solution" not in (tmp_path / "assignment-1.ipynb").read_text()
    assert "3 of 3 hand-outs" in capsys.readouterr().out


def test_an_unknown_chapter_is_refused_with_the_names_of_all(monkeypatch, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        run(monkeypatch, "run-simaa", "--to", tmp_path / "out")
    assert stopped.value.code == 1
    assert re.match(r"error: chapters must be among .*run-sima.*, got run-simaa", capsys.readouterr().err)
    assert not (tmp_path / "out").exists()
