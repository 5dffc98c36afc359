"""A page shows an exercise's blank and how to run it, and its solution without the marks of the build."""

import re
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

SITE = Path(__file__).parents[2] / "_build" / "html"
EXTENSIONS = ["myst_nb", "sphinx_exercise", "exercises"]
SOLUTION = "def half(x):\n    # solution\n    return x / 2\n    # end\n\n\ncheck(half)"


def said(text):
    return [new_output("execute_result", {"text/plain": text}, execution_count=1)]


def notebook(stars="★★☆"):
    cells = [
        new_markdown_cell(f"# Page\n\n## Run it yourself\n\n```{{exercise-start}} Halve it {stars}\n:label: ex\n```\nThe task."),
        new_code_cell("def half(x):\n    return ...", outputs=said("✗ Not yet."), metadata={"tags": ["exercise"]}),
        new_markdown_cell("```{exercise-end}\n```\n\n```{solution-start} ex\n:class: dropdown\n```"),
        new_code_cell(SOLUTION, outputs=said("✓ Right."), metadata={"tags": ["solution"]}),
        new_markdown_cell("```{solution-end}\n```"),
    ]
    return nbformat.writes(
        new_notebook(cells=cells, metadata={"language_info": {"name": "python", "pygments_lexer": "ipython3"}})
    )


@pytest.fixture
def built(page):
    def build(stars="★★☆", **settings):
        return page(notebook(stars), EXTENSIONS, name="index.ipynb", nb_execution_mode="off", **settings)

    return build


def test_a_blank_has_no_verdict_and_a_line_on_how_to_run_it(built):
    article, warnings = built()
    assert warnings == ""
    exercise = article.select_one(".exercise")
    assert "return ..." in exercise.get_text()
    assert "Not yet" not in article.get_text()
    line = exercise.select_one(".tag_exercise + .how-to-run")
    assert "make lab" in line.get_text()
    assert "Colab" not in line.get_text()
    assert article.find(id=line.select_one("a")["href"].partition("#")[2])


@pytest.mark.slow
def test_colab_and_binder_are_named_where_the_repository_is_known(built):
    article, _ = built(html_theme="sphinx_book_theme", html_theme_options={"repository_url": "https://github.com/somebody/book"})
    assert "Colab" in article.select_one(".how-to-run").get_text()


def test_a_solution_has_its_code_and_output_and_no_marks(built):
    article, _ = built()
    solution = article.select_one(".solution.dropdown").get_text()
    assert "return x / 2" in solution
    assert "✓ Right." in solution
    assert "# solution" not in solution
    assert "# end" not in solution


@pytest.mark.parametrize(("stars", "spoken"), [("★☆☆", "easy"), ("★★☆", "medium"), ("★★★", "hard")])
def test_stars_are_spoken_once_in_the_exercise_and_not_in_its_solution(built, stars, spoken):
    article, _ = built(stars)
    (shown,) = article.select(".difficulty")
    assert shown["aria-label"].endswith(spoken)
    assert shown.get_text() == stars
    assert article.select_one(".exercise .admonition-title").get_text().count("★") == stars.count("★")
    assert "★" not in article.select_one(".solution .admonition-title").get_text()


def test_an_exercise_without_stars_stays_as_it_is(built):
    article, _ = built("")
    assert article.select(".difficulty") == []
    assert "Halve it" in article.select_one(".exercise .admonition-title").get_text()


def test_no_id_stands_twice_on_the_page(built):
    article, _ = built()
    ids = [node["id"] for node in article.select("[id]")]
    assert len(ids) == len(set(ids))


@pytest.mark.book
def test_no_exercise_of_the_book_is_a_dead_end():
    found = 0
    for path in (SITE / "notebooks").glob("*.html"):
        soup = BeautifulSoup(path.read_text(), "html.parser")
        for cell in soup.select(".tag_exercise"):
            assert not cell.select(".cell_output"), path.stem
            assert cell.find_next_sibling(class_="how-to-run"), path.stem
            found += 1
        for cell in soup.select(".tag_solution"):
            assert not re.search(r"# (solution|end)$", cell.get_text(), re.MULTILINE), path.stem
            assert cell.select(".cell_output"), path.stem
    assert found >= 48


@pytest.mark.book
def test_every_exercise_of_the_book_says_how_hard_it_is():
    for path in (SITE / "notebooks").glob("*.html"):
        for exercise in BeautifulSoup(path.read_text(), "html.parser").select(".exercise"):
            assert exercise.select_one(".admonition-title .difficulty[aria-label]"), exercise["id"]
