"""How does a deck of slides take numbers, figures and widgets from the chapters?

A deck types no measured number and copies no figure; the build of the book supplies them:

- {number}`run-sima:sima-auc` is a number, with its interval, as the chapter's prose has it;
- {chapter}`run-sima` is the title of a chapter, with a link;
- ``{chapter-figure} run-sima`` with ``:shows:`` and a piece of the alternative text is a figure, with letters for the last row
  (``:height:`` in pixels; ``:no-legend:`` where the slide says what the legend does);
- ``{chapter-widget} run-sima TimestepExplorer`` is a widget, live on the slide and a picture in print.
"""

import json
import shutil
from pathlib import Path
from typing import ClassVar

import from_chapters
from docutils import nodes
from docutils.parsers.rst import directives
from legible import enlarged, size, without_legend
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole
from widget_pages import PLACE, State

from helpers.errors import Advice
from helpers.figures.ink import adaptive

SMALLEST = 28  # pixels, of letters on a slide of 1280 x 720
WIDEST, HIGHEST = 1180, 490  # pixels, of a figure
VIEW = '<script type="application/vnd.jupyter.widget-view+json">{}</script>'
UNUSED = ("css", "plugin/highlight", "plugin/markdown", "plugin/math", "plugin/search", "plugin/zoom", "dist/theme")


def book(app: Sphinx) -> Path:
    """The folder of the build that a deck takes from."""
    return (Path(app.confdir) / app.config.book_build).resolve()


def failed(role: SphinxRole, error: Advice) -> tuple[list[nodes.Node], list[nodes.system_message]]:
    message = role.inliner.reporter.error(str(error), line=role.lineno)
    return [role.inliner.problematic(role.rawtext, role.rawtext, message)], [message]


class Number(SphinxRole):
    """A number of a chapter, by its key."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [nodes.inline("", from_chapters.number(book(self.env.app), self.text), classes=["number"])], []
        except Advice as error:
            return failed(self, error)


class ChapterTitle(SphinxRole):
    """The title of a chapter, with a link to it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            title = from_chapters.title(book(self.env.app), self.text)
        except Advice as error:
            return failed(self, error)
        return [nodes.reference("", title, refuri=f"../notebooks/{self.text}.html")], []


class ChapterFigure(SphinxDirective):
    """A figure of a chapter, as large as its slide has room for."""

    required_arguments = 1
    option_spec: ClassVar[dict] = {
        "shows": directives.unchanged_required,
        "height": directives.positive_int,
        "no-legend": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        try:
            alt, drawing = from_chapters.figure(book(self.env.app), self.arguments[0], self.options.get("shows", ""))
        except Advice as error:
            raise self.error(str(error)) from None
        if "no-legend" in self.options:
            drawing = without_legend(drawing)
        width, height = size(drawing)
        scale = min(WIDEST / width, self.options.get("height", HIGHEST) / height)
        svg = adaptive(enlarged(drawing, SMALLEST / scale), alt)
        box = f'style="width: {width * scale:.0f}px; height: {height * scale:.0f}px"'
        return [nodes.raw("", f'<div class="deck-figure" {box}>{svg}</div>', format="html")]


class ChapterWidget(SphinxDirective):
    """A widget of a chapter, by its class."""

    required_arguments = 2

    def run(self) -> list[nodes.Node]:
        chapter, name = self.arguments
        try:
            widget = from_chapters.widget(book(self.env.app), chapter, name)
        except Advice as error:
            raise self.error(str(error)) from None
        view = VIEW.format(json.dumps({"model_id": widget.id}))
        text = f'<div class="deck-widget {name}">{PLACE.format("", view)}</div>'
        return [nodes.raw("", text, format="html", chapter_widget=(chapter, name))]


def mount(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Give a deck the state of its widgets, and say which files of the site they need."""
    held = [node["chapter_widget"] for node in doctree.findall(nodes.raw) if "chapter_widget" in node] if doctree else []
    widgets = [from_chapters.widget(book(app), *names) for names in held]
    state: State = {}
    for widget in widgets:
        state |= widget.state
    context["widget_files"] = sorted({file for widget in widgets for file in widget.files})
    context["widget_state"] = json.dumps({"state": state, "version_major": 2, "version_minor": 0}).replace("</", "<\\/")


def stand_alone(app: Sphinx, doctree: nodes.document) -> None:
    """A deck is in no table of contents."""
    app.env.metadata[app.env.docname]["orphan"] = True


def clear(app: Sphinx, exception: Exception | None) -> None:
    """Leave out what the decks do not load."""
    if exception is None:
        reveal = Path(app.outdir) / "_static" / "revealjs"
        for path in [*(reveal / name for name in UNUSED), *reveal.glob("dist/*.map"), *reveal.glob("**/*.esm.js")]:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def setup(app: Sphinx) -> dict:
    app.add_config_value("book_build", "../../_build", "env")
    app.add_role("number", Number())
    app.add_role("chapter", ChapterTitle())
    app.add_directive("chapter-figure", ChapterFigure)
    app.add_directive("chapter-widget", ChapterWidget)
    app.connect("doctree-read", stand_alone)
    app.connect("html-page-context", mount)
    app.connect("build-finished", clear)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
