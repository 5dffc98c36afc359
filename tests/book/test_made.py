"""The guide leads to slides and PDF where they are, and says their names where they are not."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from book._extensions.made import link

ROOT = Path(__file__).parents[2]
PAGE = "# Guide\n\nSlides: {made}`Part I <slides/part-1.html>`, {made}`Part & II <slides/part-2.html>`.\n"


@pytest.fixture
def site(tiny_book, tmp_path):
    (tmp_path / "site" / "slides").mkdir(parents=True)
    (tmp_path / "site" / "slides" / "part-1.html").write_text("a deck that was made before the book was built anew")
    tiny_book({"book/guide.md": PAGE}, ["made"], html_theme="basic")
    return tmp_path / "site"


def places(site):
    page = BeautifulSoup((site / "book" / "guide.html").read_text(), "html.parser")
    return [(place.get_text(), place.get("href")) for place in page.select(".made")]


@pytest.mark.slow
def test_a_place_is_a_link_as_long_as_its_file_is_there(site):
    assert places(site) == [("Part I", "../slides/part-1.html"), ("Part & II", None)]
    (site / "slides" / "part-2.html").write_text("made")
    (site / "slides" / "part-1.html").unlink()
    link(site)
    assert places(site) == [("Part I", None), ("Part & II", "../slides/part-2.html")]
    before = (site / "book" / "guide.html").read_text()
    link(site)
    assert (site / "book" / "guide.html").read_text() == before


@pytest.mark.slow
def test_a_place_without_a_file_is_an_error(tiny_book):
    with pytest.raises(Exception, match="words and a file of the site are expected"):
        tiny_book({"book/guide.md": "# Guide\n\n{made}`Part I`\n"}, ["made"], html_theme="basic")


def test_the_guide_leads_to_each_deck_and_to_the_pdf():
    text = (ROOT / "book" / "for-teachers.md").read_text()
    for deck in (ROOT / "book" / "slides").glob("part-*.md"):
        assert f"<slides/{deck.stem}.html>`" in text
    assert "<the-denoiser-remembers.pdf>`" in text


@pytest.mark.parametrize("target", ["slides", "pdf"])
def test_what_makes_such_a_file_links_to_it_at_last(target):
    recipe = (ROOT / "Makefile").read_text().split(f"\n{target}: book\n")[1].split("\n\n")[0]
    commands = [line for line in recipe.splitlines() if "$(SITE)" in line and "echo" not in line]
    assert commands[-1].endswith("-m book._extensions.made $(SITE)")
