"""How does a page of the site come onto paper?

Chromium prints it as the style sheet for print says. Before that, each widget gets a line with its address, and each place
that another page links to gets a tiny link, so that Chromium writes into the PDF where it is.
"""

import io
from pathlib import Path
from urllib.parse import unquote, urljoin, urlparse

from bs4 import BeautifulSoup
from jinja2 import Template
from playwright.sync_api import Browser
from pypdf import PageObject, PdfReader

from book.chromium import SETTLED
from book.pdf_file import Printed

MARGIN = 18  # millimetres
SCALE = 0.8  # of the site's letters: 16 pixels become 9.6 points
WIDTH = round((210 - 2 * MARGIN) / 25.4 * 96 / SCALE)  # pixels between the margins of A4
PAPER = {"format": "A4", "scale": SCALE, "margin": dict.fromkeys(("left", "right", "top", "bottom"), f"{MARGIN}mm")}
DRESS = """([part, live, anchors]) => {
  const article = document.querySelector(".bd-article"), style = document.createElement("style");
  style.textContent = `
    .pdf-part { color: #555; font-size: 1.3rem; margin: 0; }
    .pdf-live { color: #555; font-size: 0.85rem; margin: 0.3rem 0 1rem; overflow-wrap: anywhere; }
    .pdf-anchors { position: absolute; left: 0; top: 0; }
    .pdf-anchors a { position: absolute; width: 1px; height: 1px; overflow: hidden; color: transparent; }
    .widget-place { min-height: 0; }
    @media print { html:has(#cheat-sheet) { font-size: 14.4px; } }`; // which knows nothing of the scale
  document.head.append(style);
  const line = (name, text) => Object.assign(document.createElement("p"), { className: name, textContent: text });
  if (part) article.querySelector("h1").before(line("pdf-part", part));
  for (const place of document.querySelectorAll(".widget-shown, #arrow")) {
    place.after(line("pdf-live", `Interactive version: ${live}`));
  }
  const places = Object.assign(document.createElement("div"), { className: "pdf-anchors" });
  for (const id of anchors) places.append(Object.assign(document.createElement("a"), { href: `#${id}`, textContent: "." }));
  article.style.position = "relative";
  article.prepend(places);
}"""
# Text and pictures that reach beyond the page; what is hidden from sight is not cut.
CUT = """() => {
  const found = new Set(), edge = innerWidth + 1;
  const shown = node => node.checkVisibility() && !node.closest("mjx-assistive-mml, .visually-hidden, .sr-only");
  for (const node of document.querySelectorAll(".bd-article :is(table, pre, svg, img, canvas, mjx-container)"))
    if (shown(node) && node.getBoundingClientRect().right > edge) found.add(node.outerHTML.slice(0, 100));
  const texts = document.createTreeWalker(document.querySelector(".bd-article"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim() || !shown(node.parentElement)) continue;
    range.selectNodeContents(node);
    if (range.getBoundingClientRect().right <= edge) continue;
    for (const word of node.data.matchAll(/\\S+/g)) { // spaces at the end of a line may hang over the edge
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      if (range.getBoundingClientRect().right > edge) found.add(word[0].slice(0, 100));
    }
  }
  return [...found].slice(0, 5);
}"""


def anchors(site: Path, pages: list[str]) -> dict[str, list[str]]:
    """For each page, the places in it that another of the pages links to."""
    wanted: dict[str, set[str]] = {page: set() for page in pages}
    for page in pages:
        soup = BeautifulSoup((site / f"{page}.html").read_text(encoding="utf-8"), "html.parser")
        for link in soup.select(".bd-article a[href]"):
            target = urlparse(urljoin(f"/{page}.html", str(link["href"])))
            name = target.path.removeprefix("/").removesuffix(".html")
            if not target.netloc and target.fragment and name in wanted and name != page:
                wanted[name].add(unquote(target.fragment))
    return {page: sorted(ids) for page, ids in wanted.items()}


def front_matter(config: dict, lines: list[tuple[str, str, int]], numbers: dict[str, int], address: str) -> str:
    """The title page and the contents, with the number of each page; its links are those of the site."""
    long_title = config["long_title"].removeprefix(config["title"]).lstrip(": ")
    addresses = [(config.get("html") or {}).get("baseurl"), (config.get("repository") or {}).get("url")]
    words = {key: config[key] for key in ("title", "author", "version", "date")}
    words |= {"subtitle": long_title[:1].upper() + long_title[1:], "addresses": [*filter(None, addresses)]}
    return filled("pdf_front.html", **words, lines=lines, numbers=numbers, site=address)


def filled(name: str, **values: object) -> str:
    """A template beside this file, with these values."""
    return Template(Path(__file__).with_name(name).read_text(encoding="utf-8"), autoescape=True).render(values)


class Printer:
    """A browser that prints pages of a site.

    Args:
        address: of the site, with a slash at its end.
    """

    def __init__(self, browser: Browser, address: str):
        self.browser, self.address = browser, address

    def page(self, name: str, part: str, live: str, anchors: list[str]) -> tuple[Printed, list[str]]:
        """A page of the site, and what of it reaches beyond the edge of the paper.

        Args:
            part: of the book, where the page is its first; stands above the title.
            live: what is said of where widgets move.
            anchors: ids of places that other pages link to.
        """
        context = self.browser.new_context(
            viewport={"width": WIDTH, "height": 1200}, color_scheme="light", reduced_motion="reduce"
        )
        page = context.new_page()
        page.goto(f"{self.address}{name}.html")
        page.wait_for_function(
            "!document.querySelector('.widget-place:not(.widget-shown)') || document.querySelector('.widget-broken')"
        )
        page.evaluate(SETTLED)
        page.evaluate(DRESS, [part, live, anchors])
        page.emulate_media(media="print")
        page.wait_for_timeout(300)
        cut = page.evaluate(CUT)
        title = page.locator(".bd-article h1").first.inner_text().strip()
        data = page.pdf(**PAPER)
        context.close()
        return Printed(name, title, data), cut

    def file(self, path: Path) -> list[PageObject]:
        """The pages of a file of HTML."""
        page = self.browser.new_page(viewport={"width": WIDTH, "height": 1200})
        page.goto(path.as_uri())
        data = page.pdf(**PAPER)
        page.close()
        return list(PdfReader(io.BytesIO(data)).pages)

    def footers(self, runs: list[tuple[str, int, int]]) -> list[PageObject]:
        """A page for each page of the book that holds its footer alone: (title, how many pages, the number of the first)."""
        lines = [(title, first + k) for title, count, first in runs for k in range(count)]
        page = self.browser.new_page()
        page.set_content(filled("pdf_footers.html", lines=lines))
        data = page.pdf(prefer_css_page_size=True, print_background=False)
        page.close()
        return list(PdfReader(io.BytesIO(data)).pages)
