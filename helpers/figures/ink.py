"""How does one figure belong to a light page and to a dark one?

A figure is drawn as SVG. Put into a page, its ink follows the page's ``color-scheme``, as the text beside it does: greys are
mirrored, members turn a lighter blue, the ground is the page's. Images, and what stands on colours of its own, stay as they are.
"""

import io
import re
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree

from matplotlib.figure import Figure

SVG = "http://www.w3.org/2000/svg"
KEPT = "kept"  # the `gid` of an artist whose colours stay
GROUND, INK = (20, 24, 30), (240, 240, 240)  # of a dark page: what white and black turn into
DARK = {"#0072b2": "#56b4e9"}
COLOUR = re.compile(r"\b(fill|stroke): *(#[0-9a-f]{6})\b", re.IGNORECASE)
REFERENCE = re.compile(r"(?:(?<=url\()|^)#([\w-]+)(?=\)|$)")  # to an id: url(#name), or #name in a link

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def dark(colour: str) -> str:
    """What a colour (#rrggbb) of a figure on white is on a dark page: the same, unless it is a grey or too dim there."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    if not red == green == blue:
        return DARK.get(colour.lower(), colour)
    return "#" + "".join(f"{round(ink + (ground - ink) * red / 255):02x}" for ink, ground in zip(INK, GROUND, strict=True))


def _adapt(style: str) -> str:
    """A style whose inks follow the page; a browser without light-dark() reads the first of each two."""

    def both(match: re.Match) -> str:
        name, colour = match[1], match[2].lower()
        other = dark(colour)
        return match[0] if other == colour else f"{match[0]}; {name}: light-dark({colour}, {other})"

    return COLOUR.sub(both, style)


def _walk(node: ElementTree.Element) -> None:
    if node.get("id", "").startswith(KEPT):
        node.set("fill", "#000000")  # matplotlib leaves it out where it is black
        return
    if "style" in node.attrib:
        node.set("style", _adapt(node.get("style", "")))
    for child in node:
        _walk(child)


def adaptive(drawing: str, label: str, digits: int = 6) -> str:
    """The <svg> of a figure as matplotlib writes it, for the middle of an HTML page.

    Args:
        drawing: a whole SVG file.
        label: the alternative text.
        digits: of the hash of the drawing that makes its ids differ from those of other figures on the page.
    """
    root = ElementTree.fromstring(drawing)
    for parent in root.iter():
        for child in [c for c in parent if c.tag == f"{{{SVG}}}metadata"]:
            parent.remove(child)
        for child in [c for c in parent if c.get("id", "").startswith("patch_") and parent.get("id", "")[:4] in ("figu", "axes")]:
            path = child.find(f"{{{SVG}}}path")
            if path is not None and "fill: #ffffff" in path.get("style", "") and "stroke: none" in _stroke(path):
                parent.remove(child)  # the white ground of the figure or of its axes
    _walk(root)
    own = sha256(drawing.encode()).hexdigest()[:digits]
    used = {match for node in root.iter() for value in node.attrib.values() for match in REFERENCE.findall(value)}
    for node in root.iter():
        name = node.attrib.pop("id", "")
        node.attrib |= {key: REFERENCE.sub(rf"#\1-{own}", value) for key, value in node.attrib.items() if "#" in value}
        if name in used:
            node.set("id", f"{name}-{own}")
    style = _adapt("fill: #000000") + f"; --width: {root.get('width', '100%')}"
    root.attrib |= {"role": "img", "aria-label": label, "class": "figure", "style": style}
    return ElementTree.tostring(root, encoding="unicode")


def _stroke(path: ElementTree.Element) -> str:
    style = path.get("style", "")
    return style if "stroke:" in style else "stroke: none"


def to_svg(figure: Figure, label: str) -> str:
    """A figure, drawn for the middle of an HTML page; see `adaptive`."""
    buffer = io.StringIO()
    nothing: dict[str, Any] = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing)
    return adaptive(buffer.getvalue(), label)
