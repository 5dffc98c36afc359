"""How does a page lead to slides and to the PDF, which are made only after the book?

``{made}`Part I <slides/part-1.html>``` is a link where this file lies in the site, and its words alone where it does not. Pages
are looked at again when the book is built, and by ``make slides`` and ``make pdf``, which run this module.
"""

import re
import sys
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

PAGES = "book/*.html"  # where such a place may be
ABOVE = "../"  # from there to the site
PLACE = re.compile(r'<(a|span) class="made" data-file="([^"]*)"[^>]*>(.*?)</\1>', re.DOTALL)
WRITTEN = re.compile(r"(.+?) <(.+)>", re.DOTALL)


def made(name: str, rawtext: str, text: str, lineno: int, inliner, options: dict | None = None, content: tuple = ()):
    """The place of a link, still without one."""
    written = WRITTEN.fullmatch(text)
    if not written:
        message = inliner.reporter.error(
            f"words and a file of the site are expected, as in Part I <slides/part-1.html>; got {text!r}"
        )
        return [inliner.problematic(rawtext, rawtext, message)], [message]
    words, file = map(escape, written.groups())
    return [nodes.raw("", f'<span class="made" data-file="{file}">{words}</span>', format="html")], []


def link(site: Path) -> None:
    """Make links of the places in a built site whose files are there, and words of the others."""

    def place(found: re.Match) -> str:
        _, file, words = found.groups()
        there = (site / file).is_file()
        tag, leads = ("a", f' href="{ABOVE}{file}"') if there else ("span", "")
        return f'<{tag} class="made" data-file="{file}"{leads}>{words}</{tag}>'

    for page in site.glob(PAGES):
        text = page.read_text(encoding="utf-8")
        linked = PLACE.sub(place, text)
        if linked != text:
            page.write_text(linked, encoding="utf-8")


def finish(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html":
        link(Path(app.outdir))


def setup(app: Sphinx) -> dict:
    app.add_role("made", made)
    app.connect("build-finished", finish)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    link(Path(sys.argv[1]))
