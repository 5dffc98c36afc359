"""The pages for teachers: what is made of the chapters is put in when a page is read, and anew when a chapter has changed."""

import re
import sys
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

MARK = "\n% course "
SOURCES = ("book/*.py", "book/exam-bank.yml", "book/assignments/*/rubric.yml")  # what else these pages are made of


def expand(app: Sphinx, docname: str, source: list[str]) -> None:
    if MARK not in source[0]:
        return
    sys.path[:] = dict.fromkeys([*sys.path, str(Path(__file__).parents[2])])  # a build is not started with the book's folder
    from book.assessment import rubric
    from book.course import Course, expand
    from book.exam import bank_page

    root = Path(app.srcdir)
    course = Course(root)
    sections = {
        "outcomes": course.outcomes,
        "map": course.map,
        "times": course.times,
        "session": course.session,
        "notes": course.notes,
        "rubric": rubric,
        "exam-bank": lambda: bank_page(root, course.chapters),
    }
    source[0] = expand(source[0], sections)
    app.env.metadata[docname]["about_chapters"] = True
    for path in [path for pattern in SOURCES for path in root.glob(pattern)]:
        app.env.note_dependency(str(path))


def setting(name: str, rawtext: str, text: str, lineno: int, inliner: object, options: dict | None = None, content: tuple = ()):
    """A link to a widget with a setting, an address that no label stands for: ``{setting}`words <page.html#widget?t=50>```."""
    words, address = re.fullmatch(r"(.*) <(.*)>", text, re.DOTALL).groups()
    return [nodes.reference(rawtext, words, refuri=address, internal=True)], []


def outdated(app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]) -> list[str]:
    """Pages that speak of chapters are read again when a chapter is: its text, its figures or its time may be others."""
    if any(name.startswith("notebooks/") for name in added | changed | removed):
        return [name for name, said in env.metadata.items() if said.get("about_chapters")]
    return []


def write_hand_outs(app: Sphinx, error: Exception | None) -> None:
    if not error and app.builder.format == "html" and "book/assessment" in app.env.found_docs:
        from book.assessment import write_hand_outs

        write_hand_outs(Path(app.outdir) / "hand-outs")


def setup(app: Sphinx) -> dict:
    app.add_role("setting", setting)
    app.connect("source-read", expand)
    app.connect("env-get-outdated", outdated)
    app.connect("build-finished", write_hand_outs)
    app.add_css_file("teaching.css")
    return {"version": "1", "parallel_read_safe": True}
