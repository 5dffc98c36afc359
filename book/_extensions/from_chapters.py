"""What has the build found in a chapter, under which name?

Numbers are those that the chapter glued for its own prose, figures the drawings of its cells, found by a piece of their
alternative text: both from the cache of executed chapters. A widget is found by its class in the chapter's built page.
"""

import ast
import functools
import html
import json
import re
from dataclasses import dataclass
from pathlib import Path

from jupyter_cache import get_cache
from widget_pages import STATE, State, kind, reached

from helpers.errors import InvalidInput, MissingFile

GLUED = "application/papermill.record/text/plain"
EMBEDDED = re.compile(rf'<script type="{re.escape(STATE)}">(.*?)</script>', re.DOTALL)
STYLES = re.compile(r'<link[^>]*href="[^"]*_static/(widgets/\w+\.css)')


@dataclass(frozen=True)
class Chapter:
    """Of an executed chapter: its glued numbers by their names, its drawings as (alternative text, SVG)."""

    numbers: dict[str, str]
    figures: list[tuple[str, str]]


@functools.cache
def executed(build: Path, name: str) -> Chapter:
    """A chapter as it was executed last.

    Raises:
        MissingFile: the build has no such chapter; the message names those that it has.
    """
    cache = get_cache(build / ".jupyter_cache")
    records = {Path(record.uri).stem: record for record in sorted(cache.list_cache_records(), key=lambda r: r.created)}
    if name not in records:
        raise MissingFile(f"{build} has no executed chapter {name!r}; it has {', '.join(sorted(records)) or 'none'}")
    cells = cache.get_cache_bundle(records[name].pk).nb.cells  # those of code alone
    outputs = [(cell, output) for cell in cells for output in cell.outputs if "data" in output]
    numbers = {
        output.metadata["scrapbook"]["name"]: str(ast.literal_eval(output.data[GLUED]))
        for _, output in outputs
        if "scrapbook" in output.metadata
    }
    drawings = ((cell, output.data["image/svg+xml"]) for cell, output in outputs if "image/svg+xml" in output.data)
    return Chapter(numbers, [(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", ""), svg) for cell, svg in drawings])


def number(build: Path, key: str) -> str:
    """The number that a key such as run-sima:sima-auc names, as the chapter's prose has it.

    Raises:
        InvalidInput: the chapter has no such number; the message names those that it has.
        MissingFile: as `executed`.
    """
    chapter, _, name = key.partition(":")
    numbers = executed(build, chapter).numbers
    if name not in numbers:
        raise InvalidInput(f"{chapter} has no number {name!r}; it has {', '.join(sorted(numbers)) or 'none'}")
    return numbers[name]


def figure(build: Path, chapter: str, shows: str) -> tuple[str, str]:
    """The alternative text and the SVG of the one figure of a chapter whose alternative text holds `shows`.

    Raises:
        InvalidInput: none does, or several; the message says how the chapter's figures begin.
        MissingFile: as `executed`.
    """
    figures = executed(build, chapter).figures
    found = [(alt, svg) for alt, svg in figures if shows and shows in alt]
    if len(found) != 1:
        beginnings = "; ".join(alt[:60] for alt, _ in figures)
        raise InvalidInput(f"{chapter} has {len(found)} figures that show {shows!r}, expected one; its figures: {beginnings}")
    return found[0]


def page(build: Path, chapter: str) -> str:
    """The HTML of a chapter.

    Raises:
        MissingFile: it is not built.
    """
    path = build / "html" / "notebooks" / f"{chapter}.html"
    if not path.is_file():
        raise MissingFile(f"{path} is not there; `make book` builds it")
    return path.read_text(encoding="utf-8")


def title(build: Path, chapter: str) -> str:
    """The title of a chapter, as its built page has it.

    Raises:
        MissingFile: as `page`.
    """
    return html.unescape(re.search(r"<title>(.*?)</title>", page(build, chapter))[1]).partition(" — ")[0]


@dataclass(frozen=True)
class Widget:
    """A widget of a built page: its id, the records that it needs, and its files in the folder ``_static`` of the site."""

    id: str
    state: State
    files: tuple[str, ...]


def widget(build: Path, chapter: str, class_name: str) -> Widget:
    """The first widget of a class in the built page of a chapter.

    Raises:
        InvalidInput: the page has none; the message names the classes that it has.
        MissingFile: as `page`.
    """
    text = page(build, chapter)
    embedded = EMBEDDED.search(text)
    state: State = json.loads(embedded[1])["state"] if embedded else {}
    classes = {kind(model): name for name, model in reversed(state.items()) if "source" in model}
    if class_name not in classes:
        raise InvalidInput(f"{chapter} has no widget {class_name!r}; it has {', '.join(sorted(classes)) or 'none'}")
    name = classes[class_name]
    needed = {other: state[other] for other in reached(state, {name})}
    scripts = [f"widgets/{model['source']}.js" for model in needed.values() if "source" in model]
    return Widget(name, needed, (*sorted(scripts), *STYLES.findall(text)))
