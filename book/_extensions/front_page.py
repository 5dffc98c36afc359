"""The first page: its moving picture, what it says of version, citation and contact, and the way to it from ``index.html``.

The picture is ``helpers/widgets/arrow.js``, which needs nothing from Python; it stands in the page as a script right after the
drawing that it replaces, so that a browser without scripts shows the drawing.
"""

from html import escape
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from helpers import __version__
from helpers.messages import LANGUAGE, phrase

PICTURE = "% the idea in one picture"
ROOT = Path(__file__).parents[2]
INDEX = """<!DOCTYPE html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<meta name="description" content="{description}">
<meta http-equiv="refresh" content="0; url={first}">
<link rel="canonical" href="{first}">
<link rel="icon" href="_static/{favicon}">
</head>
<body>
<main>
<h1>{title}</h1>
<p>{description}</p>
<p><a href="{first}">{read}</a></p>
</main>
</body>
</html>
"""


def describe(app: Sphinx, config: Config) -> None:
    """Values for ``{{ version }}``, ``{{ citation }}`` and ``{{ contact }}``, from where they are kept."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    authors = ", ".join(author["name"] for author in cited["authors"])
    year = str(cited["date-released"])[:4]
    address = (config.html_theme_options or {}).get("repository_url") or ""
    contact = phrase("front.issue", address=f"{address}/issues") if address else phrase("front.write")
    config.myst_substitutions = {
        **(config.myst_substitutions or {}),
        "version": __version__,
        "citation": f"{authors} ({year}). *{cited['title']}*. Version {__version__}.",
        "contact": contact,
    }


def picture() -> str:
    """The script that draws the moving picture into ``#arrow``."""
    from helpers.widgets.source import script  # slow to import, since all widgets come with it

    drawn = script("arrow").replace("export default { render };", 'render({ el: document.getElementById("arrow") });')
    return f"<script>(() => {{\n{drawn}}})();</script>"


def expand(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == app.config.root_doc:
        source[0] = source[0].replace(PICTURE, picture())
        for path in (ROOT / "helpers" / "widgets").glob("*.js"):
            app.env.note_dependency(str(path))


def style(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: object) -> None:
    if pagename == app.config.root_doc:
        app.add_css_file("front-page.css")


def write_index(app: Sphinx, error: Exception | None) -> None:
    """A page of its own for who opens the folder, with a way on for those whose browser does not lead them there."""
    if error or app.builder.format != "html":
        return
    described = (node for node in app.env.get_doctree(app.config.root_doc).findall(nodes.meta) if node["name"] == "description")
    description = next((node["content"] for node in described), "")
    first = app.builder.get_target_uri(app.config.root_doc)
    values = {"title": app.config.html_title or app.config.project, "description": description, "first": first}
    values |= {"language": LANGUAGE, "read": phrase("front.read")}
    escaped = {name: escape(value) for name, value in values.items()}
    text = INDEX.format(**escaped, favicon=Path(app.config.html_favicon or "").name)
    (Path(app.outdir) / "index.html").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict:
    app.connect("config-inited", describe)
    app.connect("source-read", expand)
    app.connect("html-page-context", style)
    app.connect("build-finished", write_index)
    return {"version": "1", "parallel_read_safe": True}
