"""Notebooks are clean, short of breath, and their exercises are their solutions, cut."""

import ast
import re
from pathlib import Path

import nbformat
import pytest
from sphinx_external_toc.parsing import parse_toc_yaml

from helpers import widgets

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
OTHERS = {"matplotlib", "pyplot", "plt", "seaborn", "sns", "plot", "hist", "boxplot", "imshow"}  # who draws, but for us


def figures_of(source):
    """Names of functions whose result is a figure, as their annotation says."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.returns]
    return {f.name for f in functions if ast.unparse(f.returns).endswith("Figure")}


ALL = {path.stem: figures_of(path.read_text()) for path in (ROOT / "helpers" / "figures").glob("[!_]*.py")}
MODULES = {module: names for module, names in ALL.items() if names}
FIGURES = {f"{module}.{name}" for module, names in MODULES.items() for name in names}


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook, tag=None):
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    return [c for c in cells if tag is None or tag in c.metadata.get("tags", [])]


def test_every_notebook_is_in_the_table_of_contents():
    listed = [str(name) for name in parse_toc_yaml(ROOT / "_toc.yml")]
    assert {name for name in listed if name.startswith("notebooks/")} == {f"notebooks/{path.stem}" for path in NOTEBOOKS}


def test_outputs_are_kept_only_where_a_test_compares_them(notebook):
    for cell in code(notebook):
        tags = set(cell.metadata.get("tags", []))
        assert ("keep_output" in tags) == ("nbval-check-output" in tags)
        assert bool(cell.outputs) == ("keep_output" in tags)
        assert cell.execution_count is None


def test_only_widgets_that_nothing_depends_on_are_left_out_of_the_second_run(notebook):
    """Building the book runs them, and a browser looks at each; nbval would compute all that they show once more."""
    cells = code(notebook)
    for i, cell in enumerate(cells):
        if "nbval-skip" in cell.metadata.get("tags", []):
            *before, last = ast.parse(cell.source).body
            assert isinstance(last, ast.Expr)
            assert last.value.func.id in widgets.__all__
            assert all(isinstance(node, ast.Assign | ast.AugAssign) for node in before)
            targets = [t for node in before for t in getattr(node, "targets", [])]
            made = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            later = "\n".join(c.source for c in cells[i + 1 :])
            assert not made & set(re.findall(r"\w+", later))


def test_code_cells_are_short(notebook):
    assert max(len(cell.source.splitlines()) for cell in code(notebook)) <= 15


def test_pictures_have_alternative_text(notebook):
    for cell in code(notebook):
        text = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        if called(cell.source) & (FIGURES | OTHERS):
            assert len(text) > 40, cell.source
            assert not re.match(r"(a |the )?(figure|picture|image|plot)\b", text, re.IGNORECASE), text
        else:
            assert not text, cell.source


def test_every_module_of_figures_is_looked_for_and_shown():
    notebooks = [nbformat.read(path, as_version=4) for path in NOTEBOOKS]
    shown = FIGURES & set().union(*(called(cell.source) for notebook in notebooks for cell in code(notebook)))
    assert {name.split(".")[0] for name in shown} == set(MODULES)
    imports = [node for notebook in notebooks for node in imported(notebook) if isinstance(node, ast.ImportFrom)]
    names = [a for node in imports if node.module == "helpers.figures" for a in node.names]
    assert {a.asname or a.name for a in names} == set(MODULES)  # under another name a figure would not be found


def test_a_chapter_has_its_anatomy(notebook):
    text = "\n".join(cell.source for cell in notebook.cells)
    for part in (
        "In this chapter",
        "**Time**",
        "**You need**",
        "{admonition} Predict\n:class: predict\n",
        "Touch it",
        "## Exercises",
        "On one card",
        "Further reading",
        "{cite:t}",
    ):
        assert part in text, part
    _, quiz = text.split("\n## Check yourself\n")
    assert quiz.split("\n## On one card\n")[0].count(":class: quiz\n") == 3
    goals = text.split("**You will be able to**")[1].split("**Time**")[0]
    assert goals.count("\n- ") == 3


def test_exercises_are_solutions_cut_and_solutions_are_right(notebook):
    exercises, solutions = code(notebook, "exercise"), code(notebook, "solution")
    assert len(exercises) == len(solutions) == 3
    namespace = {}
    exec("\n".join(map(ast.unparse, imported(notebook))), namespace)
    if "alphas_cumprod" in solutions[1].source:
        exec("alphas_cumprod = linear_scheduler().alphas_cumprod", namespace)
    for exercise, solution in zip(exercises, solutions, strict=True):
        assert exercise.source == cut(solution.source)
        assert not verdict(exercise.source, namespace).right
        assert verdict(solution.source, namespace).right


def called(source):
    """Who is called: "plots.roc" for a function of that module, and every part of the name by itself."""
    calls = [ast.unparse(node.func) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {*calls, *(part for call in calls for part in re.findall(r"\w+", call))}


def imported(notebook):
    return [node for c in code(notebook) for node in ast.parse(c.source).body if isinstance(node, ast.Import | ast.ImportFrom)]


def cut(source):
    """What a reader starts from: everything from `# solution` to `# end` becomes `return ...`, or `name = ...`."""
    body = re.search(r"^( *)# solution\n(.*?)^ *# end\n?", source, re.DOTALL | re.MULTILINE)
    indent, answer = body.groups()
    blank = f"{indent}return ...\n" if indent else f"{answer.split(' = ')[0]} = ...\n"
    return source.replace(body.group(0), blank)


def verdict(source, namespace):
    *lines, check = source.splitlines()
    exec("\n".join(lines), namespace)
    return eval(check, namespace)
