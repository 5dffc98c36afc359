"""Authors and year name a work, on a page and in the list alike, and name no other."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pybtex.database import parse_string

from book._extensions.citations import labels

ROOT = Path(__file__).parents[2]
ENTRIES = """
@article{one, author = {Song, Yang and Ho, Jonathan and Xu, Li}, year = {2021}, title = {A}, journal = {J}}
@article{two, author = {Song, Jiaming and Meng, Chenlin and Ermon, Stefano}, year = {2021}, title = {B}, journal = {J}}
@article{pair, author = {van den Oord, Aaron and Ho, Jonathan}, year = {2021}, title = {C}, journal = {J}}
@article{alone, author = {Holm, Sture}, year = {1979}, title = {D}, journal = {J}}
"""


def test_a_letter_tells_two_works_of_the_same_authors_and_year_apart():
    entries = parse_string(ENTRIES, "bibtex").entries.values()
    assert labels(entries) == ["Song et al., 2021a", "Song et al., 2021b", "van den Oord and Ho, 2021", "Holm, 1979"]


@pytest.fixture
def pages(tiny_book):
    files = {
        "start.md": "# Start\n\n{cite}`one` and {cite:t}`two` and {cite}`pair,alone`.\n\n```{bibliography}\n```\n",
        "works.bib": ENTRIES,
    }
    style = {"bibtex_default_style": "authors_and_year", "bibtex_reference_style": "authors_and_year"}
    return tiny_book(files, ["sphinxcontrib.bibtex", "citations"], html_theme="basic", bibtex_bibfiles=["works.bib"], **style)


def test_a_page_prints_the_labels_of_the_list(pages):
    text = pages["start.html"].select_one("p").get_text().replace("\xa0", " ")
    assert text == "[Song et al., 2021b] and Song et al. [2021a] and [Holm, 1979, van den Oord and Ho, 2021]."
    shown = [label.get_text().strip("[]") for label in pages["start.html"].select(".citation > .label")]
    assert shown == ["Holm, 1979", "Song et al., 2021a", "Song et al., 2021b", "van den Oord and Ho, 2021"]


@pytest.mark.book
def test_whatever_the_book_cites_is_the_label_of_the_work_that_it_leads_to():
    site = ROOT / "_build" / "html"
    listed = BeautifulSoup((site / "book" / "references.html").read_text(), "html.parser")
    names = {work["id"]: work.select_one(".label").get_text().strip("[]") for work in listed.select(".citation")}
    assert len(names) == len(set(names.values())) > 10
    cited = 0
    for page in [*site.glob("notebooks/*.html"), *site.glob("book/*.html")]:
        for link in BeautifulSoup(page.read_text(), "html.parser").select("a.reference.internal[href*='references.html#']"):
            target = names[link["href"].partition("#")[2]]
            assert target.endswith(link.get_text().replace("\xa0", " ")), (page.name, link.get_text(), target)
            cited += 1
    assert cited > 40
