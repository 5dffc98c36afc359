"""Pages say in the language of the book what no chapter says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.messages import LANGUAGE, phrase

DENO = Path(sys.executable).parent / "deno"
PAGE = '# A chapter\n\n**Time** 20 minutes. **You need** nothing "but time", and *Time*.\n'
USE = """
const said = [
  LANGUAGE, phrase("progress.pages", { n: 1 }), phrase("progress.pages", { n: 0 }), phrase("page.broken", { why: "x" })];
console.log(JSON.stringify(said));
"""


@pytest.fixture
def spoken(tiny_book):
    """The module, once a book is being built with it."""
    tiny_book({"index.md": PAGE}, ["spoken"], html_theme="basic")
    return sys.modules["spoken"]


@pytest.mark.slow
def test_marks_of_a_chapter_are_said_in_the_language_of_the_book(spoken, tiny_book, monkeypatch):
    monkeypatch.setattr(spoken, "MARKS", {"Time": "Zeit"})
    page = tiny_book({"index.md": PAGE}, ["spoken"], html_theme="basic")["index.html"]
    assert [word.get_text() for word in page.select("[role=main] strong")] == ["Zeit", "You need"]
    assert page.select_one("[role=main] em").get_text() == "Time"


@pytest.mark.slow
def test_a_page_has_the_messages_that_its_scripts_use(spoken, tmp_path):
    script = tmp_path / "site" / "_static" / "messages.js"
    assert '<script src="_static/messages.js' in (tmp_path / "site" / "index.html").read_text()
    (tmp_path / "use.js").write_text(script.read_text() + USE)
    done = subprocess.run([DENO, "run", "--quiet", tmp_path / "use.js"], capture_output=True, text=True)
    assert json.loads(done.stdout) == [LANGUAGE, "1 page", "0 pages", phrase("page.broken", why="x")], done.stderr
    assert "explorer.status" not in script.read_text()
