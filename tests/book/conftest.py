"""A page of a few lines, or a tiny book, built by Sphinx with the book's own extensions."""

import sys
from io import StringIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).parents[2]
EXTENSIONS = ROOT / "book" / "_extensions"


@pytest.fixture
def page(tmp_path, monkeypatch):
    """page(source, ["myst_parser", "questions"]) builds one page with these extensions: its article, and Sphinx's warnings."""
    monkeypatch.syspath_prepend(str(EXTENSIONS))

    def build(source, extensions, name="index.md", **settings):
        (tmp_path / name).write_text(source)
        asked = {
            "extensions": extensions,
            "html_theme": "basic",
            "myst_enable_extensions": ["dollarmath"],
            "source_suffix": {".rst": "restructuredtext"},  # extensions add to it, and the default is one for all builds
        }
        warnings, out = StringIO(), tmp_path / "_build"
        with patch_docutils(str(tmp_path)), docutils_namespace():
            app = Sphinx(tmp_path, None, out, out / "doctrees", "html", asked | settings, StringIO(), warnings, freshenv=True)
            app.build()
        return BeautifulSoup((out / "index.html").read_text(), "html.parser").select_one("[role=main]"), warnings.getvalue()

    return build


@pytest.fixture
def tiny_book(tmp_path, monkeypatch):
    """tiny_book({"book/glossary.md": "..."}, ["terms"]) builds these pages; its result maps a page's name to its soup."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "book" / "_extensions"), *sys.path])

    def build(files, extensions, **settings):
        source, site = tmp_path / "source", tmp_path / "site"
        for name, text in files.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_text(text)
        first = next(name for name in files if name.endswith((".md", ".ipynb"))).rpartition(".")[0]
        parser = [] if "myst_nb" in extensions else ["myst_parser"]
        base = {"extensions": [*parser, *extensions], "root_doc": first, "project": "Tiny"}
        base["source_suffix"] = {".rst": "restructuredtext"}  # or Sphinx would add those of one book to the next one
        with docutils_namespace():
            app = Sphinx(source, None, site, tmp_path / "doctrees", "html", base | settings, status=None, warningiserror=True)
            app.build()
        return {p.relative_to(site).as_posix(): BeautifulSoup(p.read_text(), "html.parser") for p in site.rglob("*.html")}

    return build
