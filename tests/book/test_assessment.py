"""Assignments: a hand-out without answers, a rubric that adds up, and marks that are what the rubric says."""

import ast
import contextlib
import importlib.util
import io
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import torch
import yaml

from book.assessment import ASSIGNMENTS, NAMES, cut, file_name, hand_out, mistakes, read_rubric, rubric, worked, write_hand_outs
from helpers.errors import InvalidInput
from helpers.evaluation import evaluate
from helpers.exercises.example import try_example

ROOT = Path(__file__).parents[2]


def marked(name, path, capsys):
    """What plain pytest prints for a notebook that was handed in."""
    pytest.main([str(ASSIGNMENTS / name), "--submission", str(path), "-p", "no:nbval"])
    return "".join(capsys.readouterr())


def marks_given(name, path, capsys):
    """{task: marks}, as they are printed."""
    return {task: int(got) for task, got in re.findall(r"^task (\d+): (\d+) of", marked(name, path, capsys), re.MULTILINE)}


def handed_in(path, *sources):
    """A notebook with a title and these code cells."""
    code = [nbformat.v4.new_code_cell(source, id=f"c{i}") for i, source in enumerate(sources)]
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Mine", id="title"), *code])))
    return path


def left_behind(tmp_path, *sources, seconds=60):
    """What the marking finds in a notebook with these code cells."""
    spec = importlib.util.spec_from_file_location("marking", ASSIGNMENTS / "conftest.py")
    marking = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(marking)
    return marking.Answers(nbformat.read(handed_in(tmp_path / "handed-in.ipynb", *sources), 4), seconds)


def refusal(ask):
    """What a test says that fails where an answer is asked for."""
    with pytest.raises(pytest.fail.Exception) as caught:
        ask()
    return str(caught.value)


def example_of(name, task):
    """``check(answer)``: what the example below a task says of it."""
    source = next(
        c.source
        for c in hand_out(name).cells
        if c.cell_type == "code" and f"try_example({task}," in re.sub(r"\(\s+", "(", c.source)
    )
    *lines, last = ast.parse(source).body
    setting = [line for line in lines if not isinstance(line, ast.FunctionDef)]

    def check(answer):
        namespace = {"torch": torch, "try_example": try_example, task: answer}
        exec(compile(ast.Module(setting, []), "<cell>", "exec"), namespace)
        return eval(compile(ast.Expression(last.value), "<cell>", "eval"), namespace)

    return check


def auc(members, held_out):
    return float(evaluate(members, held_out, bootstrap=0).auc)


def aucs(part):
    return [auc(m, h) for m, h in zip(*part, strict=True)]


def best(values):
    return values.index(max(values))


def drawn(members, held_out, draws, sizes, level=0.95):
    """A bootstrap interval that draws so many members and so many held-out images; 0 leaves a group as it is."""
    generator = torch.Generator().manual_seed(1)

    def draw(scores, size):
        return scores[torch.randint(len(scores), (size,), generator=generator)] if size else scores

    values = torch.tensor([auc(draw(members, sizes[0]), draw(held_out, sizes[1])) for _ in range(draws)])
    return values.quantile(torch.tensor([(1 - level) / 2, (1 + level) / 2]))


def rates(members, held_out, threshold):
    return (members > threshold).double().mean(), (held_out > threshold).double().mean()


def top(scores, k):
    return scores.sort(descending=True).values[k]


def lowest_loss(probes, keeps):
    return min((p for p in probes if keeps(p)), key=lambda p: p["held_out_loss"])["step"]


def mixed(p, x, t, noise, a, keeps=lambda a: a.sqrt(), adds=lambda a: (1 - a).sqrt(), target=None, tells=None):
    a = a[t].reshape(-1, 1, 1, 1)
    given = p(keeps(a) * x + adds(a) * noise, t if tells is None else tells)
    return (given - (noise if target is None else target)).square().mean()


MISCONCEPTIONS = {  # {(assignment, task): {what somebody thinks: their answer}}
    ("measure-honestly", "reported"): {
        "the best AUC of the evaluation part": lambda known, asked: (best(aucs(asked)), max(aucs(asked))),
        "the best AUC of the calibration part": lambda known, asked: (best(aucs(known)), max(aucs(known))),
        "the choice of one part with the best of the other": lambda known, asked: (best(aucs(known)), max(aucs(asked))),
    },
    ("measure-honestly", "interval"): {
        "a constant": lambda m, h, draws=0: (1.0, 1.0),
        "members alone": lambda m, h, draws=0: drawn(m, h, 1000, (len(m), 0)),
        "held-out images alone": lambda m, h, draws=0: drawn(m, h, 1000, (0, len(h))),
        "as many of both": lambda m, h, draws=0: drawn(m, h, 1000, (len(m), len(m))),
        "a 90 % interval": lambda m, h, draws=0: drawn(m, h, 2000, (len(m), len(h)), 0.9),
    },
    ("measure-honestly", "decided"): {
        "at the threshold, too": lambda k, m, h, fpr: rates(m, h, top(k, int(fpr * len(k))) - 1e-6),
        "a quantile": lambda k, m, h, fpr: rates(m, h, k.quantile(1 - fpr)),
        "the evaluation part's threshold": lambda k, m, h, fpr: rates(m, h, top(h, int(fpr * len(h)))),
        "one image too few": lambda k, m, h, fpr: rates(m, h, top(k, int(fpr * len(k)) - 1)),
        "from the other end": lambda k, m, h, fpr: rates(m, h, k.sort().values[int(fpr * len(k))]),
        "shares of the accused": lambda k, m, h, fpr: (0.5, 0.5),
    },
    ("measure-honestly", "least_base_rate"): {
        "as common as wanted": lambda t, f, wanted: wanted,
        "one in the rates": lambda t, f, wanted: f / (t + f),
        "its complement": lambda t, f, wanted: 1 - t / (t + f),
        "the share of others": lambda t, f, w: t * (1 - w) / (t * (1 - w) + f * w),
        "the precision": lambda t, f, w: t * w / (t * w + f * (1 - w)),
    },
    ("train-and-audit", "noise_loss"): {
        "no roots": lambda *given: mixed(*given, keeps=lambda a: a, adds=lambda a: 1 - a),
        "the roots swapped": lambda *given: mixed(*given, keeps=lambda a: (1 - a).sqrt(), adds=lambda a: a.sqrt()),
        "the image as target": lambda p, x, *rest: mixed(p, x, *rest, target=x),
        "one timestep for all": lambda p, x, t, *rest: mixed(p, x, t[:1].expand(len(t)), *rest),
        "another timestep told": lambda p, x, t, *rest: mixed(p, x, t, *rest, tells=torch.zeros_like(t)),
        "a sum": lambda p, x, *rest: mixed(p, x, *rest) * x.numel(),
    },
    ("train-and-audit", "publish"): {
        "the AUC itself": lambda probes, limit: lowest_loss(probes, lambda p: p["auc"] <= limit),
        "the lower end": lambda probes, limit: lowest_loss(probes, lambda p: p["low"] <= limit),
        "no limit": lambda probes, limit: lowest_loss(probes, lambda p: True),
        "the first": lambda probes, limit: probes[0]["step"],
        "the last that keeps it": lambda probes, limit: [p["step"] for p in probes if p["high"] <= limit][-1],
        "the most private": lambda probes, limit: min(probes, key=lambda p: p["high"])["step"],
    },
}


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
def test_typical_answers_stand_beside_the_rubric_and_not_on_the_page(name):
    said, page, beside = read_rubric(name), rubric(name), mistakes(name)
    assert len(said["mistakes"]) == 3
    assert all(mistake["says"] in beside for mistake in said["mistakes"])
    assert not any(mistake["says"] in page for mistake in said["mistakes"])
    assert "def " not in page + beside


@pytest.mark.parametrize("name", NAMES)
def test_the_hand_out_names_what_is_marked_by_hand(name):
    text = "\n".join(cell.source for cell in hand_out(name).cells)
    assert [line["criterion"] for line in read_rubric(name)["by_hand"] if f"- {line['criterion']}" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_hand_out_says_which_tasks_have_an_example_how_long_it_takes_and_what_to_read(name):
    cells = hand_out(name).cells
    first = cells[0].source
    tasks, with_example = "", []
    for cell in cells:
        tasks = "".join(re.findall(r"^## Task (\d+)", cell.source, re.MULTILINE)) or tasks
        with_example += [tasks] if re.search(r"^try_example\(", cell.source, re.MULTILINE) else []
    low, word, high = re.search(r"Below tasks (\d) (to|and) (\d) one example", first).groups()
    said = [low, high] if word == "and" else [str(k) for k in range(int(low), int(high) + 1)]
    assert said == with_example
    assert "**Time**" in first
    linked = re.findall(r"\]\(([\w-]+\.ipynb)\)", first)
    assert len(linked) >= 3
    assert all((ROOT / "notebooks" / chapter).exists() for chapter in linked)


@pytest.mark.parametrize(
    ("name", "task"), [pytest.param(*case, marks=[pytest.mark.slow] * (case[1] == "interval")) for case in MISCONCEPTIONS]
)
def test_an_example_tells_mistakes_from_the_solution(name, task):
    check, solution = example_of(name, task), {"torch": torch, "auc": auc}
    cell = next(c.source for c in worked(name).cells if c.cell_type == "code" and f"def {task}(" in c.source)
    functions = [node for node in ast.parse(cell).body if isinstance(node, ast.FunctionDef)]
    exec(compile(ast.Module(functions, []), "<cell>", "exec"), solution)
    assert repr(check(solution[task])).startswith("✓ Agrees with the example.")
    assert [thought for thought, answer in MISCONCEPTIONS[name, task].items() if check(answer).right] == []


def test_every_example_is_tried_with_mistakes():
    sources = [re.sub(r"\(\s+", "(", cell.source) for name in NAMES for cell in hand_out(name).cells]
    tried = {task for source in sources for task in re.findall(r"^try_example\((\w+),", source, re.MULTILINE)}
    assert tried == {task for _, task in MISCONCEPTIONS}


def test_lines_for_jupyter_cost_nothing(tmp_path):
    cells = ["%matplotlib inline\nanswer = 1", "!ls\n%time timed = 2", "%%time\nwhole = 3", "files = !ls\nafter = 4"]
    answers = left_behind(tmp_path, *cells)
    assert not answers.failures
    assert [answers[name] for name in ("answer", "timed", "whole", "after")] == [1, 2, 3, 4]


def test_a_cell_that_leaves_or_never_ends_costs_itself_alone(tmp_path):
    cells = [
        "import sys\nsys.exit()",
        "while True:\n    try:\n        pass\n    except Exception:\n        pass",
        "answer = 4",
        "x =",
    ]
    answers = left_behind(tmp_path, *cells, seconds=1)
    assert answers["answer"] == 4
    assert [failure.split(":")[0] for failure in answers.failures] == [
        "code cell 1 raised SystemExit",
        "code cell 2 raised TooLong",
        "code cell 4 raised SyntaxError",
    ]
    assert "stopped after 1 s" in answers.failures[1]


def test_an_answer_that_is_called_says_in_one_line_what_came_of_it(tmp_path):
    cell = (
        "import sys\ndef half(x): return ...\ndef pair(x): return 1, ...\ndef out(x): sys.exit(2)\ndef bad(x): return x['no\\n']"
    )
    loop = "def loop(x):\n    while True: pass\ndef right(x): return 2 * x\nempty = [..., ...]"
    answers = left_behind(tmp_path, cell, loop, seconds=1)
    assert refusal(lambda: answers["half"](1)) == "half is not answered"
    assert refusal(lambda: answers["pair"](1)) == "pair is not answered"
    assert refusal(lambda: answers["empty"]) == "empty is not answered"
    assert refusal(lambda: answers["nowhere"]) == "nowhere is not answered"
    assert refusal(lambda: answers["out"](1)) == "out raised SystemExit: 2"
    assert refusal(lambda: answers["loop"](1)) == "loop raised TooLong: stopped after 1 s"
    assert refusal(lambda: answers["bad"]({})) == "bad raised KeyError: 'no\\n'"
    assert answers["right"](3) == 6
    assert answers.given == "right gave 6"


BROKEN = {
    "text": "an essay",
    "list": "[1, 2]",
    "object": "{}",
    "half": '{"cells": [{"cell_type": "code"',
    "bytes": b"\xff\xfe\x00",
    "no cells": '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
}


@pytest.mark.parametrize("kind", [*BROKEN, "folder", "missing"])
def test_a_file_that_is_no_notebook_is_refused_in_one_line_and_gets_no_marks(kind, tmp_path, capsys):
    path = tmp_path / f"{kind}.ipynb"
    if kind in BROKEN:
        content = BROKEN[kind]
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    elif kind == "folder":
        path.mkdir()
    said = marked("measure-honestly", path, capsys).strip()
    assert len(said.splitlines()) == 1
    assert str(path) in said
    assert re.match("ERROR: (give the notebook that was handed in, --submission FILE; got|.* is not a notebook:)", said)


@pytest.mark.slow
def test_the_marks_come_last_and_a_lost_mark_says_in_one_line_what_was_given(tmp_path, capsys):
    wrong = "def reported(known, asked):\n    return 2, 0.5\nverdicts = {}"
    cells = [wrong, "x =", "def decided(*asked):\n    return 1 / 0"]
    said = marked("measure-honestly", handed_in(tmp_path / "ada.ipynb", *cells), capsys).strip().splitlines()
    assert said[-1] == "marks: 0 of 20"
    assert any(line.startswith("code cell 2 raised SyntaxError") for line in said)
    assert "  -2, not so: the timestep is chosen on the calibration part; reported gave (2, 0.5)" in said
    assert (
        "  -1, not so: equal scores at the threshold are not accused; decided raised ZeroDivisionError: division by zero" in said
    )
    assert "  -1, not so: a fair audit is believed whatever it finds; there is no entry 1" in said
    assert all(re.match(r"[F.]+ +\[100%\]|code cell|task \d: \d of \d$|  -\d, not so: |marks: ", line) for line in said)


@pytest.mark.slow
def test_a_timestep_that_was_chosen_wrongly_costs_its_marks_in_task_1_alone(tmp_path, capsys):
    shapes = "import torch\ng = torch.Generator().manual_seed(0)\n"
    parts = "calibration, evaluation = (tuple(torch.randn(11, 40, generator=g) for _ in range(2)) for _ in range(2))\n"
    helper = "from helpers.evaluation import evaluate\ndef auc(m, h): return float(evaluate(m, h, bootstrap=0).auc)\n"
    mistake = next(m for m in read_rubric("measure-honestly")["mistakes"] if m["task"] == "1")
    found = "at, value = reported(calibration, evaluation)\nfound = {'timestep': 20 * at, 'auc': value}"
    path = handed_in(tmp_path / "ada.ipynb", shapes + parts + helper + mistake["code"] + found)
    assert {task: got for task, got in marks_given("measure-honestly", path, capsys).items() if got} == {"1": 1, "6": 1}


@pytest.mark.slow
def test_part_marks_of_task_3_ask_for_what_they_say(tmp_path, capsys):
    said = "import torch\ndef decided(known, members, held_out, fpr):\n    threshold = {}\n"
    said += "    return tuple((s {} threshold).double().mean() for s in (members, held_out))"
    counted = "known.sort(descending=True).values[int(fpr * len(known))]"
    for threshold, above, marks in ((counted, ">", 4), (counted, ">=", 2), ("known.quantile(1 - fpr)", ">", 1)):
        path = handed_in(tmp_path / "ada.ipynb", said.format(threshold, above))
        assert marks_given("measure-honestly", path, capsys)["3"] == marks


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


def test_the_page_marks_with_the_books_own_pytest_and_hides_no_marks():
    page = (ROOT / "book" / "assessment.md").read_text()
    commands = re.findall(r"^.*pytest book/assignments.*$", page, re.MULTILINE)
    assert len(commands) == 2
    assert all(command.strip().startswith(".venv/bin/pytest ") and "|" not in command for command in commands)
    assert page.count(":class: dropdown\n\n% course rubric: ") == len(NAMES), "the rubrics are folded"


def test_the_semester_asks_for_no_assignment_before_its_chapters():
    semester = (ROOT / "book" / "teaching-plans.md").read_text().split("## A semester of twelve weeks")[1]
    weeks = {int(n): text for n, text in re.findall(r"### Week (\d+): .*?\n(.*?)(?=\n### |\n## )", semester, re.DOTALL)}
    for number, name in enumerate(NAMES, 1):
        due = next(week for week, text in weeks.items() if f"Assignment {number} is due" in text)
        needed = re.findall(r"\(([\w-]+)\.ipynb\)", hand_out(name).cells[0].source)
        read = " ".join(text for week, text in weeks.items() if week <= due)
        assert [chapter for chapter in needed if chapter not in read] == []
