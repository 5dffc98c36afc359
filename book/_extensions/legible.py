"""How large must the letters of a figure be, so that they can be read from the last row?

A figure of a chapter is drawn for a page, and shown on a slide with letters of a smallest size. What stands along an axis moves
away from it by as much as it grows; where numbers have no room any more, every other one is left out, and again until they have.
"""

import re
from itertools import pairwise
from xml.etree import ElementTree

from helpers.figures.ink import SVG

FONT = re.compile(r"(\bfont(?:-size)?:[^;]*?)([\d.]+)px")
LETTER = 0.56  # the width of a letter or digit, in font sizes
TEXT = f"{{{SVG}}}text"


def size(drawing: str) -> tuple[float, float]:
    """Width and height of an SVG, in its own units."""
    _, _, width, height = re.search(r'viewBox="([^"]*)"', drawing)[1].split()
    return float(width), float(height)


def enlarged(drawing: str, least: float) -> str:
    """The SVG with no letter smaller than `least`, in its own units."""
    root = ElementTree.fromstring(drawing)
    for part in root.iter():
        if part.get("id", "").startswith("matplotlib.axis"):
            _make_room(part, least)
        if part.get("id", "").startswith("legend"):
            _spread(part, least)
    for node in root.iter():
        if "font" in node.get("style", ""):
            node.set("style", FONT.sub(lambda m: f"{m[1]}{max(float(m[2]), least):g}px", node.get("style")))
    return ElementTree.tostring(root, encoding="unicode")


def without_legend(drawing: str) -> str:
    """The SVG without its legends, for a slide that says in words what they say."""
    root = ElementTree.fromstring(drawing)
    for node in root.iter():
        for child in [child for child in node if child.get("id", "").startswith("legend")]:
            node.remove(child)
    return ElementTree.tostring(root, encoding="unicode")


def _make_room(axis: ElementTree.Element, least: float) -> None:
    """Move the numbers and the name of an axis, and leave numbers out, for letters that will grow to `least`."""
    ticks = [child for child in axis if "tick" in child.get("id", "")]
    labels = [label for tick in ticks if (label := tick.find(f".//{TEXT}")) is not None]
    across = any(tick.get("id").startswith("xtick") for tick in ticks)
    grown = max([least - _font(label) for label in labels], default=0.0)
    widest = max((len("".join(label.itertext())) for label in labels), default=0)
    if grown <= 0:
        return
    for node in axis.iter(TEXT):
        if node in labels:
            _move(node, 0, 0.75 * grown if across else 0.36 * grown)
        elif across:
            _move(node, 0, 1.6 * grown)
        else:
            _move(node, -LETTER * widest * grown, 0)
    while len(labels) > 2 and _crowded(labels, across, least):
        for label in labels[1::2]:
            label.clear()
        labels = labels[::2]


def _spread(legend: ElementTree.Element, least: float) -> None:
    """Move the entries of a legend apart, downwards from the first, where letters of `least` would touch."""
    entries: list[list[ElementTree.Element]] = [[]]
    for child in legend:
        entries[-1].append(child)
        if child.find(f".//{TEXT}") is not None:
            entries.append([])
    places = [float(entry[-1].find(f".//{TEXT}").get("y", 0)) for entry in entries if entry]
    steps = [q - p for p, q in pairwise(places)]
    if steps and min(steps) > 0:  # one below the other
        for k, entry in enumerate(entries):
            for child in entry:
                _move(child, 0, k * max(0.0, 1.15 * least - min(steps)))


def _font(label: ElementTree.Element) -> float:
    found = FONT.search(" ".join(node.get("style", "") for node in label.iter()))
    return float(found[2]) if found else 0.0


def _move(node: ElementTree.Element, right: float, down: float) -> None:
    node.set("transform", f"translate({right:g} {down:g}) {node.get('transform', '')}".strip())


def _crowded(labels: list[ElementTree.Element], across: bool, least: float) -> bool:
    """Do neighbours along an axis touch each other?"""
    places = [float(label.get("x" if across else "y", 0)) for label in labels]
    lengths = [LETTER * least * len("".join(label.itertext())) if across else least for label in labels]
    room = [abs(q - p) for p, q in pairwise(places)]
    needed = [(a + b) / 2 + (0.3 * least if across else 0) for a, b in pairwise(lengths)]
    return any(there < wanted for there, wanted in zip(room, needed, strict=True))
