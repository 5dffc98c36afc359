"""A drawing stands in its page, and a picture stays a file."""

import sys
from pathlib import Path

from docutils import nodes
from docutils.utils import new_document

sys.path.insert(0, str(Path(__file__).parents[2] / "book" / "_extensions"))

import inline_figures

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="72pt"><path style="stroke: #000000"/></svg>'


def test_a_drawing_stands_in_the_page_and_a_picture_stays_a_file(tmp_path):
    class App:
        srcdir = tmp_path

        class builder:
            format = "html"

    (tmp_path / "figure.svg").write_text(SVG)
    document = new_document("page")
    document += [nodes.image(uri="figure.svg", alt="a line"), nodes.image(uri="picture.png")]
    inline_figures.inline(App, document, "page")
    drawing, picture = document.children
    assert 'aria-label="a line"' in drawing.astext()
    assert picture["uri"] == "picture.png"
