"""What a teacher plans with, in Markdown: made from the chapters, for the pages of the part *For teachers*.

A page says where something goes by a line that begins with ``% course``, which is a comment to everything else.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from book._extensions.running import spoken
from book.chapters import MINUTES_AN_EXERCISE, WORDS_A_MINUTE, Chapter, read_chapters
from book.course_map import arcs, draw, helpful
from book.lab import run_times
from helpers.errors import InvalidInput

MARK = re.compile(r"^% course (\w[\w-]*)(?:: *(.*))?$", re.MULTILINE)
SETTING = re.compile(r"\[([^\]]+)\]\((\.\./notebooks/[\w-]+)\.ipynb#([\w-]+\?[^)\s]+)\)")


class Course:
    """The chapters of a book, and what is said of them."""

    def __init__(self, root: Path):
        self.root = root
        self.chapters = read_chapters(root)
        self.named = {chapter.name: chapter for chapter in self.chapters}
        self.seconds = run_times(root)

    def outcomes(self) -> str:
        """A table: each chapter with what its readers will be able to do."""
        rows = [f"| {link(c)} | {'<br>'.join(f'• {outcome}' for outcome in c.outcomes)} |" for c in self.chapters]
        return _table(("chapter", "after it, students can"), rows)

    def map(self) -> str:
        """The drawing of what builds on what, and the same as a list."""
        needed, helping = arcs(self.chapters), helpful(self.chapters)
        lines = []
        for chapter in self.chapters:
            before = [link(self.named[a]) for a, b in needed if b == chapter.name]
            also = [link(self.named[a]) for a, b in helping if b == chapter.name]
            said = f"needs {_and(before)}" if before else "needs no other chapter"
            helped = f"; {_and(also)} {'help' if len(also) > 1 else 'helps'}" if also else ""
            lines.append(f"- {link(chapter)} {said}{helped}.")
        listed = "\n".join(lines)
        return f"{draw(self.chapters)}\n\n```{{admonition}} The same as a list\n:class: dropdown note\n{listed}\n```"

    def times(self) -> str:
        """How times are counted; and a table: minutes for text and exercises, and how long the code ran in the last build."""
        easy, medium, hard = MINUTES_AN_EXERCISE.values()
        said = (
            f"**Text** is counted at {WORDS_A_MINUTE} words per minute, plus half a minute for each equation that stands by "
            "itself. Playing with a widget comes on top: allow five to ten minutes. **Exercises** are three in each chapter: "
            f"{easy}, {medium} and {hard} minutes for one with one, two and three stars. **Its code** was measured where these "
            "pages were built. The line *Time* of a chapter is its text and its exercises together, to about five minutes."
        )
        rows = [f"| {link(c)} | {c.reading} min | {c.practice} min | {self._code(c)} |" for c in self.chapters]
        text, practice = (_hours(sum(minutes)) for minutes in zip(*((c.reading, c.practice) for c in self.chapters), strict=True))
        total = f"| all chapters | {text} | {practice} | |"
        table = _table(("chapter", "text", "exercises", "its code"), [*rows, total], "course course-times")
        return f"{said}\n\n{table}"

    def session(self, names: str) -> str:
        """The chapters of one session, with their times.

        Raises:
            ValueError: a name that is no chapter's.
        """
        asked = [name.strip() for name in names.split(",")]
        unknown = [name for name in asked if name not in self.named]
        if unknown:
            raise InvalidInput(f"no chapter is called {', '.join(unknown)}; see notebooks/")
        found = [self.named[name] for name in asked]
        text, practice = sum(c.reading for c in found), sum(c.practice for c in found)
        return f"**Chapters** {_and([link(c) for c in found])} (text {text} min, exercises {practice} min)."

    def notes(self, name: str) -> str:
        """The heading of a chapter's notes, or nothing while it is to be written.

        Raises:
            ValueError: a name that is no chapter's.
        """
        if name not in self.named:
            raise InvalidInput(f"no chapter is called {name}; see notebooks/")
        return f"(notes-{name})=\n### {link(self.named[name])}\n\n*{self.named[name].asks}*"

    def _code(self, chapter: Chapter) -> str:
        seconds = self.seconds.get(chapter.name)
        return spoken(seconds) if seconds else "–"


def expand(text: str, sections: dict[str, Callable[..., str]]) -> str:
    """A page with what its marks ask for, and with links to the settings of widgets as a browser needs them.

    Raises:
        ValueError: a mark that no section is for.
    """

    def made(mark: re.Match) -> str:
        kind, argument = mark[1], mark[2]
        if kind not in sections:
            raise InvalidInput(f"'% course {kind}' is not known; there are {', '.join(sections)}")
        return sections[kind](argument) if argument else sections[kind]()

    return SETTING.sub(r"{setting}`\1 <\2.html#\3>`", MARK.sub(made, text))


def link(chapter: Chapter) -> str:
    """A chapter's title that leads to it, from a page of `book/`."""
    return f"[{chapter.numbered}](../notebooks/{chapter.name}.ipynb)"


def _table(head: Sequence[str], rows: Sequence[str], classes: str = "course") -> str:
    lines = ["```{table}", f":class: {classes}", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *rows, "```"]
    return "\n".join(lines)


def _and(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def _hours(minutes: int) -> str:
    return f"{minutes / 60:.0f} hours"
