"""Printed pages become one file: complete, with links that lead inside it, numbers, an outline, and nothing cut."""

import subprocess
import sys

import pytest
from pypdf import PdfReader

from book import pdf
from book.pdf_page import Printer, anchors

CHAPTER, OTHER = "notebooks/noise-in-noise-out", "book/references"
TINY = """<!doctype html><title>Tiny</title><style>{style}</style><article class="bd-article"><h1>Tiny</h1>{body}</article>"""


@pytest.fixture(scope="module")
def two_pages(tmp_path_factory):
    """A PDF of a chapter and of the references, and what the command said of it: another process, as this one has a browser."""
    folder = tmp_path_factory.mktemp("pdf")
    command = [sys.executable, "-m", "book.pdf", "--to", str(folder), "--pages", CHAPTER, OTHER]
    done = subprocess.run(command, capture_output=True, text=True, cwd=pdf.ROOT)
    assert (folder / pdf.NAME).exists(), done.stderr
    return PdfReader(folder / pdf.NAME), done


def test_it_has_no_defect(two_pages):
    assert (two_pages[1].returncode, two_pages[1].stderr) == (0, "")


def test_the_contents_have_the_numbers_that_stand_on_the_pages(two_pages):
    reader, _ = two_pages
    contents = reader.pages[1].extract_text()
    for item in (entry for entry in reader.outline[1:] if not isinstance(entry, list)):
        assert item.title in contents
    for chapter in (entry for part in reader.outline if isinstance(part, list) for entry in part):
        number = reader.get_destination_page_number(chapter) + 1
        page = reader.pages[number - 1].extract_text().split()
        assert str(number) in page
        assert " ".join(chapter.title.split()) in " ".join(page)
        assert str(number) in contents.split()


def test_a_citation_leads_to_the_page_of_the_reference_and_an_address_elsewhere_stays(two_pages):
    reader, _ = two_pages
    numbers = {page.indirect_reference.idnum: k for k, page in enumerate(reader.pages)}
    found = [a.get_object() for page in reader.pages for a in page.get("/Annots", ())]
    last = max(numbers[a["/Dest"][0].idnum] for a in found if "/Dest" in a)
    assert "References" in reader.pages[reader.get_destination_page_number(reader.outline[-1][-1])].extract_text()
    assert last >= reader.get_destination_page_number(reader.outline[-1][-1])
    addresses = {a["/A"]["/URI"] for a in found if "/A" in a}
    assert any(address.startswith("https://") for address in addresses)
    assert [address for address in addresses if "127.0.0.1" in address] == []


def test_a_widget_is_there_with_the_address_where_it_moves(two_pages):
    text = "".join(page.extract_text() for page in two_pages[0].pages)
    assert f"Interactive version: {CHAPTER}.html" in " ".join(text.split())


@pytest.fixture
def tiny(browser, tmp_path):
    """tiny(body, style) prints a page of its own, and says what is cut."""
    from book.chromium import start_site

    address = start_site(tmp_path)

    def go(body, style=""):
        (tmp_path / "tiny.html").write_text(TINY.format(body=body, style=style))
        return Printer(browser, address).page("tiny", "Part I", "tiny.html", ["here"])

    return go


def test_what_reaches_beyond_the_paper_is_found(tiny):
    fine, cut = tiny("<p>Short.</p>")
    assert (fine.title, fine.count, cut) == ("Tiny", 1, [])
    _, cut = tiny("<p>" + "wide" * 200 + "</p>")
    assert cut[0].startswith("widewide")
    _, cut = tiny("<table><tr><td>a</td></tr></table>", "table { width: 3000px }")
    assert cut[0].startswith("<table")
    _, cut = tiny('<p class="visually-hidden">' + "wide" * 200 + "</p>")
    assert cut == []


def test_a_place_that_another_page_links_to_is_known(tiny):
    printed, _ = tiny('<p style="break-before: page">x</p><p id="here">Here.</p>')
    page, top = printed.places["here"]
    assert page == 1
    assert 700 < top < 842


def test_places_are_those_that_other_pages_link_to(tmp_path):
    (tmp_path / "a.html").write_text('<div class="bd-article"><a href="b.html#x">x</a><a href="#own">y</a></div>')
    (tmp_path / "b.html").write_text(
        '<div class="bd-article"><a href="https://a.org/a.html#z">z</a></div><a href="a.html#menu">m</a>'
    )
    assert anchors(tmp_path, ["a", "b"]) == {"a": [], "b": ["x"]}
