"""What do the chapters say of themselves? Outcomes, what they build on, their length, and the questions that they ask.

All of it is read from the notebooks, so that what teachers are told of a chapter cannot drift away from it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from book.lab import chapter_numbers
from helpers.errors import InvalidInput

WORDS_A_MINUTE = 180
MINUTES_AN_EQUATION = 0.5  # one that stands by itself
MINUTES_AN_EXERCISE = {1: 4, 2: 8, 3: 12}  # by its stars
QUESTION = re.compile(r"^````\{admonition\} [^\n]*\n:class: (predict|quiz)\n(.*?)^````$", re.MULTILINE | re.DOTALL)
ANSWERS = re.compile(r"^```\{admonition\} Answer\n:class: dropdown\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ITEM = re.compile(r"^\d+\. ", re.MULTILINE)
LINKED = re.compile(r"\]\(([\w-]+)\.ipynb\)")
EQUATION = re.compile(r"^\$\$.*?^\$\$|^```\{math\}.*?^```", re.MULTILINE | re.DOTALL)
MARKUP = re.compile(r"^(`{3,}|:{3,}).*$|^:\w+:.*$|\]\([^)]*\)|\{[\w:]+\}(?=`)|<[^>]+>", re.MULTILINE)


@dataclass(frozen=True)
class Question:
    """A question with its choices, and for each of them why it is right or wrong."""

    asked: str
    choices: tuple[str, ...]
    answers: tuple[str, ...]
    right: int  # an index


@dataclass(frozen=True)
class Chapter:
    """One notebook, as far as a teacher plans with it; names are those of the files."""

    name: str
    part: str
    number: str  # empty in the appendix
    title: str
    asks: str  # the question below its title
    outcomes: tuple[str, ...]
    needs: tuple[str, ...]
    helps: tuple[str, ...]  # what it names after a semicolon: good to know, not necessary
    stated: int  # minutes, from its own **Time**
    words: int
    equations: int
    exercises: tuple[int, ...]  # stars
    predictions: tuple[Question, ...]
    quiz: tuple[Question, ...]

    @property
    def numbered(self) -> str:
        """Its title as the table of contents has it."""
        return f"{self.number}. {self.title}" if self.number else self.title

    @property
    def reading(self) -> int:
        """Minutes for the text and its equations."""
        return round(self.words / WORDS_A_MINUTE + self.equations * MINUTES_AN_EQUATION)

    @property
    def practice(self) -> int:
        """Minutes for the exercises."""
        return sum(MINUTES_AN_EXERCISE[stars] for stars in self.exercises)


def read_chapters(root: Path) -> list[Chapter]:
    """All chapters of a book's table of contents, in its order.

    Raises:
        ValueError: a chapter that lacks its outcomes, its time or what it needs, or that has a malformed question.
    """
    numbers = chapter_numbers(root)
    parts = yaml.safe_load((root / "_toc.yml").read_text()).get("parts", [])
    listed = [(part["caption"], Path(entry["file"])) for part in parts for entry in part["chapters"] if "file" in entry]
    return [_read(root, path, part, numbers.get(path.stem, "")) for part, path in listed if path.parent.name == "notebooks"]


def _read(root: Path, path: Path, part: str, number: str) -> Chapter:
    cells = nbformat.read(root / path.with_suffix(".ipynb"), 4).cells
    text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    opening = re.search(
        r"\A# (?P<title>.+?)\n+\*(?P<asks>.+?)\*\n.*?\*\*You will be able to\*\*\n(?P<outcomes>.+?)"
        r"\*\*Time\*\* (?P<minutes>\d+) minutes(?P<needs>.*?)^```",
        text,
        re.DOTALL | re.MULTILINE,
    )
    if not opening:
        raise InvalidInput(f"{path.stem} does not open with a title, a question, **You will be able to** and **Time** N minutes")
    needed, _, helpful = opening["needs"].partition("**You need**")[2].partition(";")
    needs = tuple(dict.fromkeys(LINKED.findall(needed)))
    try:
        asked = list(_questions(text))
    except InvalidInput as error:
        raise InvalidInput(f"{path.stem}: {error}") from None
    return Chapter(
        name=path.stem,
        part=part,
        number=number,
        title=opening["title"],
        asks=opening["asks"],
        outcomes=tuple(line[2:].rstrip(";.") for line in opening["outcomes"].strip().split("\n") if line.startswith("- ")),
        needs=needs,
        helps=tuple(name for name in dict.fromkeys(LINKED.findall(helpful)) if name not in needs),
        stated=int(opening["minutes"]),
        words=count_words(text),
        equations=len(EQUATION.findall(text)),
        exercises=tuple(line.count("★") for line in re.findall(r"^`+\{exercise-start\}.*$", text, re.MULTILINE)),
        predictions=tuple(question for kind, question in asked if kind == "predict"),
        quiz=tuple(question for kind, question in asked if kind == "quiz"),
    )


def count_words(text: str) -> int:
    """Words that a reader reads: no markup, and no equations that stand by themselves; a formula in a line is one word."""
    inline = re.sub(r"\$[^$\n]+\$", "formula", EQUATION.sub("", text))
    return len(re.findall(r"[\w'’-]*\w[\w'’-]*", MARKUP.sub(" ", inline)))


def _questions(text: str) -> Iterator[tuple[str, Question]]:
    for kind, inside in QUESTION.findall(text):
        asked, *choices = ITEM.split(ANSWERS.sub("", inside))
        found = ANSWERS.search(inside)
        answers = ITEM.split(found[1])[1:] if found else []
        right = [i for i, answer in enumerate(answers) if answer.startswith("**Right.**")]
        if len(choices) != len(answers) or len(right) != 1:
            counted = f"{len(choices)} choices, {len(answers)} answers, {len(right)} of them right"
            raise InvalidInput(f"{counted}: {asked.strip()[:60]!r}")
        yield kind, Question(asked.strip(), tuple(map(_one_line, choices)), tuple(map(_one_line, answers)), right[0])


def _one_line(text: str) -> str:
    return " ".join(text.split())
