"""What leads from a page to its chapter, running: buttons where there is an address, and times as measured."""

from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

from book._extensions.running import spoken

TEXT = "# A chapter\n\n**Time** 20 minutes. **You need** nothing."


@pytest.fixture
def built(tiny_book):
    """built("https://...") builds a page and a notebook under the book's theme."""

    def build(address):
        cells = [nbformat.v4.new_markdown_cell(TEXT, id="text"), nbformat.v4.new_code_cell("1", id="code")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        files = {"start.md": "# Start\n\n```{toctree}\nnotebooks/one\n```\n", "notebooks/one.ipynb": nbformat.writes(notebook)}
        options = {"repository_url": address, "use_repository_button": False}
        settings = {"html_theme": "sphinx_book_theme", "html_theme_options": options, "nb_execution_mode": "off"}
        return tiny_book(files, ["myst_nb", "running"], **settings)

    return build


def links(soup):
    return [a["href"] for a in soup.select(".article-header-buttons a[href^='http']")]


@pytest.mark.slow
def test_one_address_turns_on_the_buttons_to_the_repository_to_binder_and_to_colab(built):
    pages = built("https://github.com/somebody/a-book")
    assert links(pages["notebooks/one.html"]) == [
        "https://mybinder.org/v2/gh/somebody/a-book/lab?urlpath=lab/tree/notebooks/one.ipynb",
        "https://colab.research.google.com/github/somebody/a-book/blob/lab/notebooks/one.ipynb",
        "https://github.com/somebody/a-book",
    ]
    assert links(pages["start.html"]) == ["https://github.com/somebody/a-book"]


@pytest.mark.slow
def test_without_an_address_no_page_has_such_a_button(built):
    for soup in built("").values():
        assert links(soup) == []
        assert not soup.select(".dropdown-launch-buttons, .btn-source-repository-button")


def test_a_time_is_said_as_one_would_say_it():
    assert [spoken(seconds) for seconds in (0.2, 3.4, 41, 118, 130, 482)] == [
        "1 s",
        "3 s",
        "40 s",
        "120 s",
        "2 minutes",
        "8 minutes",
    ]


@pytest.mark.book
def test_a_chapter_and_the_table_of_chapters_say_the_time_that_was_measured():
    site = Path(__file__).parents[2] / "_build" / "html"
    table = BeautifulSoup((site / "book" / "run-it-yourself.html").read_text(), "html.parser").select_one("article table")
    rows = [row.find_all("td") for row in table.select("tbody tr")]
    assert len(rows) == len(list((site / "notebooks").glob("*.html")))
    for chapter, time in rows:
        page = site / "book" / chapter.a["href"]
        assert f"Its code ran in about {time.get_text(strip=True)} " in " ".join(
            page.read_text().replace("</strong>", "").split()
        )
