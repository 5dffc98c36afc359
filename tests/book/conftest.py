"""A tiny book, built by Sphinx with extensions of ours."""

import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

ROOT = Path(__file__).parents[2]


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
