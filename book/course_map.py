"""Which chapter builds on which? An inline drawing: chapters in their order, and an arc from each to those that need it.

An arc is left out where another way leads there: who needs *Run SimA* has read what *Run SimA* needs.
"""

from html import escape
from itertools import groupby

from book.chapters import Chapter

WIDTH, ROW, TOP = 360, 24, 8
LINE = 70  # where the dots are; arcs have the room to the left
LABEL = LINE + 10


def arcs(chapters: list[Chapter]) -> list[tuple[str, str]]:
    """Pairs (needed, needing), by name, without those that follow from others."""
    needs = {chapter.name: [name for name in chapter.needs if any(c.name == name for c in chapters)] for chapter in chapters}

    def before(name: str) -> set[str]:
        return set(needs[name]).union(*(before(needed) for needed in needs[name]))

    implied = {name: set().union(*(before(needed) for needed in needed_all)) for name, needed_all in needs.items()}
    return [(needed, name) for name, needed_all in needs.items() for needed in needed_all if needed not in implied[name]]


def helpful(chapters: list[Chapter]) -> list[tuple[str, str]]:
    """Pairs (helpful, helped), by name."""
    names = {chapter.name for chapter in chapters}
    return [(name, chapter.name) for chapter in chapters for name in chapter.helps if name in names]


def draw(chapters: list[Chapter]) -> str:
    """The drawing as SVG, as wide as a phone; it takes its colours from the page."""
    height, places, captions = TOP, {}, []
    for part, inside in groupby(chapters, lambda chapter: chapter.part):
        captions.append(f'<text class="map-part" x="{LABEL}" y="{height + 13}">{escape(part)}</text>')
        height += ROW
        for chapter in inside:
            places[chapter.name] = height + ROW // 2
            height += ROW
        height += 6
    dots = [f'<circle cx="{LINE}" cy="{y}" r="4"/>' for y in places.values()]
    labels = [f'<text x="{LABEL}" y="{places[c.name] + 4}">{escape(c.numbered)}</text>' for c in chapters]
    order = list(places)

    def path(start: str, end: str) -> str:
        straight = order.index(end) - order.index(start) == 1
        return f'<path d="{_arc(places[start], places[end], 0 if straight else height)}"/>'

    needed = "".join(path(*pair) for pair in arcs(chapters))
    helping = "".join(path(*pair) for pair in helpful(chapters))
    said = "A dot for each chapter, in reading order. Arcs lead down to the chapters that need it; the list below says the same."
    return (
        f'<figure class="course-map">\n<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="map-title map-said">'
        f'<title id="map-title">Which chapter builds on which</title><desc id="map-said">{said}</desc>'
        f'<g class="map-needs">{needed}</g><g class="map-helps">{helping}</g>'
        f'<g class="map-dots">{"".join(dots)}</g><g class="map-labels">{"".join(captions + labels)}</g></svg>\n</figure>'
    )


def _arc(start: int, end: int, height: int) -> str:
    """From a chapter down to one that needs it: the farther, the wider to the left; and straight where no height is given."""
    if not height:
        return f"M{LINE} {start}V{end}"
    widest = 0.75 * height  # no arc is as long
    reach = (LINE - 6) * min(1, ((end - start) / widest) ** 0.75) * 4 / 3  # a cubic curve goes 3/4 as far as its control points
    return f"M{LINE} {start}C{LINE - reach:.0f} {start} {LINE - reach:.0f} {end} {LINE} {end}"
