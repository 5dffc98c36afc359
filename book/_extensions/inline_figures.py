"""Figures of the chapters stand in the page as SVG, so that their ink follows its colour mode; see helpers/figures/ink.py."""

from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from helpers.figures.ink import adaptive


def inline(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    if app.builder.format != "html":
        return
    for image in list(doctree.findall(nodes.image)):
        if image["uri"].endswith(".svg"):
            drawing = Path(app.srcdir, image["uri"]).read_text(encoding="utf-8")
            figure = f'<div class="figure-plot">{adaptive(drawing, image.get("alt", ""))}</div>'
            image.replace_self(nodes.raw("", figure, format="html"))


def setup(app: Sphinx) -> dict:
    app.connect("doctree-resolved", inline)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
