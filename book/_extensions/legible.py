"""How large must the letters of a figure be, so that they can be read from the last row?

A figure of a chapter is drawn for a page, and shown on a slide with letters of a smallest size. Where the numbers along an axis
have no room any more, every other one is left out, and again until they have.
"""

import re
from xml.etree import ElementTree

from helpers.figures.ink import SVG

FONT = re.compile(r"(\bfont(?:-size)?:[^;]*?)([\d.]+)px")
LETTER = 0.6  # the width of a letter or digit, in font sizes
TEXT = f"{{{SVG}}}text"


def size(drawing: str) -> tuple[float, float]:
    """Width and height of an SVG, in its own units."""
    _, _, width, height = re.search(r'viewBox="([^"]*)"', drawing)[1].split()
    return float(width), float(height)


def enlarged(drawing: str, least: float) -> str:
    """The SVG with no letter smaller than `least`, in its own units; letters stay where they are anchored."""
    root = ElementTree.fromstring(drawing)
    for node in root.iter():
        if "font" in node.get("style", ""):
            node.set("style", FONT.sub(lambda m: f"{m[1]}{max(float(m[2]), least):g}px", node.get("style")))
    for axis in root.iter():
        if axis.get("id", "").startswith("matplotlib.axis"):
            _thin(axis, least)
    return ElementTree.tostring(root, encoding="unicode")


def _thin(axis: ElementTree.Element, least: float) -> None:
    ticks = [tick for tick in axis if tick.get("id", "").startswith(("xtick", "ytick")) and tick.find(f".//{TEXT}") is not None]
    across = bool(ticks) and ticks[0].get("id").startswith("x")
    while len(ticks) > 2 and _crowded([tick.find(f".//{TEXT}") for tick in ticks], across, least):
        for tick in ticks[1::2]:
            for group in tick.findall(f".//{{{SVG}}}g"):
                for text in group.findall(TEXT):
                    group.remove(text)
        ticks = ticks[::2]


def _crowded(labels: list[ElementTree.Element], across: bool, least: float) -> bool:
    """Do neighbours along an axis touch each other?"""
    places = [float(label.get("x" if across else "y", 0)) for label in labels]
    lengths = [LETTER * least * len("".join(label.itertext())) if across else least for label in labels]
    pairs = zip(zip(places, lengths, strict=True), zip(places[1:], lengths[1:], strict=True), strict=False)
    return any(abs(q - p) < (a + b) / 2 + LETTER * least / 2 for (p, a), (q, b) in pairs)
