"""The first use of a glossary term in a chapter leads to its definition and stands in the index; a search finds the definition.

The terms are those of `book/glossary.md`. A comment above a term says in which other forms a chapter may use it
(``.. also: ROC curve``), or, where the bare word often means something else, in which alone (``.. only: kernel weight``). A
plural needs no mention.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains.std import StandardDomain
from sphinx.transforms import SphinxTransform

GLOSSARY = "book/glossary"
# Pages that no term is linked on.
WITHOUT = ("book/glossary", "book/references", "book/api/", "book/teaching-", "book/assessment", "book/exam-bank")
ENTRIES = re.compile(r"^```\{glossary\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Where a link would hide a link, or be read as part of code, of a formula, of a caption, or of what a question offers.
NOT_INSIDE = (
    nodes.title,
    nodes.rubric,
    nodes.reference,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.caption,
    nodes.table,
    nodes.raw,
    nodes.comment,
    nodes.figure,
    addnodes.pending_xref,
    addnodes.download_reference,
)
QUESTIONS = {"predict", "quiz", "cell_output"}


def forms_of_terms(text: str) -> dict[str, str]:
    """The words that a chapter may use, each with the first term of the entry that it stands for."""
    forms: dict[str, str] = {}
    names: list[str] = []
    comment = ""
    for line in "\n".join(ENTRIES.findall(text)).splitlines():
        if line.startswith(".. "):
            comment = line.removeprefix(".. ")
        elif line and not line[0].isspace():
            names.append(line.strip())
        elif names:
            kind, _, others = comment.partition(": ")
            used = [form.strip() for form in others.split(";") if form.strip()] + ([] if kind == "only" else names)
            forms |= dict.fromkeys(used, names[0])
            names, comment = [], ""
    return forms


def pattern(forms: dict[str, str]) -> re.Pattern:
    """Finds the longest form at a place, in the plural, too, and at the beginning of a sentence."""

    def written(form: str) -> str:
        first = f"[{form[0].upper()}{form[0]}]" if form.islower() and len(form) > 1 else re.escape(form[0])
        stem, ending = (form[1:-1], "(?:y|ies)") if re.search("[^aeou]y$", form) else (form[1:], "(?:s|es)?")
        return first + re.escape(stem).replace(r"\ ", r"\s+") + ending

    return re.compile(rf"(?<![\w-])(?:{'|'.join(f'({written(form)})' for form in forms)})(?![\w-])")


class LinkTerms(SphinxTransform):
    """Before Sphinx collects what a page says of itself, so that it finds the entries of the index."""

    default_priority = 800

    def apply(self, **kwargs: object) -> None:
        docname = self.env.docname
        if docname.startswith(WITHOUT) or not self.config.glossary_forms:
            return
        forms = dict(sorted(self.config.glossary_forms, key=lambda pair: -len(pair[0])))
        find, used = pattern(forms), set()
        for text in list(self.document.findall(nodes.Text)):
            if not _in_prose(text):
                continue
            parts, end = [], 0
            for match in find.finditer(text):
                term = list(forms.values())[match.lastindex - 1]
                if term not in used:
                    used.add(term)
                    parts += [nodes.Text(text[end : match.start()]), *_link(term, match[0], docname)]
                    end = match.end()
            if parts:
                text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def _in_prose(text: nodes.Text) -> bool:
    node = text.parent
    while node is not None:
        if isinstance(node, NOT_INSIDE) or QUESTIONS & set(getattr(node, "attributes", {}).get("classes", ())):
            return False
        node = node.parent
    return True


def _link(term: str, words: str, docname: str) -> list[nodes.Node]:
    target = f"use-of-{nodes.make_id(term) or '-'.join(f'{ord(c):x}' for c in term)}"
    index = addnodes.index(entries=[("single", term, target, "", None)])
    shown = nodes.inline(words, words, classes=["std", "std-term"])
    leads = {"refdomain": "std", "reftype": "term", "reftarget": term, "refexplicit": True, "refdoc": docname, "refwarn": True}
    return [index, nodes.inline("", "", addnodes.pending_xref(words, shown, **leads), ids=[target])]


def read_forms(app: Sphinx, config: Config) -> None:
    """A value of the configuration, so that pages are read again where the terms change, and not where a definition does."""
    path = Path(app.srcdir, GLOSSARY).with_suffix(".md")
    config.glossary_forms = sorted(forms_of_terms(path.read_text(encoding="utf-8")).items()) if path.exists() else []


def list_index(app: Sphinx, doctree: nodes.document) -> None:
    """Add the index, which no file stands for, to the table of contents, after the references."""
    for toctree in doctree.findall(addnodes.toctree):
        if "book/references" in toctree["includefiles"]:
            toctree["entries"].append(("Index", "genindex"))


def search_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    if pagename == "search":
        app.add_js_file("search.js")


def setup(app: Sphinx) -> dict:
    app.add_config_value("glossary_forms", [], "env")
    StandardDomain.object_types["term"].attrs["searchprio"] = 0  # by default, a search leaves terms out
    app.add_css_file("terms.css")
    app.add_transform(LinkTerms)
    app.connect("config-inited", read_forms)
    app.connect("doctree-read", list_index, priority=400)  # before Sphinx collects the table of contents
    app.connect("html-page-context", search_page)
    return {"version": "1", "parallel_read_safe": True}
