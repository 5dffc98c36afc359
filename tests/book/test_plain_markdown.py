"""What a chapter says in MyST is said in Markdown that any program shows."""

import re
from pathlib import Path

import nbformat
import pytest

from book.plain_markdown import UNKNOWN, Chapter, labels_of_equations, plain

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
RAW = re.compile(r"\{[\w:-]+\}`|^ *(`{3,}|:{3,})\{|^:[\w-]+:", re.MULTILINE)  # a role, a directive, an option


@pytest.fixture
def chapter():
    return Chapter(
        number="4",
        figures={"auc": "0.91"},
        equations={"eq-sima": "4.1"},
        citations={"a": "Song et al., 2021a", "b": "Holm, 1979"},
        chapters=frozenset({"run-sima.ipynb"}),
    )


def test_a_role_is_what_the_page_shows(chapter):
    assert plain("An AUC of {glue:text}`auc`.", chapter) == "An AUC of 0.91."
    assert plain("By {eq}`eq-sima`.", chapter) == "By (4.1)."
    assert (
        plain("As {cite:t}`b` and others {cite}`a,b` say.", chapter)
        == "As Holm [1979] and others [Song et al., 2021a; Holm, 1979] say."
    )
    assert plain("{term}`Latents\n<latent>`", chapter) == "Latents"


def test_a_figure_of_a_book_that_was_not_built_is_a_dash():
    assert plain("{glue:text}`auc`", Chapter()) == UNKNOWN


def test_an_equation_keeps_its_number(chapter):
    directive = "```{math}\n:label: eq-sima\nx = 1\n```"
    assert plain(directive, chapter) == plain("$$\nx = 1\n$$ (eq-sima)", chapter) == "$$\nx = 1\n\\tag{4.1}\n$$"
    assert labels_of_equations(directive + "\n\n$$\ny\n$$ (eq-other)\n") == ["eq-sima", "eq-other"]


def test_a_box_is_quoted_and_a_fold_folds(chapter):
    assert plain("```{note}\nMind {eq}`eq-sima`.\n```", chapter) == "> Mind (4.1)."
    answer = "```{admonition} Answer\n:class: dropdown\n\n1. **Right.**\n```"
    nested = f"````{{admonition}} Predict\n:class: predict\n\nWhich?\n\n1. One.\n\n{answer}\n````"
    text = plain(nested, chapter)
    assert text.startswith("> **Predict**\n>\n> Which?\n>\n> 1. One.")
    assert "> <details><summary>Answer</summary>\n>\n> 1. **Right.**\n>\n> </details>" in text


def test_an_exercise_has_a_heading_with_its_number_and_its_title(chapter):
    cells = [
        "````{exercise-start} Rates ★☆☆\n:label: ex-a\n````\nFind it.",
        "````{exercise-start}\n:label: ex-b\n````\nAnd this.",
    ]
    assert [plain(cell, chapter) for cell in cells] == ["### Exercise 4.1 Rates ★☆☆\nFind it.", "### Exercise 4.2\nAnd this."]
    assert plain("````{exercise-end}\n````", chapter) == ""


def test_code_is_left_alone_and_a_link_that_leads_nowhere_is_only_words(chapter):
    code = "```python\nprint('{eq}`eq-sima`')\n```"
    assert plain(code, chapter) == code
    text = "[Run it](run-sima.ipynb#touch-it), [start](../book/start.md), [paper](https://arxiv.org)"
    assert plain(text, chapter) == "[Run it](run-sima.ipynb#touch-it), start, [paper](https://arxiv.org)"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_chapter_keeps_a_directive_or_a_role(path):
    cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "markdown"]
    assert [found for source in cells for found in RAW.findall(plain(source, Chapter()))] == []
