"""How do many printed pages become one file, in which links and the outline lead to the right places?

Chromium writes a link to another page as an address, and one within a page by the name of a place. Here both become
a place in the file.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NameObject, NumberObject, TextStringObject

TINY = 3  # points: a link as narrow as this only marks a place
Line = tuple[str, str, int]  # of the contents: title, page of the site ("" for a part), depth


@dataclass(frozen=True)
class Printed:
    """A page of the site, printed.

    Args:
        name: as "notebooks/run-sima".
        data: the PDF.
    """

    name: str
    title: str
    data: bytes

    @cached_property
    def reader(self) -> PdfReader:
        return PdfReader(io.BytesIO(self.data))

    @property
    def count(self) -> int:
        """How many pages of paper it has."""
        return len(self.reader.pages)

    @cached_property
    def places(self) -> dict[str, tuple[int, float]]:
        """By its id, on which page of paper a place is, from 0, and how high, in points."""
        named = self.reader.named_destinations.items()
        return {
            unquote(name).lstrip("/"): (self.reader.get_destination_page_number(d) or 0, float(d.top or 0)) for name, d in named
        }


@dataclass(frozen=True)
class Link:
    """A link on one page of paper: its rectangle, and an address or the name of a place on the same page of the site."""

    rectangle: list[float]
    address: str = ""
    place: str = ""


def links(page: PageObject) -> Iterator[Link]:
    """The links of a page of paper that somebody can press."""
    for reference in page.get("/Annots") or ():
        annotation = reference.get_object()
        rectangle = [float(v) for v in annotation["/Rect"]]
        if annotation.get("/Subtype") != "/Link" or rectangle[2] - rectangle[0] < TINY:
            continue
        if "/Dest" in annotation:
            yield Link(rectangle, place=unquote(str(annotation["/Dest"])).lstrip("/"))
        elif address := annotation.get("/A", {}).get("/URI"):
            yield Link(rectangle, address=str(address))


@dataclass(frozen=True)
class Book:
    """What the file is made of.

    Args:
        front: title page and contents, pages of paper.
        footers: a page of paper for each of `pages`, with nothing but its footer.
        lines: of the contents.
        address: of the site that was printed, with a slash at its end; what leads there leads into the file.
    """

    title: str
    front: list[PageObject]
    pages: list[Printed]
    footers: list[PageObject]
    lines: list[Line]
    address: str


def join(book: Book, path: Path) -> None:
    """Write one file: front matter, pages with their footers, links, outline."""
    front, pages, lines = book.front, book.pages, book.lines
    writer = PdfWriter()
    starts, at = {}, len(front)
    for printed in pages:
        starts[printed.name] = at
        at += printed.count
    by_name = {printed.name: printed for printed in pages}
    owned = [("", page) for page in front] + [(printed.name, page) for printed in pages for page in printed.reader.pages]
    found = [(owner, list(links(page))) for owner, page in owned]
    for k, (_, page) in enumerate(owned):
        page.pop("/Annots", None)
        added = writer.add_page(page)
        if k >= len(front):
            added.merge_page(book.footers[k - len(front)])
        added.compress_content_streams()
    for k, (owner, of_page) in enumerate(found):
        for link in of_page:
            name, place = _target(link, owner, book.address)
            if name in by_name:
                page, top = by_name[name].places.get(place, (0, 842.0))
                _add(writer, k, link, {"/Dest": _place(writer, starts[name] + page, top)})
            elif not name and link.address:
                action = DictionaryObject(
                    {NameObject("/S"): NameObject("/URI"), NameObject("/URI"): TextStringObject(link.address)}
                )
                _add(writer, k, link, {"/A": action})
    parents: list = [None]
    writer.add_outline_item(title="Contents", page_number=1)
    for title, name, depth in lines:
        first = name or next(page for _, page, _ in lines[lines.index((title, name, depth)) :] if page)
        del parents[depth + 1 :]
        parents.append(writer.add_outline_item(title=title, page_number=starts[first], parent=parents[depth], is_open=False))
    writer.root_object[NameObject("/Lang")] = TextStringObject("en")
    writer.page_mode = "/UseOutlines"
    writer.add_metadata({"/Title": book.title})
    writer.compress_identical_objects(remove_unreferenced=True)
    writer.write(path)


def _target(link: Link, owner: str, address: str) -> tuple[str, str]:
    """The page of the site and the place there; "" for an address elsewhere, "?" for a file of the site that is no page of it."""
    if link.place:
        return owner, link.place
    if not link.address.startswith(address):
        return "", ""
    name, _, place = link.address.removeprefix(address).partition("#")
    return (name.removesuffix(".html") if name.endswith(".html") else "?"), unquote(place)


def _place(writer: PdfWriter, page: int, top: float) -> ArrayObject:
    reference = writer.pages[page].indirect_reference
    return ArrayObject([reference, NameObject("/XYZ"), FloatObject(0), FloatObject(top), NumberObject(0)])


def _add(writer: PdfWriter, page: int, link: Link, leads: dict) -> None:
    annotation = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/Rect"): ArrayObject(map(FloatObject, link.rectangle)),
            NameObject("/Border"): ArrayObject(map(NumberObject, (0, 0, 0))),
            **{NameObject(key): value for key, value in leads.items()},
        }
    )
    writer.add_annotation(page, annotation)


def problems(path: Path, lines: list[Line], pages: int) -> list[str]:
    """What is wrong with the file: a line for each defect.

    Args:
        pages: how many it should have.
    """
    reader = PdfReader(path)
    found = []
    if len(reader.pages) != pages:
        found.append(f"it has {len(reader.pages)} pages, not {pages}")
    if missing := {name for page in reader.pages for name in _without_file(page.get("/Resources", {}))}:
        found.append(f"fonts are not embedded: {', '.join(sorted(missing))}")
    there = {page.indirect_reference.idnum for page in reader.pages if page.indirect_reference}
    for number, page in enumerate(reader.pages, 1):
        for reference in page.get("/Annots") or ():
            target = reference.get_object().get("/Dest")
            if target is not None and target[0].idnum not in there:
                found.append(f"a link on page {number} leads to no page")
    titles = [title for title, _, _ in lines]
    outline = [item.title for item in _flat(reader.outline)]
    if outline != ["Contents", *titles]:
        found.append(f"the outline has {len(outline)} entries, not {len(titles) + 1}")
    return found


def _flat(outline: list) -> Iterator:
    for item in outline:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _without_file(resources) -> Iterator[str]:
    """Names of fonts whose letters are not in the file, in these resources and in the drawings that they hold."""
    for reference in (resources.get_object().get("/Font") or {}).values():
        font = reference.get_object()
        descriptor = font.get("/DescendantFonts", [font])[0].get_object().get("/FontDescriptor", DictionaryObject()).get_object()
        if font["/Subtype"] != "/Type3" and not {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor):
            yield str(font.get("/BaseFont"))
    for reference in (resources.get_object().get("/XObject") or {}).values():
        drawing = reference.get_object()
        if "/Resources" in drawing:
            yield from _without_file(drawing["/Resources"])
