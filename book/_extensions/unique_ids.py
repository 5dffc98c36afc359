"""No id twice on a page: of several elements that share one, the first keeps it. sphinx-exercise gives all exercises the same."""

from docutils import nodes
from sphinx.application import Sphinx


def drop_repeated(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    seen: set[str] = set()
    for node in doctree.findall(nodes.Element):
        ids = node.get("ids", [])
        node["ids"] = [i for i in ids if i not in seen]
        seen.update(ids)


def setup(app: Sphinx) -> dict:
    app.connect("doctree-resolved", drop_repeated)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
