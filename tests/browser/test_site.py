"""Every page stands on its own: no other host, no error, nothing cut off, everything labelled."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from sphinx_external_toc.parsing import parse_toc_yaml

PAGES = [f"{name}.html" for name in parse_toc_yaml(Path(__file__).parents[2] / "_toc.yml")]
NOTEBOOKS = [page for page in PAGES if page.startswith("notebooks/")]


# Who speaks to a page names a button by the text that it shows; axe counts that rule among its experiments.
RULES = {"resultTypes": ["violations"], "preload": False, "rules": {"label-content-name-mismatch": {"enabled": True}}}
# The pages of the reference are made by one template, and long: the colours of the first are those of all.
PLAIN = {**RULES, "rules": {**RULES["rules"], "color-contrast": {"enabled": False}}}
REPEATED = """() => Object.entries(Object.groupBy([...document.querySelectorAll('[id]')], node => node.id))
  .filter(([, nodes]) => nodes.length > 1).map(([id, nodes]) => [id, nodes.length])"""
UNNAMED = """() => [
  ...[...document.querySelectorAll('article img')].filter(e => !(e.alt || '').trim() || e.alt.startsWith('..')),
  ...[...document.querySelectorAll('.tdr svg, .tdr canvas, svg.figure')].filter(e => !e.getAttribute('aria-label')),
  ...[...document.querySelectorAll('.tdr input, .tdr select, .question input')].filter(e => !e.labels.length),
].map(e => e.outerHTML.slice(0, 200))"""


CUT_OFF = """() => {
  const right = node => node.getBoundingClientRect().right;
  const widgets = [...document.querySelectorAll('.tdr')];
  return widgets.flatMap(box => [...box.querySelectorAll('*')].filter(node => right(node) > right(box) + 1))
    .map(node => node.outerHTML.slice(0, 120));
}"""


# Widgets whose place had another height before they were there, by more than a share of it.
JUMPS = """() => [...document.querySelectorAll('.widget-shown')].map(place => {
  const height = place.offsetHeight;
  place.className = 'widget-place';
  const reserved = parseFloat(getComputedStyle(place).minHeight);
  place.className = 'widget-shown';
  return [place.firstElementChild.textContent, reserved, height];
}).filter(([, reserved, height]) => Math.abs(reserved - height) > 0.15 * height)"""


OTHERS = [page for page in ["index.html", "search.html", "genindex.html", *PAGES] if page not in NOTEBOOKS]
OPENED = [(page, width, dark) for page in [*NOTEBOOKS, *OTHERS] for width, dark in [(1280, False), (390, True)]]
CHAPTERS = OPENED[: 2 * len(NOTEBOOKS)]
REFERENCE = [page for page in OTHERS if page.startswith("book/api/")]


@pytest.mark.parametrize("kept", OPENED, indirect=True, ids=str)
def test_a_page_stands_on_its_own(kept, request):
    seen, width = kept, kept.page.viewport_size["width"]
    article = seen.page.locator(".bd-article-container")
    assert seen.other_hosts == []
    assert seen.problems == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(CUT_OFF) == []
    assert seen.page.evaluate(JUMPS) == [], "run tests/browser/measure_heights.py"
    assert article.locator("mjx-merror").count() == 0
    assert article.locator(".math:not(:has(mjx-container))").count() == 0
    assert "??" not in article.inner_text()
    assert seen.page.evaluate(UNNAMED) == []
    assert seen.page.evaluate(REPEATED) == []
    rules = PLAIN if request.node.callspec.params["kept"][0] in REFERENCE[1:] else RULES
    found = Axe().run(seen.page, options=rules).response["violations"]
    assert [(v["id"], v["help"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []
    assert seen.weight() <= 2**20


DRAWN = "node => [...node.closest('.tdr').querySelectorAll('svg, [role=status]')].map(s => s.outerHTML).join()"
LAST = "node => [...node.options].findLastIndex(option => !option.disabled)"


@pytest.mark.parametrize("kept", CHAPTERS, indirect=True, ids=str)
def test_every_slider_and_list_changes_what_is_drawn(kept):
    seen = kept
    sliders, lists = (seen.page.locator(f".tdr {kind}:enabled") for kind in ("input[type=range]", "select"))
    assert sliders.count() + lists.count() > 0
    for slider in sliders.all():
        before = slider.evaluate(DRAWN)
        low, value, high = (float(slider.evaluate(f"node => node.{name}")) for name in ("min", "value", "max"))
        slider.focus()
        seen.page.keyboard.press("End" if value - low < high - value else "Home")
        assert slider.evaluate(DRAWN) != before
        assert slider.get_attribute("aria-valuetext")
    for choice in lists.all():
        before = choice.evaluate(DRAWN)
        choice.select_option(index=choice.evaluate(LAST))
        assert choice.evaluate(DRAWN) != before
    assert seen.problems == []


@pytest.mark.parametrize("kept", CHAPTERS, indirect=True, ids=str)
def test_solutions_are_folded_and_say_right_when_unfolded(kept):
    solutions = kept.page.locator(".solution")
    assert solutions.count() == 3
    for i in range(3):
        output = solutions.nth(i).locator(".cell_output")
        assert not output.is_visible()
        solutions.nth(i).locator("summary, .toggle-button, button").first.click()
        output.wait_for()
        assert "✓ Right." in output.inner_text()
