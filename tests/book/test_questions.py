"""A question in Markdown becomes radio buttons whose answers are at hand; a malformed one is told."""

import functools
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
EXTENSIONS = ["myst_parser", "questions"]
CHOICES = ["1. One hour.", "2. One *month*, or $t$.", "3. Both alike."]
ANSWERS = [
    "1. No: it has not begun to remember.",
    "2. **Right.** Remembering takes training; see [the end](#end).",
    "3. Memory grows with $t$.",
]


def question(choices=CHOICES, answers=ANSWERS, after="", kind="predict"):
    fold = "\n".join(["```{admonition} Answer", ":class: dropdown", "", *answers, "```"])
    inside = "\n".join(["Which of the *two* leaks more?", "", *choices, "", fold, after])
    return f"(end)=\n# Page\n\n````{{admonition}} Predict\n:class: {kind}\n\n{inside}\n````\n"


def test_a_question_is_a_group_of_radio_buttons_with_an_answer_each(page):
    article, warnings = page(question(), EXTENSIONS)
    assert warnings == ""
    assert article.select(".admonition") == []
    group = article.select_one("fieldset.question.predict")
    assert [label.get_text() for label in group.select("label")] == ["One hour.", "One month, or \\(t\\).", "Both alike."]
    assert len({button["name"] for button in group.select("input[type=radio]")}) == 1
    assert group.select_one("label em").get_text() == "month"
    named = [article.find(id=name).get_text() for name in group["aria-labelledby"].split()]
    assert named[0] == "Predict"
    assert named[1].strip() == "Which of the two leaks more?"


def test_an_answer_says_right_or_wrong_in_a_word_and_keeps_links_and_formulas(page):
    article, _ = page(question(), EXTENSIONS)
    verdicts = article.select("[role=status] > .question-verdict")
    assert [v.get_text().strip() for v in verdicts] == [
        "✗ No: it has not begun to remember.",
        "✓ Right. Remembering takes training; see the end.",
        "✗ No. Memory grows with \\(t\\).",
    ]
    assert [("right" in v["class"], "wrong" in v["class"]) for v in verdicts] == [(False, True), (True, False), (False, True)]
    assert verdicts[1].select_one("a")["href"] == "#end"
    assert verdicts[2].select_one(".math")


def test_an_answer_holds_a_figure_of_the_build(page):
    """As `in_prose` leaves it in the outputs of a cell that may stand below."""
    glued = new_output(
        "display_data",
        {"application/papermill.record/text/plain": "'0.83'"},
        metadata={"scrapbook": {"name": "auc", "mime_prefix": "application/papermill.record/"}},
    )
    answers = [*ANSWERS[:1], "2. **Right.** The AUC is {glue:text}`auc`.", *ANSWERS[2:]]
    cells = [new_markdown_cell(question(answers=answers)), new_code_cell("auc", outputs=[glued])]
    language = {"language_info": {"name": "python", "pygments_lexer": "ipython3"}}
    source = nbformat.writes(new_notebook(cells=cells, metadata=language))
    article, warnings = page(source, ["myst_nb", "questions"], name="index.ipynb", nb_execution_mode="off")
    assert warnings == ""
    assert "The AUC is 0.83." in article.select_one(".question-verdict.right").get_text()


def test_two_questions_of_a_page_are_two_groups(page):
    both = question(kind="quiz") + question(kind="quiz").partition("\n\n")[2] + question().partition("\n\n")[2]
    article, _ = page(both, EXTENSIONS)
    groups = article.select("fieldset")
    assert [group["id"] for group in groups] == ["quiz-1", "quiz-2", "predict-1"]
    assert len({button["name"] for button in article.select("input")}) == 3


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (question(answers=ANSWERS[:2]), "3 choices, but 2 answers"),
        (question(answers=[*ANSWERS[:1], "2. Right. Without bold.", *ANSWERS[2:]]), "0 answers begin with **Right.**"),
        (question(answers=[*ANSWERS[:2], "3. **Right.** As well."]), "2 answers begin with **Right.**"),
        (question(choices=CHOICES[:2], answers=ANSWERS[:2]), "3 or 4 choices are expected, got 2"),
        (question(choices=["Perhaps."]), "0 numbered lists"),
        (question(choices=[*CHOICES[:2], "3. Both\n\n   alike."]), "a choice has to be a single paragraph"),
        (question(after="\nMore text.\n"), "its last part is not an admonition"),
        (question(choices=[*CHOICES, "", "More text."]), "and nothing else"),
    ],
)
def test_a_malformed_question_is_a_warning_that_names_page_and_question(page, source, problem):
    article, warnings = page(source, EXTENSIONS)
    assert "index.md" in warnings
    assert "Predict Which of the two leaks more?" in warnings
    assert problem in warnings
    assert article.select_one(".admonition.predict")


@functools.cache
def pages():
    """The built pages of the book, by name."""
    return {path.stem: BeautifulSoup(path.read_text(), "html.parser") for path in SITE.glob("[bn]*/*.html")}


def built():
    """Those that ask something."""
    return {name: soup for name, soup in pages().items() if soup.select(".question")}


@pytest.mark.book
def test_every_question_of_the_book_has_one_right_answer_and_an_answer_for_each_choice():
    questions = [group for soup in built().values() for group in soup.select(".question")]
    assert len(questions) >= 4
    for group in questions:
        assert len(group.select(".question-choice")) == len(group.select(".question-verdict")) in (3, 4)
        assert len(group.select(".question-verdict.right")) == 1


@pytest.mark.book
def test_a_figure_follows_each_prediction_or_its_answers_lead_to_the_chapter_that_has_it():
    for name, soup in built().items():
        for group in soup.select(".question.predict"):
            after = group.find_all_next(lambda node: node.name == "fieldset" or is_shown(node))
            answered = after and after[0].name != "fieldset"
            assert answered or group.select(".question-verdict a[href*='.html']"), name


def is_shown(node):
    """A figure, a widget or a table that a cell has put out, and no exercise's."""
    shows = node.name in ("img", "table") or "figure-plot" in node.get("class", [])
    shows = shows or node.get("type") == "application/vnd.jupyter.widget-view+json"
    return shows and node.find_parent(class_="cell_output") and not node.find_parent(class_=["exercise", "solution"])


@pytest.mark.book
def test_no_question_of_an_old_or_malformed_kind_is_left():
    assert [name for name, soup in pages().items() if soup.select(".quiz:not(fieldset), .admonition.predict")] == []


@pytest.mark.book
@pytest.mark.parametrize("chapter", sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_a_chapter_predicts_and_ends_with_three_questions_before_its_card(chapter):
    soup = pages()[chapter]
    assert soup.select(".question.predict")
    quiz = soup.select(".question.quiz")
    assert len(quiz) == 3
    assert {group.find_parent("section")["id"] for group in quiz} == {"check-yourself"}
    assert soup.find(id="check-yourself").find_next_sibling("section")["id"] == "on-one-card"
