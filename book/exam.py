"""Questions for an exam: ``python -m book.exam --questions 10 --seed 1`` writes a sheet to print, and its key.

The bank is the quizzes of all chapters, as they stand in the notebooks, and the further questions of ``book/exam-bank.yml``. A
sheet takes further questions alone unless it is told otherwise: who has read the pages has seen the answers of their quizzes.
"""

import argparse
import random
import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from book.chapters import Chapter, Question, read_chapters
from book.lab import citations, figures
from book.plain_markdown import UNKNOWN, plain
from book.plain_markdown import Chapter as Page
from helpers.errors import InvalidInput

ROOT = Path(__file__).parents[1]
BANK = "book/exam-bank.yml"
DIFFICULTIES = ("recall", "application", "judgement")
LETTERS = "abcdefgh"
MATHJAX = "../../book/_static/vendor/mathjax/tex-mml-chtml.js"  # from a folder in _build
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
h2 {{ font-size: 1rem; margin-top: 1.5rem; }}
section {{ break-inside: avoid; }}
ul {{ list-style: none; padding-left: 1rem; }}
</style>
<script defer src="{mathjax}"></script>
</head>
<body>
{body}</body>
</html>
"""


@dataclass(frozen=True)
class BankQuestion:
    """A question with where it belongs and how hard it is."""

    chapter: str
    difficulty: str
    question: Question
    on_page: bool  # one of a chapter's quiz

    @property
    def key(self) -> str:
        """What tells questions apart: words alone, in small letters."""
        return " ".join(re.findall(r"\w+", self.question.asked.lower()))


def main() -> None:
    """Write exam.md, exam.html, key.md and key.html."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=10, help="How many; as many of each difficulty as possible.")
    parser.add_argument("--seed", type=int, default=0, help="Another seed is another sheet.")
    parser.add_argument("--chapters", default="", help="Names of chapters, such as run-sima, with commas; all by default.")
    parser.add_argument("--with-quizzes", action="store_true", help="Also questions that stand on the pages.")
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "exam", help="The folder to write to.")
    asked = parser.parse_args()
    chapters = read_chapters(ROOT)
    try:
        among = chosen(read_bank(ROOT, chapters), chapters, asked.chapters, asked.with_quizzes)
        drawn = draw(among, asked.questions, asked.seed)
    except InvalidInput as error:
        parser.exit(1, f"error: {error}\n")
    sheet, key = write(drawn, {c.name: c.title for c in chapters}, asked.seed)
    asked.to.mkdir(parents=True, exist_ok=True)
    for name, text in (("exam", sheet), ("key", key)):
        (asked.to / f"{name}.md").write_text(text)
        (asked.to / f"{name}.html").write_text(as_page(text))
    print(f"{len(drawn)} questions are in {asked.to / 'exam.html'}, to be printed; their answers are in {asked.to / 'key.html'}.")


def read_bank(root: Path, chapters: list[Chapter]) -> list[BankQuestion]:
    """All questions, chapter by chapter: those of its quiz, then the further ones.

    Raises:
        ValueError: a question of an unknown chapter or difficulty, without one right choice, or one that is there twice.
    """
    kept = yaml.safe_load((root / BANK).read_text())
    names = {chapter.name for chapter in chapters}
    bank = []
    for chapter in chapters:
        rated = kept["quizzes"].get(chapter.name) or ["application"] * len(chapter.quiz)
        if len(rated) != len(chapter.quiz):
            raise InvalidInput(f"{BANK} rates {len(rated)} questions of {chapter.name}'s quiz, which has {len(chapter.quiz)}")
        bank += [BankQuestion(chapter.name, d, q, True) for d, q in zip(rated, chapter.quiz, strict=True)]
        bank += [_further(entry) for entry in kept["questions"] if entry["chapter"] == chapter.name]
    for entry in kept["questions"]:
        if entry["chapter"] not in names:
            raise InvalidInput(f"{BANK}: no chapter is called {entry['chapter']!r}")
    for question in bank:
        if question.difficulty not in DIFFICULTIES:
            raise InvalidInput(f"{BANK}: a difficulty is one of {', '.join(DIFFICULTIES)}, got {question.difficulty!r}")
    keys = [question.key for question in bank]
    twice = [question.question.asked for question in bank if keys.count(question.key) > 1]
    if twice:
        raise InvalidInput(f"{BANK}: a question is there twice: {twice[0][:60]!r}")
    return bank


def _further(entry: dict) -> BankQuestion:
    choices = entry["choices"]
    right = [i for i, choice in enumerate(choices) if choice.get("right")]
    if len(right) != 1:
        raise InvalidInput(f"{BANK}: one choice has to be right, got {len(right)}: {entry['asked'][:60]!r}")
    said, why = zip(*((choice["says"].strip(), choice["why"].strip()) for choice in choices), strict=True)
    return BankQuestion(entry["chapter"], entry["difficulty"], Question(entry["asked"].strip(), said, why, right[0]), False)


def chosen(bank: list[BankQuestion], chapters: list[Chapter], names: str, with_quizzes: bool) -> list[BankQuestion]:
    """The questions of these chapters, separated by commas; of all where none is named.

    Raises:
        ValueError: a name that is no chapter's.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in {chapter.name for chapter in chapters}]
    if unknown:
        raise InvalidInput(f"no chapter is called {', '.join(unknown)}; a name is that of its notebook, such as run-sima")
    return [q for q in bank if (not wanted or q.chapter in wanted) and (with_quizzes or not q.on_page)]


def draw(bank: list[BankQuestion], count: int, seed: int) -> list[BankQuestion]:
    """So many questions, as equally from the difficulties as there are, in the bank's order; choices are shuffled.

    Raises:
        ValueError: fewer than one question, or more than there are.
    """
    if not 1 <= count <= len(bank):
        raise InvalidInput(f"there are {len(bank)} such questions; ask for 1 to {len(bank)}, got {count}")
    rng = random.Random(seed)
    piles = {difficulty: [q for q in bank if q.difficulty == difficulty] for difficulty in DIFFICULTIES}
    for pile in piles.values():
        rng.shuffle(pile)
    drawn: list[BankQuestion] = []
    while len(drawn) < count:
        drawn += [pile.pop() for pile in piles.values() if pile][: count - len(drawn)]
    return [_shuffled(q, rng) for q in sorted(drawn, key=bank.index)]


def _shuffled(entry: BankQuestion, rng: random.Random) -> BankQuestion:
    q = entry.question
    order = rng.sample(range(len(q.choices)), len(q.choices))
    mixed = Question(q.asked, tuple(q.choices[i] for i in order), tuple(q.answers[i] for i in order), order.index(q.right))
    return BankQuestion(entry.chapter, entry.difficulty, mixed, entry.on_page)


def write(drawn: list[BankQuestion], titles: dict[str, str], seed: int) -> tuple[str, str]:
    """The sheet and its key, in Markdown.

    Raises:
        ValueError: a question with a figure of a chapter, where the book was not built.
    """
    cited = citations(ROOT)
    minutes = 3 * len(drawn)
    sheet = [
        f"# Exam\n\nName:\n\nMarks: ____ of {len(drawn)}\n\nOne answer to each question is right. Mark it, and say why in one "
        f"sentence. One mark a question, {minutes} minutes."
    ]
    key = [f"# Exam, key\n\nSeed {seed}, {len(drawn)} questions."]
    for number, entry in enumerate(drawn, 1):
        page = Page(figures=figures(ROOT, entry.chapter), citations=cited)
        q = entry.question
        asked, *parts = (plain(text, page) for text in (q.asked, *q.choices, *q.answers))
        if any(word == UNKNOWN for text in (asked, *parts) for word in text.split()):
            raise InvalidInput(f"a question of {entry.chapter} quotes a figure that comes from the build; run `make book` first")
        choices, answers = parts[: len(q.choices)], parts[len(q.choices) :]
        listed, judged = (
            "\n".join(f"- **{letter})** {text}" for letter, text in zip(LETTERS, texts, strict=False))
            for texts in (choices, answers)
        )
        sheet.append(f"## Question {number}\n\n{asked}\n\n{listed}")
        head = f"## Question {number}: {LETTERS[q.right]}\n\n*{titles[entry.chapter]}, {entry.difficulty}.* {asked}"
        key.append(f"{head}\n\n{judged}")
    return "\n\n".join(sheet) + "\n", "\n\n".join(key) + "\n"


def as_page(text: str) -> str:
    """Markdown as a page that prints each question on one sheet of paper; formulas are set by the book's own MathJax."""
    markdown = MarkdownIt().enable("table").use(dollarmath_plugin, renderer=_formula)
    head, *questions = re.split(r"(?=^## )", text, flags=re.MULTILINE)
    body = markdown.render(head) + "".join(f"<section>\n{markdown.render(q)}</section>\n" for q in questions)
    return PAGE.format(title=escape(text.split("\n", 1)[0].lstrip("# ")), mathjax=MATHJAX, body=body)


def _formula(tex: str, options: dict) -> str:
    opening, closing = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{opening}{escape(tex.strip())}{closing}"


def bank_page(root: Path, chapters: list[Chapter]) -> str:
    """The bank as a page: further questions with their answers folded, and where the quiz of each chapter stands."""
    bank, parts = read_bank(root, chapters), []
    for chapter in chapters:
        own = [entry for entry in bank if entry.chapter == chapter.name]
        rated = ", ".join(entry.difficulty for entry in own if entry.on_page)
        address = f"../notebooks/{chapter.name}.ipynb#check-yourself"
        parts.append(f"## {chapter.title}\n\nIts [quiz]({address}): three questions ({rated}).")
        for number, entry in enumerate((e for e in own if not e.on_page), 4):
            q = entry.question
            listed = "\n".join(f"1. {choice}" for choice in q.choices)
            judged = "\n".join(f"1. {'**Right.** ' if i == q.right else 'Wrong. '}{why}" for i, why in enumerate(q.answers))
            folded = f"```{{admonition}} Answer\n:class: dropdown\n{judged}\n```"
            parts.append(f"**Question {number}** *({entry.difficulty})*\n\n{q.asked}\n\n{listed}\n\n{folded}")
    return "\n\n".join(parts)


if __name__ == "__main__":
    main()
