"""Marking: ``pytest book/assignments/NAME --submission FILE`` runs a notebook, adds up marks.

A test is worth the marks of its mark: ``@pytest.mark.marks("1", 2)`` is two marks of task 1. A cell
that fails costs what it was for, and the cells after it are run all the same.
"""

from collections import defaultdict
from pathlib import Path

import nbformat
import pytest

EARNED = pytest.StashKey[dict]()


class Answers:
    """What a notebook left behind; ``answers["name"]`` fails the test where there is no answer."""

    def __init__(self, path: Path):
        self.namespace: dict = {"__name__": "__submission__"}
        self.failures = []
        for number, cell in enumerate(nbformat.read(path, 4).cells):
            if cell.cell_type == "code":
                try:
                    exec(compile(cell.source, f"<cell {number}>", "exec"), self.namespace)
                except Exception as error:  # students' code may raise anything
                    self.failures.append(f"cell {number} raised {type(error).__name__}: {error}")

    def __getitem__(self, name: str):
        found = self.namespace.get(name, ...)
        if found is ... or found is None:
            pytest.fail(
                f"{name} is not answered" + "".join(f"; {failure}" for failure in self.failures),
                pytrace=False,
            )
        return found


def pytest_addoption(parser):
    parser.addoption("--submission", type=Path, help="The notebook that was handed in.")


def pytest_configure(config):
    config.addinivalue_line("markers", "marks(task, marks): what a test is worth")
    config.stash[EARNED] = defaultdict(lambda: [0, 0])


@pytest.fixture(scope="session")
def answers(request):
    path = request.config.getoption("submission")
    if path is None or not path.exists():
        pytest.fail(
            f"give the notebook that was handed in, --submission FILE; got {path}", pytrace=False
        )
    return Answers(path)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    mark = item.get_closest_marker("marks")
    if mark and (report.when == "call" or report.failed):
        task, marks = mark.args
        earned = item.config.stash[EARNED][task]
        earned[0] += marks if report.passed else 0
        earned[1] += marks


def pytest_terminal_summary(terminalreporter, config):
    earned = config.stash[EARNED]
    for task, (got, of) in sorted(earned.items()):
        terminalreporter.write_line(f"task {task}: {got} of {of}")
    if earned:
        got, of = (sum(column) for column in zip(*earned.values(), strict=True))
        terminalreporter.write_line(f"marks: {got} of {of}")
