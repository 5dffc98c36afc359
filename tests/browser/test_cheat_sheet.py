"""Printed, the cheat sheet is two pages of A4 with nothing cut, whatever paper the browser is told."""

import io

import pytest
from pypdf import PdfReader
from test_print import PAPER, WIDE

PAGE = "book/cheat-sheet.html"
A4 = (595, 842)  # points


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_is_two_whole_pages(visit, paper):
    seen = visit(PAGE, PAPER, dark=True).page
    seen.emulate_media(media="print")
    seen.wait_for_timeout(300)
    assert seen.evaluate(WIDE) == []
    pages = PdfReader(io.BytesIO(seen.pdf(format=paper, prefer_css_page_size=True))).pages
    assert [tuple(round(float(side)) for side in page.mediabox[2:]) for page in pages] == [A4, A4]
    first, second = (" ".join(page.extract_text().split()) for page in pages)
    assert "Symbols" in first
    assert "straight path" in first
    assert "Attacks" in second
    assert "a bug until shown otherwise." in second
