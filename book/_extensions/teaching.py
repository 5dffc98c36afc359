"""The pages for teachers: what is made of the chapters is put in when a page is read, and anew when a chapter has changed."""

import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

MARK = "\n% course "


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
    app.connect("source-read", expand)
    app.connect("env-get-outdated", outdated)
    app.connect("build-finished", write_hand_outs)
    app.add_css_file("teaching.css")
    return {"version": "1", "parallel_read_safe": True}
