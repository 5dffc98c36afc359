"""How does a page of the site come onto paper?

Chromium prints it as the style sheet for print says. Before that, each widget gets a line with its address, and each place
that another page links to gets a tiny link, so that Chromium writes into the PDF where it is.
"""

import io
from html import escape
from pathlib import Path
from urllib.parse import unquote, urljoin, urlparse

from bs4 import BeautifulSoup
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
    .widget-place { min-height: 0; }`;
  document.head.append(style);
  const line = (name, text) => Object.assign(document.createElement("p"), { className: name, textContent: text });
  if (part) article.querySelector("h1").before(line("pdf-part", part));
  for (const place of document.querySelectorAll(".widget-shown, .arrow-picture")) place.after(line("pdf-live", `Interactive version: ${live}`));
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
  const texts = document.createTreeWalker(document.querySelector(".bd-article"), NodeFilter.SHOW_TEXT), range = document.createRange();
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (!node.data.trim() || !shown(node.parentElement)) continue;
    range.selectNodeContents(node);
    if (range.getBoundingClientRect().right > edge) found.add(node.data.trim().slice(0, 100));
  }
  return [...found].slice(0, 5);
}"""
FRONT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 16px/1.6 sans-serif; margin: 0; }} h1 {{ font-size: 44px; line-height: 1.2; margin: 240px 0 20px; font-weight: 600; }}
h2 {{ break-before: page; }} .muted {{ color: #555; }} a {{ color: inherit; text-decoration: none; }}
.line {{ display: flex; gap: 8px; }} .line .dots {{ flex: 1; border-bottom: 1px dotted #999; margin-bottom: 7px; }}
.part {{ font-weight: 600; margin-top: 14px; break-after: avoid; }} .depth-1 {{ margin-left: 20px; }} .depth-2 {{ margin-left: 44px; font-size: 14px; }}
</style></head><body><h1>{title}</h1><p style="font-size: 20px">{subtitle}</p><p class="muted">{author}<br>Version {version}, {date}</p>
<p class="muted">{where}</p><p class="muted">Text: CC BY 4.0. Code: BSD 3-Clause.</p><h2>Contents</h2>{lines}</body></html>"""
FOOTERS = """<!doctype html><meta charset="utf-8"><style>@page {{ size: A4; margin: 0; }} body {{ margin: 0; }}
div {{ height: 297mm; position: relative; break-after: page; font: 11px sans-serif; color: #555; }} div:last-child {{ break-after: auto; }}
p {{ position: absolute; top: 283mm; left: 18mm; right: 18mm; margin: 0; display: flex; justify-content: space-between; }}</style>{pages}"""


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
    shown = []
    for title, page, depth in lines:
        if page:
            link = f'<a href="{address}{page}.html">{escape(title)}</a>'
            shown.append(f'<div class="line depth-{depth}">{link}<span class="dots"></span>{numbers[page]}</div>')
        else:
            shown.append(f'<div class="part">{escape(title)}</div>')
    base, repository = (config.get("html") or {}).get("baseurl") or "", (config.get("repository") or {}).get("url") or ""
    where = " ".join(f'<a href="{url}">{url}</a>' for url in (base, repository) if url)
    subtitle = config["long_title"].removeprefix(config["title"]).lstrip(": ")
    words = {key: escape(str(config[key])) for key in ("title", "author", "version", "date")}
    return FRONT.format(**words, subtitle=escape(subtitle[:1].upper() + subtitle[1:]), where=where, lines="\n".join(shown))


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
        page.set_content(
            FOOTERS.format(pages="".join(f"<div><p><span>{escape(t)}</span><span>{n}</span></p></div>" for t, n in lines))
        )
        data = page.pdf(prefer_css_page_size=True, print_background=False)
        page.close()
        return list(PdfReader(io.BytesIO(data)).pages)
