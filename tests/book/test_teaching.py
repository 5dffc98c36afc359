"""A page for teachers is made of its chapters, and made anew when one of them changes."""

from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from book._extensions.teaching import outdated

TOC = """format: jb-book
root: book/start
parts:
  - caption: "Part I: One"
    numbered: 1
    chapters:
      - file: notebooks/first
"""
CHAPTER = """# First

*What for?*

```{admonition} In this chapter
**You will be able to**
- do $x$ by *hand*.

**Time** 20 minutes. **You need** nothing.
```
"""
START = """# Start

% course outcomes

% course map

## Notes

% course notes: first

[At 50](../notebooks/first.ipynb#widget?t=50&p=4) is shown.

```{toctree}
../notebooks/first
```
"""


@pytest.mark.slow
def test_marks_become_tables_drawings_headings_and_addresses(tiny_book):
    cells = [new_markdown_cell(CHAPTER, id="text")]
    files = {"book/start.md": START, "notebooks/first.ipynb": nbformat.writes(new_notebook(cells=cells)), "_toc.yml": TOC}
    settings = {
        "html_theme": "basic",
        "nb_execution_mode": "off",
        "myst_enable_extensions": ["dollarmath"],
        "myst_heading_anchors": 3,
    }
    page = tiny_book(files, ["myst_nb", "teaching"], **settings)["book/start.html"]
    assert page.select_one("table.course td a")["href"] == "../notebooks/first.html"
    assert page.select_one("table.course em").get_text() == "hand"
    assert page.select_one("figure.course-map svg[role=img] title").get_text() == "Which chapter builds on which"
    assert page.find(id="notes-first")
    assert page.select_one("[role=main] h3").get_text(strip=True).startswith("1. First")
    assert page.find("a", string="At 50")["href"] == "../notebooks/first.html#widget?t=50&p=4"


def test_a_changed_chapter_makes_pages_about_chapters_anew():
    env = SimpleNamespace(metadata={"book/plans": {"about_chapters": True}, "book/glossary": {}})
    assert outdated(None, env, set(), {"notebooks/run-sima"}, set()) == ["book/plans"]
    assert outdated(None, env, set(), {"book/glossary"}, set()) == []
