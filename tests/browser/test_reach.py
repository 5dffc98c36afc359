"""Who reads on a phone, by keyboard or with a screen reader reaches all of a page: nothing cut, lost or without a name."""

import pytest
from test_site import NOTEBOOKS, PAGES

WIDTHS = (320, 390, 768, 1440)
# Where an equation ends, what it may scroll in, and its number.
EQUATIONS = """() => [...document.querySelectorAll('.bd-article div.math')].map(node => {
  const inside = node.querySelector('mjx-container'), number = node.querySelector('.eqno');
  const box = inside.getBoundingClientRect(), hidden = inside.scrollWidth - inside.clientWidth;
  const beside = number?.getBoundingClientRect();
  const cut = hidden > 1 && !(inside.classList.contains('more-right') && inside.tabIndex === 0);
  const covered = beside && beside.left < box.right - 1 && beside.right > box.left + 1;
  return {cut, covered: !!covered, outside: box.right > innerWidth, hidden, text: node.id || inside.textContent.slice(0, 40)};
})"""
WIDE = """() => [...document.querySelectorAll('.bd-article :is(table, .figure-plot)')]
  .filter(node => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1 && !node.classList.contains('more-right'))
  .map(node => node.outerHTML.slice(0, 200))"""
LOST = """async () => {
  const lost = [];
  for (const table of document.querySelectorAll('.bd-article table.scrolls')) {
    if (!table.checkVisibility()) continue;
    for (const row of table.querySelectorAll('tbody tr')) { // before it scrolls, nothing lies over anything
      const places = [...row.children].map(cell => cell.getBoundingClientRect());
      const covered = places.some((place, i) => i && place.left < places[i - 1].right - 1);
      if (covered) lost.push('covered: ' + row.outerHTML.slice(0, 100));
    }
    table.scrollLeft = 1000;
    const left = table.getBoundingClientRect().left;
    for (const name of table.querySelectorAll('tbody :is(tr > :first-child:not([colspan]), th)'))
      if (name.getBoundingClientRect().left < left - 1) lost.push(name.outerHTML.slice(0, 100));
    table.scrollLeft = 0;
  }
  return lost;
}"""
STOP = """async () => {
  const node = document.activeElement;
  if (node.matches('iframe')) await new Promise(done => setTimeout(done, 50)); // a script marks it
  if (node === document.body) return null;
  const drawn = style => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 1) || style.boxShadow !== 'none';
  const seen = [node, ...node.children].some(part => drawn(getComputedStyle(part)));
  return {seen, formula: node.matches('.bd-article span.math *'), html: node.outerHTML.slice(0, 120)};
}"""


OPENED = [(page, 1440, False) for page in sorted(PAGES, key=lambda page: page not in NOTEBOOKS)]


def tab_through(page):
    stops = []
    for _ in range(400):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            break
        stops.append(stop)
    assert len(stops) > 10
    assert [s["html"] for s in stops if s["formula"]] == []
    assert [s["html"] for s in stops if not s["seen"]] == []


@pytest.mark.parametrize("kept", OPENED[: len(NOTEBOOKS)], indirect=True, ids=str)
def test_the_tab_key_shows_where_it_is_and_skips_formulas(kept):
    tab_through(kept.page)


@pytest.mark.parametrize("page", NOTEBOOKS[3:5])  # the rules are those of every page
def test_the_tab_key_shows_where_it_is_in_the_dark(visit, page):
    tab_through(visit(page, dark=True).page)


@pytest.mark.parametrize("kept", OPENED, indirect=True, ids=str)
def test_nothing_wide_is_cut_without_a_sign(kept):
    seen = kept.page
    for width in WIDTHS:
        seen.set_viewport_size({"width": width, "height": 900})
        seen.wait_for_timeout(300)
        assert seen.evaluate("document.documentElement.scrollWidth") <= width
        equations = seen.evaluate(EQUATIONS)
        assert len(equations) == seen.locator('.bd-article mjx-container[display="true"]').count()
        assert [e for e in equations if e["cut"] or e["covered"] or e["outside"]] == [], width
        if width >= 390:
            assert [e for e in equations if e["hidden"] > 1] == [], width
        assert seen.evaluate(WIDE) == [], width
        assert seen.evaluate(LOST) == [], width
