"""A printed chapter is complete: no fold, no control, nothing cut, black on white."""

import pytest
from test_site import NOTEBOOKS

FOLDS = "'.bd-article details, .bd-article .toggle-hidden'"
HIDDEN = f"""() => [...document.querySelectorAll({FOLDS})].flatMap(fold => [...fold.children])
  .filter(node => !node.matches('summary, button, .toggle-button') && node.textContent.trim())
  .filter(node => !node.getBoundingClientRect().height).map(node => node.outerHTML.slice(0, 150))"""
CONTROLS = """() => [...document.querySelectorAll('button:not(.tdr-league-row, .tdr-sort), input, .bd-sidebar-primary, .copybtn')]
  .filter(node => node.checkVisibility()).map(node => node.outerHTML.slice(0, 150))"""
SCROLLED = """() => [...document.querySelectorAll('.bd-article iframe')]
  .filter(frame => frame.contentDocument.documentElement.scrollHeight > frame.clientHeight + 1).map(frame => frame.title)"""
PAPER = 700  # pixels between the margins of A4
WIDE = """() => [...document.querySelectorAll('.bd-article :is(table, pre, svg, img, canvas, mjx-container)')]
  .filter(node => node.checkVisibility() && node.getBoundingClientRect().right > innerWidth + 1)
  .map(node => node.outerHTML.slice(0, 150))"""


@pytest.mark.parametrize("page", NOTEBOOKS)
def test_a_chapter_prints_whole(visit, page):
    seen = visit(page, PAPER, dark=True).page
    title = seen.locator("article h1").inner_text()
    open_before = seen.locator("details[open]").count()
    seen.emulate_media(media="print")
    seen.wait_for_timeout(300)
    assert seen.evaluate(HIDDEN) == []
    assert seen.evaluate(CONTROLS) == []
    assert seen.evaluate(WIDE) == []
    assert seen.evaluate(SCROLLED) == []
    headings = [h.inner_text() for h in seen.locator("h1").all() if h.is_visible()]
    assert headings == [title]
    ground = seen.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    assert seen.pdf(format="A4").startswith(b"%PDF")
    seen.emulate_media(media="screen")
    seen.wait_for_timeout(300)
    assert seen.evaluate("document.documentElement.dataset.theme") == "dark"
    assert seen.locator("details[open]").count() == open_before
