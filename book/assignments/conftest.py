"""Marking runs a notebook and adds up marks:

    .venv/bin/pytest book/assignments/NAME --submission FILE

A test is worth the marks of its mark: ``@pytest.mark.marks("1", 2)`` is two marks of task 1. Its
name says what an answer does; where one does not, name and answer stand below the task, in a line.
A cell that fails costs what it was for, and the cells after it are run all the same.
"""

import signal
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten

import nbformat
import pytest
from IPython.core.inputtransformer2 import TransformerManager

NOTEBOOK = pytest.StashKey[nbformat.NotebookNode]()
FAILED_CELLS = pytest.StashKey[list]()
EARNED = pytest.StashKey[dict]()


class TooLong(BaseException):
    """A BaseException: an ``except Exception`` in a student's endless loop does not catch it."""


@contextmanager
def limit(seconds: int):
    """Stop Python code after so long, where the system has such a clock (Windows has none)."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(*_):
        raise TooLong(f"stopped after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Shell:
    """For lines such as ``%matplotlib inline`` and ``!ls``: what they hold of Python is run."""

    def __init__(self, namespace: dict):
        self.namespace = namespace

    def run_cell_magic(self, magic: str, line: str, body: str):
        if magic in ("time", "timeit", "capture"):
            exec(body, self.namespace)

    def run_line_magic(self, magic: str, line: str, *_, **__):
        if magic == "time":
            exec(line, self.namespace)

    def __getattr__(self, name: str):
        return lambda *_, **__: None


class Answers:
    """What a notebook left behind; ``answers["name"]`` fails the test where there is no answer."""

    def __init__(self, notebook: nbformat.NotebookNode, seconds: int):
        self.namespace: dict = {"__name__": "__submission__"}
        self.namespace["get_ipython"] = lambda: Shell(self.namespace)
        self.seconds, self.failures, self.given = seconds, [], ""
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for number, cell in enumerate(cells, 1):
            try:
                source = TransformerManager().transform_cell(cell.source)
                with limit(seconds):
                    exec(compile(source, f"<code cell {number}>", "exec"), self.namespace)
            except (Exception, SystemExit, TooLong) as error:  # students' code may raise anything
                self.failures.append(f"code cell {number} {raised(error)}")

    def __getitem__(self, name: str):
        found = self.namespace.get(name, ...)
        if blank(found) or found is None:
            pytest.fail(f"{name} is not answered", pytrace=False)
        if not callable(found):
            self.given = f"{name} is {shown(found)}"
            return found

        def call(*arguments):
            try:
                with limit(self.seconds):
                    given = found(*arguments)
            except (Exception, SystemExit, TooLong) as error:
                pytest.fail(f"{name} {raised(error)}", pytrace=False)
            if blank(given):
                pytest.fail(f"{name} is not answered", pytrace=False)
            self.given = f"{name} gave {shown(given)}"
            return given

        return call


def blank(answer) -> bool:
    return answer is ... or (isinstance(answer, tuple | list) and any(map(blank, answer)))


def shown(answer) -> str:
    return shorten(repr(answer), 100, placeholder=" …")


def raised(error: BaseException) -> str:
    return f"raised {type(error).__name__}: {shorten(str(error), 100, placeholder=' …')}"


def pytest_addoption(parser):
    parser.addoption("--submission", type=Path, help="The notebook that was handed in.")
    parser.addoption(
        "--seconds", type=int, default=600, help="The most that one cell, or one call, may take."
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    config.addinivalue_line("markers", "marks(task, marks): what a test is worth")
    config.stash[EARNED] = defaultdict(list)
    config.stash[FAILED_CELLS] = []
    config.option.reportchars, config.option.disable_warnings = "", True  # marks are the last line
    config.option.verbose = -2
    if config.option.tbstyle == "auto":
        config.option.tbstyle = "no"
    path = config.getoption("submission")
    if path is None or not path.is_file():
        raise pytest.UsageError(
            f"give the notebook that was handed in, --submission FILE; got {path}"
        )
    try:
        config.stash[NOTEBOOK] = nbformat.read(path, 4)
    except Exception as error:  # each broken file breaks another part of the reader
        raise pytest.UsageError(f"{path} is not a notebook: {raised(error)}") from None


@pytest.fixture(scope="session")
def answers(request):
    config = request.config
    found = Answers(config.stash[NOTEBOOK], config.getoption("seconds"))
    config.stash[FAILED_CELLS] = found.failures
    return found


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    answers = item.funcargs.get("answers")
    report = (yield).get_result()
    mark = item.get_closest_marker("marks")
    if mark and (report.when == "call" or report.failed):
        task, marks = mark.args
        why = "" if report.passed else reason(item.name, call.excinfo, answers)
        item.config.stash[EARNED][task].append((report.passed * marks, marks, why))
        if answers:
            answers.given = ""


def reason(test: str, caught: pytest.ExceptionInfo, answers: Answers | None) -> str:
    """What the test asked for, and what was there, in one line."""
    if caught.errisinstance(pytest.fail.Exception):
        found = str(caught.value)
    elif caught.errisinstance(KeyError):
        found = f"there is no entry {caught.value}"
    else:
        found = (answers and answers.given) or raised(caught.value)
    return f"{test.removeprefix('test_').replace('_', ' ')}; {found}"


def pytest_terminal_summary(terminalreporter, config):
    earned = config.stash[EARNED]
    for failure in config.stash[FAILED_CELLS]:
        terminalreporter.write_line(failure)
    for task, tests in sorted(earned.items()):
        got, of = sum(test[0] for test in tests), sum(test[1] for test in tests)
        terminalreporter.write_line(f"task {task}: {got} of {of}")
        for marks, worth, why in tests:
            if not marks:
                terminalreporter.write_line(f"  -{worth}, not so: {why}")
    if earned:
        got, of = (sum(test[k] for tests in earned.values() for test in tests) for k in (0, 1))
        terminalreporter.write_line(f"marks: {got} of {of}")
