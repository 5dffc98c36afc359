"""What chapters say of themselves is read as it stands in them."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from book.chapters import count_words, read_chapters
from helpers.errors import InvalidInput

ROOT = Path(__file__).parents[2]

OPENING = """# {title}

*What for?*

```{{admonition}} In this chapter
:class: tip
**You will be able to**
- do this;
- do that.

**Time** 20 minutes. **You need** {needs}
```
"""
QUIZ = """````{admonition} Question 1
:class: quiz

Which one,
of two?

1. This one,
   with $x$.
2. That one.

```{admonition} Answer
:class: dropdown

1. No: it is not.
2. **Right.** It is.
```
````
"""
TOC = """format: jb-book
root: book/start
parts:
  - caption: "Part I: One"
    numbered: 1
    chapters:
      - file: notebooks/first
      - file: notebooks/second
  - caption: Back
    chapters:
      - file: book/end
"""


@pytest.fixture
def book(tmp_path):
    """book("text of the second chapter") writes a book of two chapters; the first needs nothing."""

    def write(second):
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        (tmp_path / "_toc.yml").write_text(TOC)
        for name, text in {"first": OPENING.format(title="First", needs="nothing."), "second": second}.items():
            cells = [new_markdown_cell(text, id="text"), new_code_cell("1", id="code")]
            (tmp_path / "notebooks" / f"{name}.ipynb").write_text(nbformat.writes(new_notebook(cells=cells)))
        return tmp_path

    return write


def test_a_chapter_is_read_with_its_outcomes_needs_and_questions(book):
    needs = "[First](first.ipynb), and Bayes' rule; [Third](third.ipynb) helps."
    text = OPENING.format(title="Second", needs=needs) + QUIZ + "````{exercise-start} Do it ★★☆\n:label: x\n````\n"
    first, second = read_chapters(book(text))
    assert (first.numbered, first.needs, first.quiz) == ("1. First", (), ())
    assert (second.numbered, second.part, second.asks, second.stated) == ("2. Second", "Part I: One", "What for?", 20)
    assert second.outcomes == ("do this", "do that")
    assert (second.needs, second.helps, second.exercises) == (("first",), ("third",), (2,))
    (question,) = second.quiz
    assert question.asked == "Which one,\nof two?"
    assert question.choices == ("This one, with $x$.", "That one.")
    assert question.answers[question.right] == "**Right.** It is."
    assert second.practice == 8


def test_words_are_those_that_one_reads():
    text = "Two *words*, [a link](to/nowhere.md) and {glue:text}`a-figure`: $x + y$.\n\n$$\nx = y\n$$\n"
    assert count_words(text) == 7  # Two words a link and a-figure, a formula as one; and no displayed equation
    assert count_words("```{admonition} Note that\n:class: tip\nInside it\n```\n\n:::{div} card\nMore\n:::") == 3


def test_a_chapter_without_its_opening_is_named(book):
    with pytest.raises(InvalidInput, match="second does not open with a title"):
        read_chapters(book("# Second\n\nIt begins."))


def test_a_question_without_one_right_answer_is_named(book):
    text = OPENING.format(title="Second", needs="nothing.") + QUIZ.replace("**Right.** ", "")
    with pytest.raises(InvalidInput, match="second: 2 choices, 2 answers, 0 of them right: 'Which one"):
        read_chapters(book(text))


def test_the_time_of_a_chapter_is_what_its_text_and_exercises_take_to_five_minutes():
    off = {c.name: (c.stated, c.reading + c.practice) for c in read_chapters(ROOT) if abs(c.stated - c.reading - c.practice) > 5}
    assert off == {}, "what **Time** says, and what it should say"
    assert {c.stated % 5 for c in read_chapters(ROOT)} == {0}
