"""Assignments: a hand-out without answers, a rubric that adds up, and marks that are what the rubric says."""

import ast
import contextlib
import io
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import yaml

from book.assessment import ASSIGNMENTS, NAMES, cut, file_name, hand_out, read_rubric, rubric, worked, write_hand_outs
from helpers.errors import InvalidInput

ROOT = Path(__file__).parents[2]


def marks_given(name, path, capsys):
    """{task: marks}, as plain pytest prints them for a notebook that was handed in."""
    pytest.main([str(ASSIGNMENTS / name), "--submission", str(path), "-p", "no:nbval"])
    return {task: int(got) for task, got in re.findall(r"^task (\d+): (\d+) of", capsys.readouterr().out, re.MULTILINE)}


def marks_of_tests(name):
    """{task: marks}, as the tests are worth them."""
    worth = Counter()
    for node in ast.parse((ASSIGNMENTS / name / "test_marks.py").read_text()).body:
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.marks":
                task, marks = (argument.value for argument in decorator.args)
                worth[task] += marks
    return dict(worth)


def shown(notebook):
    """What the last line of each cell shows and what cells print; a cell that raises fails the test."""
    namespace, said = {}, []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            *lines, last = ast.parse(cell.source).body
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(compile(ast.Module(lines, []), "<cell>", "exec"), namespace)
                if isinstance(last, ast.Expr):
                    value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)
                else:
                    value = exec(compile(ast.Module([last], []), "<cell>", "exec"), namespace)
            said.append(printed.getvalue() + ("" if value is None else repr(value)))
    return said


@pytest.mark.parametrize("name", NAMES)
def test_the_hand_out_has_every_task_and_no_answer(name):
    notebook, solved = hand_out(name), worked(name)
    text = "\n".join(cell.source for cell in notebook.cells)
    tasks = [str(task["task"]) for task in read_rubric(name)["tasks"]]
    assert re.findall(r"^## Task (\d+): .* \(\d marks\)$", text, re.MULTILINE) == tasks
    assert "# solution" not in text
    assert "# end" not in text
    blanks = [c for c, s in zip(notebook.cells, solved.cells, strict=True) if c.source != s.source]
    assert len(blanks) == len(tasks)
    assert all(re.search(r"(return|=) \.\.\.$", cell.source, re.MULTILINE) for cell in blanks)
    assert all(len(line) <= 100 for c in notebook.cells if c.cell_type == "code" for line in c.source.splitlines())


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_in_the_repository_has_no_outputs(name):
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in worked(name).cells)


@pytest.mark.parametrize("name", NAMES)
def test_the_rubric_adds_up_to_what_tests_and_hand_out_say(name):
    said = read_rubric(name)
    marks = {task["task"]: task["marks"] for task in said["tasks"]}
    assert marks == marks_of_tests(name)
    assert sum(marks.values()) == 20
    assert sum(line["marks"] for line in said["by_hand"]) == 5
    text = "\n".join(cell.source for cell in hand_out(name).cells)
    assert dict(re.findall(r"^## Task (\d+): .* \((\d) marks\)$", text, re.MULTILINE)) == {t: str(m) for t, m in marks.items()}
    assert all(f"## Task {task['task']}: {task['title']} (" in text for task in said["tasks"])
    for task in said["tasks"]:
        assert sum(int(n) for n in re.findall(r"(\d) (?:for|where)", task["part"])) == task["marks"]


@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_marks_look_up_in_an_answer_is_named_in_the_hand_out(name):
    looked_up = set(re.findall(r'found\["(\w+)"\]', (ASSIGNMENTS / name / "test_marks.py").read_text()))
    text = "\n".join(cell.source for cell in hand_out(name).cells if cell.cell_type == "markdown")
    assert looked_up
    assert {key for key in looked_up if f'`"{key}"`' not in text} == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_rubric_shows_typical_answers_and_no_code(name):
    said, text = read_rubric(name), rubric(name)
    assert len(said["mistakes"]) == 3
    assert all(mistake["says"] in text for mistake in said["mistakes"])
    assert "def " not in text


def test_a_cell_is_cut_at_each_of_its_answers():
    value = "x = 1\n# solution\nanswer = [1,\n  2]\n# end\n"
    function = "\n\ndef f(a):\n    # solution\n    b = a\n    return b\n    # end\n\n\nf(1)"
    assert cut(value + function) == "x = 1\nanswer = ...\n\n\ndef f(a):\n    return ...\n\n\nf(1)"


def test_an_unknown_assignment_is_named():
    with pytest.raises(InvalidInput, match="an assignment is one of measure-honestly, train-and-audit, got 'essay'"):
        worked("essay")


def test_solutions_stay_out_of_the_site_and_out_of_what_it_offers(tmp_path):
    settings = yaml.safe_load((ROOT / "_config.yml").read_text())
    assert settings["only_build_toc_files"]
    assert "assignments" not in (ROOT / "_toc.yml").read_text()
    write_hand_outs(tmp_path)
    offered = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert set(offered) == {"assignment-1.ipynb", "assignment-2.ipynb"}
    assert all("# solution" not in text for text in offered.values())
    page = (ROOT / "book" / "assessment.md").read_text()
    assert all(f'href="../hand-outs/{name}" download' in page for name in offered)
    chapters = {path.name for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert not chapters & set(offered), "students put a hand-out beside the chapters"


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_worked_solution_gets_full_marks(name, capsys):
    path = ASSIGNMENTS / name / "worked.ipynb"
    assert marks_given(name, path, capsys) == marks_of_tests(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_empty_hand_out_gets_nothing_and_its_cells_say_not_yet(name, tmp_path, capsys):
    write_hand_outs(tmp_path)
    said = "\n".join(shown(hand_out(name)))
    assert said.count("Not yet") == len(read_rubric(name)["tasks"])
    assert marks_given(name, tmp_path / f"{file_name(name)}.ipynb", capsys) == dict.fromkeys(marks_of_tests(name), 0)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "i"), [(name, i) for name in NAMES for i in range(3)])
def test_a_typical_wrong_answer_gets_the_marks_of_the_rubric(name, i, tmp_path, capsys):
    mistake = read_rubric(name)["mistakes"][i]
    notebook, defined = worked(name), mistake["code"].split("(")[0]
    place = next(k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code" and f"{defined}(" in cell.source)
    notebook.cells = [cell for cell in notebook.cells[:place] if "train()" not in cell.source]  # its task alone is looked at
    notebook.cells.append(nbformat.v4.new_code_cell(mistake["code"], id="wrong"))
    path = tmp_path / "handed-in.ipynb"
    path.write_text(nbformat.writes(notebook))
    assert marks_given(name, path, capsys)[mistake["task"]] == mistake["gets"]


@pytest.mark.slow
def test_a_cell_that_fails_does_not_cost_the_tasks_after_it(tmp_path, capsys):
    solved = next(c for c in worked("measure-honestly").cells if "def least_base_rate" in c.source).source
    cells = ["raise RuntimeError('mine')", solved.split("\n\n\ntry_example")[0]]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c, id=str(i)) for i, c in enumerate(cells)])
    path = tmp_path / "handed-in.ipynb"
    path.write_text(nbformat.writes(notebook))
    given = marks_given("measure-honestly", path, capsys)
    assert {task: marks for task, marks in given.items() if marks} == {"4": 3}


@pytest.mark.slow
def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    pytest.main([str(ASSIGNMENTS / "measure-honestly"), "--submission", str(tmp_path / "nobody.ipynb"), "-p", "no:nbval"])
    said = capsys.readouterr().out
    assert "give the notebook that was handed in, --submission FILE; got" in said
    assert "nobody.ipynb" in said
    assert re.search(r"^marks: 0 of 20$", said, re.MULTILINE)
