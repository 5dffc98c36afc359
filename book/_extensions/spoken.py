"""Where does a page say something that no chapter says? In ``helpers/languages``, from which its scripts get their texts here.

Words at which the build knows a part of a chapter stay as they are in its source; a page has them in the language of the book.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from helpers.messages import in_language, phrase

ROOT = Path(__file__).parents[2]
SCRIPTS = ("accessible", "progress", "search", "widgets")  # of book/_static
FILE = "messages.js"
MARKS = {
    "Right.": phrase("question.right"),
    "Time": phrase("chapter.time"),
    "You need": phrase("chapter.need"),
    "You will be able to": phrase("chapter.outcomes"),
}


class Marks(SphinxTransform):
    """Bold words that mark a part of a chapter, in the language of the book."""

    default_priority = 400

    def apply(self, **kwargs: object) -> None:
        for word in self.document.findall(nodes.strong):
            if word.astext() in MARKS:
                word[:] = [nodes.Text(MARKS[word.astext()])]


def script() -> str:
    """``phrase`` for the scripts of a page, which are no modules, with the messages that they use."""
    module = (ROOT / "helpers" / "widgets" / FILE).read_text(encoding="utf-8")
    users = [(ROOT / "book" / "_static" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return re.sub(r"^export ", "", in_language(module, used_by="\n".join(users)), flags=re.MULTILINE)


def load(app: Sphinx) -> None:
    if app.builder.format == "html":
        file = Path(app.outdir) / "_static" / FILE
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(script(), encoding="utf-8")
        app.add_js_file(FILE)


def setup(app: Sphinx) -> dict:
    app.add_transform(Marks)
    app.connect("builder-inited", load)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
