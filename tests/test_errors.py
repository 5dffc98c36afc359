"""Advice is an error that Python programmers expect, and the command line shows it as one line; other errors it does not hide."""

import click
import pytest
from click.testing import CliRunner

from helpers.__main__ import main
from helpers.errors import Advice, InvalidInput, MissingFile, Unreachable


@pytest.mark.parametrize(
    ("error", "built_in"),
    [(InvalidInput, ValueError), (MissingFile, FileNotFoundError), (Unreachable, ConnectionError)],
)
def test_each_is_the_built_in_error_and_keeps_its_message(error, built_in):
    assert issubclass(error, Advice)
    with pytest.raises(built_in, match=r"^do this instead$"):
        raise error("do this instead")


@pytest.fixture
def fail(monkeypatch):
    """fail(error, *options): the command line, whose command raises that error."""

    def run(error, *options):
        def raising():
            raise error

        monkeypatch.setitem(main.commands, "fail", click.Command("fail", callback=raising))
        return CliRunner().invoke(main, [*options, "fail"])

    return run


@pytest.mark.parametrize("error", [InvalidInput("give a folder"), MissingFile("give a folder"), Unreachable("give a folder")])
def test_the_command_line_prints_advice_as_one_line(error, fail):
    found = fail(error)
    assert found.exit_code == 1
    assert found.stderr == "Error: give a folder\n"
    assert found.stdout == ""


def test_advice_shows_where_it_comes_from_if_asked(fail):
    error = InvalidInput("give a folder")
    assert fail(error, "--traceback").exception is error


@pytest.mark.parametrize("error", [ValueError("of another library"), FileNotFoundError("nothing"), KeyError("a bug")])
def test_an_error_that_is_no_advice_comes_through_with_its_traceback(error, fail):
    found = fail(error)
    assert found.exception is error
    assert "Error: " not in found.output
