"""Decks open from a file, fit their slides, can be read from the last row, mount their widgets, and print a page a slide."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SETTLED, SITE

ROOT = Path(__file__).parents[2]
DECKS = sorted(path.stem for path in (ROOT / "book" / "slides").glob("*.md"))
SMALLEST, IN_WIDGETS = 28, 26  # pixels, of letters
READY = "window.Reveal?.isReady() && !document.querySelector('.widget-place')"
# Each answer is shown, so that it needs its room, too.
SHOW = """i => {
  Reveal.slide(i);
  Reveal.getCurrentSlide().querySelectorAll('.fragment').forEach(node => node.classList.add('visible'));
}"""
OUTSIDE = """() => [...Reveal.getCurrentSlide().querySelectorAll('*')]
  .filter(node => !node.closest('aside, defs, mjx-assistive-mml') && node.checkVisibility())
  .map(node => [node, node.getBoundingClientRect()]).filter(([, { width, height }]) => width && height)
  .filter(([, { left, top, right, bottom }]) => left < -1 || top < -1 || right > 1281 || bottom > 721)
  .map(([node]) => node.outerHTML.slice(0, 100))"""
LETTERS = """() => {
  const walker = document.createTreeWalker(Reveal.getCurrentSlide(), NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const { data, parentElement: node } = walker.currentNode;
    if (!data.trim() || node.closest('aside, script, style, option, mjx-container') || !node.checkVisibility()) continue;
    const scale = node.getScreenCTM ? Math.hypot(node.getScreenCTM().a, node.getScreenCTM().b) : 1;
    found.push([data.trim(), scale * parseFloat(getComputedStyle(node).fontSize), Boolean(node.closest('.deck-widget'))]);
  }
  return found;
}"""
DRAWN = """() => [...document.querySelectorAll('.deck-widget')]
  .map(place => [place.querySelectorAll('.widget-broken').length, place.querySelectorAll('svg, canvas').length])"""
PRINTED = """() => [...document.querySelectorAll('.pdf-page')].map(page => {
  const paper = page.getBoundingClientRect();
  return [...page.querySelectorAll('section :is(h1, h2, p, li, td, svg, figcaption)')].filter(node => node.checkVisibility())
    .map(node => node.getBoundingClientRect())
    .filter(r => r.left < paper.left + 20 || r.right > paper.right - 20 || r.bottom > paper.bottom).length;
})"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """A folder with the decks, built from the book beside the files of its site that they share."""
    if not (SITE / "index.html").exists():
        pytest.fail("the book is not built; run `make book` first")
    folder = tmp_path_factory.mktemp("site")
    (folder / "_static").symlink_to(SITE / "_static")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "revealjs", "-d", str(folder / "doctrees")]
    command += ["-D", f"book_build={SITE.parent}", str(ROOT / "book" / "slides"), str(folder / "slides")]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    yield folder / "slides"
    shutil.rmtree(folder)


@pytest.fixture
def opened(browser, decks):
    """opened("part-1", "?print-pdf") is the page of a deck, and what it asked for that is no file of the site."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})

    def go(deck, query=""):
        page, elsewhere = context.new_page(), []
        page.on("request", lambda r: elsewhere.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
        page.on("console", lambda m: elsewhere.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: elsewhere.append(str(error)))
        page.goto((decks / f"{deck}.html").as_uri() + query)
        page.wait_for_function(READY)
        page.evaluate(SETTLED)
        return page, elsewhere

    yield go
    context.close()


@pytest.mark.parametrize("deck", DECKS)
def test_a_deck_fits_and_can_be_read_from_the_last_row(opened, deck):
    page, elsewhere = opened(deck)
    for i in range(page.evaluate("Reveal.getTotalSlides()")):
        page.evaluate(SHOW, i)
        assert page.evaluate(OUTSIDE) == [], i + 1
        small = [text for text, size, widget in page.evaluate(LETTERS) if size < (IN_WIDGETS if widget else SMALLEST) - 0.1]
        assert small == [], i + 1
    drawn = page.evaluate(DRAWN)
    assert len(drawn) >= 2
    assert all(broken == 0 and pictures > 0 for broken, pictures in drawn)
    assert elsewhere == []


@pytest.mark.parametrize("deck", DECKS)
def test_a_deck_prints_a_page_a_slide(opened, deck):
    page, elsewhere = opened(deck, "?print-pdf")
    page.wait_for_function("document.querySelector('.pdf-page')")
    page.emulate_media(media="print")
    cut = page.evaluate(PRINTED)
    assert set(cut) == {0}
    controls = "[...document.querySelectorAll('.deck-widget :is(.tdr-button, [type=range])')]"
    assert page.evaluate(f"{controls}.every(node => !node.checkVisibility())")
    assert page.evaluate("[...document.querySelectorAll('.fragment')].every(node => getComputedStyle(node).opacity === '1')")
    printed = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(cut) == page.locator("aside.notes").count()
    assert elsewhere == []


def test_arrow_keys_turn_slides_or_move_a_slider_that_has_the_focus(opened):
    page, _ = opened("part-1", "#/3")
    place = "Reveal.getIndices().h"
    slider = page.locator(".present .deck-widget input[type=range]").first
    before = slider.input_value()
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert slider.input_value() != before
    assert page.evaluate(place) == 3
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(place) == 4
    assert page.locator(".present h2").inner_text() == "Predict"
    answer = page.locator(".present .fragment")
    assert not answer.evaluate("node => node.classList.contains('visible')")
    page.keyboard.press("ArrowRight")
    assert answer.evaluate("node => node.classList.contains('visible')")
