"""A page of a few lines, built by Sphinx with the book's own extensions."""

from io import StringIO
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

EXTENSIONS = Path(__file__).parents[2] / "book" / "_extensions"


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
