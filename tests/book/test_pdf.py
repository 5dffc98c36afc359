"""The PDF's order, its addresses, and that a defect of it is named. Printing is for tests/browser/test_pdf.py."""

import sys
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject

from book import pdf
from book.pdf import Entry, chosen, entries, live_address
from book.pdf_file import problems
from book.pdf_page import front_matter

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:1/"
LINES = [("Part I", "", 0), ("A chapter", "notebooks/one", 1)]


def write(path, pages=3, titles=("Contents", "Part I", "A chapter"), change=None):
    """A file with so many pages, this outline, and what a test changes."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    for title in titles:
        writer.add_outline_item(title=title, page_number=0)
    if change:
        change(writer)
    writer.write(path)
    return path


def test_the_order_is_that_of_the_table_of_contents():
    there = entries(ROOT)
    assert there[0] == Entry("", "book/was-this-image-in-the-training-set")
    assert there[1].title.startswith("Part I")
    assert {entry.page for entry in there if entry.page.startswith("notebooks/")} == {
        f"notebooks/{path.stem}" for path in (ROOT / "notebooks").glob("*.ipynb")
    }
    assert Entry("", "book/api/attacks", 2) in there


def test_chosen_pages_keep_their_parts_and_no_others():
    there = [Entry("", "start"), Entry("I"), Entry("", "a", 1), Entry("II"), Entry("", "b", 1), Entry("III"), Entry("", "c", 1)]
    assert chosen(there, ["b"]) == [Entry("II"), Entry("", "b", 1)]
    assert chosen(there, ["start", "c"]) == [Entry("", "start"), Entry("III"), Entry("", "c", 1)]
    assert chosen(there, []) == there


def test_a_widget_names_its_page_or_its_address_on_a_site_that_has_one():
    assert live_address({"html": {}}, "notebooks/one") == "notebooks/one.html"
    assert live_address({"html": {"baseurl": "https://a.org/book/"}}, "notebooks/one") == "https://a.org/book/notebooks/one.html"


def test_the_title_page_and_the_contents_say_what_is_where():
    config = pdf.config(ROOT) | {"repository": {"url": "https://a.org/b"}}
    page = front_matter(config, [("Part I", "", 0), ("A < B", "notebooks/one", 1)], {"notebooks/one": 7}, ADDRESS)
    assert f'<a href="{ADDRESS}notebooks/one.html">A &lt; B</a><span class="dots"></span>7' in page
    assert f"Version {config['version']}" in page
    assert '<a href="https://a.org/b">' in page


def test_a_file_without_a_defect_has_none(tmp_path):
    assert problems(write(tmp_path / "a.pdf"), LINES, 3) == []


def test_pages_and_entries_of_the_outline_that_are_missing_are_named(tmp_path):
    assert problems(write(tmp_path / "a.pdf", pages=2), LINES, 3) == ["it has 2 pages, not 3"]
    assert problems(write(tmp_path / "a.pdf", titles=("Contents", "Part I")), LINES, 3) == ["the outline has 2 entries, not 3"]


def test_a_font_that_is_not_in_the_file_is_named(tmp_path):
    def change(writer):
        font = DictionaryObject({NameObject("/Subtype"): NameObject("/Type1"), NameObject("/BaseFont"): NameObject("/Helvetica")})
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        writer.pages[1][NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})

    assert problems(write(tmp_path / "a.pdf", change=change), LINES, 3) == ["fonts are not embedded: /Helvetica"]


def test_a_link_that_leads_to_no_page_is_named(tmp_path):
    def change(writer):
        nowhere = writer._add_object(DictionaryObject({NameObject("/Type"): NameObject("/Page")}))
        link = {"/Subtype": NameObject("/Link"), "/Rect": ArrayObject(map(NumberObject, (0, 0, 9, 9)))}
        link["/Dest"] = ArrayObject([nowhere, NameObject("/Fit")])
        writer.pages[2][NameObject("/Annots")] = ArrayObject(
            [writer._add_object(DictionaryObject({NameObject(k): v for k, v in link.items()}))]
        )

    assert problems(write(tmp_path / "a.pdf", change=change), LINES, 3) == ["a link on page 3 leads to no page"]


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["pdf", *map(str, arguments)])
    with pytest.raises(SystemExit) as stopped:
        pdf.main()
    return stopped.value.code


def test_without_a_built_book_the_command_says_what_to_run(monkeypatch, tmp_path, capsys):
    assert run(monkeypatch, "--site", tmp_path) == 1
    assert "run `make book` first" in capsys.readouterr().err


def test_a_book_that_was_built_before_a_page_was_added_is_refused(monkeypatch, tmp_path, capsys):
    (tmp_path / "index.html").touch()
    assert run(monkeypatch, "--site", tmp_path, "--pages", "notebooks/run-sima") == 1
    assert "has no notebooks/run-sima; run `make book`" in capsys.readouterr().err


def test_a_page_that_is_not_in_the_book_is_refused(monkeypatch, tmp_path, capsys):
    (tmp_path / "index.html").touch()
    assert run(monkeypatch, "--site", tmp_path, "--pages", "notebooks/nothing") == 1
    assert "got notebooks/nothing" in capsys.readouterr().err


def test_a_defect_fails_the_command(monkeypatch, tmp_path):
    (tmp_path / "index.html").touch()

    def written(site, path, contents, config):
        path.write_bytes(b"%PDF")
        return ["something is cut"]

    monkeypatch.setattr(pdf, "write", written)
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "glossary.html").touch()
    assert (
        run(monkeypatch, "--site", tmp_path, "--to", tmp_path, "--pages", "book/glossary")
        == "error: the PDF has 1 defects:\nsomething is cut"
    )
