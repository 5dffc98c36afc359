"""The whole book as one PDF: ``python -m book.pdf``, or ``make pdf``, writes it to `_build/pdf` from the pages of the last build.

    pages, each printed by Chromium (`book.pdf_page`)  ->  title, contents, pages as one file (`book.pdf_file`)  ->  checks

A page is on paper what the site's style sheet for print makes of it. A widget is its picture, with the address where it moves.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import yaml
from playwright.sync_api import sync_playwright

from book.chromium import start_browser, start_site
from book.pdf_file import Book, Printed, join, problems
from book.pdf_page import Printer, anchors, front_matter

ROOT = Path(__file__).parents[1]
NAME = "the-denoiser-remembers.pdf"
LARGEST = 30e6  # bytes


@dataclass(frozen=True)
class Entry:
    """A line of the contents: a page, or (without one) a part."""

    title: str
    page: str = ""
    depth: int = 0


def main() -> None:
    """Write the PDF; exit with 1 where it has a defect, and name it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--site", type=Path, default=ROOT / "_build" / "html", help="The built book.")
    parser.add_argument("--to", type=Path, default=ROOT / "_build" / "pdf", help="The folder of the PDF.")
    parser.add_argument("--pages", nargs="*", default=(), metavar="PAGE", help="Only these, such as notebooks/run-sima.")
    arguments = parser.parse_args()
    if not (arguments.site / "index.html").exists():
        parser.exit(1, f"error: no book in {arguments.site}; run `make book` first\n")
    there = entries(ROOT)
    if unknown := set(arguments.pages) - {entry.page for entry in there}:
        parser.exit(1, f"error: pages must be of the table of contents, got {', '.join(sorted(unknown))}\n")
    contents = chosen(there, arguments.pages)
    if missing := [e.page for e in contents if e.page and not (arguments.site / f"{e.page}.html").exists()]:
        parser.exit(1, f"error: the book in {arguments.site} has no {', '.join(missing)}; run `make book` first\n")
    started = time.monotonic()
    arguments.to.mkdir(parents=True, exist_ok=True)
    path = arguments.to / NAME
    found = write(arguments.site, path, contents, config(ROOT))
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, in {time.monotonic() - started:.0f} s")
    if found:
        sys.exit("\n".join([f"error: the PDF has {len(found)} defects:", *found]))


def config(root: Path) -> dict:
    """What _config.yml says, and the version and the date of the release."""
    cited = yaml.safe_load((root / "CITATION.cff").read_text())
    release = {"version": str(cited["version"]), "date": str(cited["date-released"]), "long_title": cited["title"]}
    return yaml.safe_load((root / "_config.yml").read_text()) | release


def entries(root: Path) -> list[Entry]:
    """The table of contents, in the order of the book; the title of a page is for the page to say."""
    toc = yaml.safe_load((root / "_toc.yml").read_text())
    found = [Entry("", toc["root"])]
    for part in toc["parts"]:
        found.append(Entry(part["caption"]))
        for chapter in part["chapters"]:
            found.append(Entry("", chapter["file"], 1))
            found += [Entry("", section["file"], 2) for section in chapter.get("sections", ())]
    return found


def chosen(there: list[Entry], pages: tuple[str, ...] | list[str]) -> list[Entry]:
    """The entries of these pages, and the parts that have one of them; all, if none is named."""
    kept: list[Entry] = []
    for entry in there if pages else ():
        if not entry.page or entry.page in pages:
            if kept and not kept[-1].page and not entry.page:
                kept.pop()
            kept.append(entry)
    if kept and not kept[-1].page:
        kept.pop()
    return kept or there


def live_address(config: dict, page: str) -> str:
    """Where a page can be read with its widgets moving: on the site, if it has an address; else its file's name."""
    base = (config.get("html") or {}).get("baseurl") or ""
    return f"{base.rstrip('/')}/{page}.html" if base else f"{page}.html"


def write(site: Path, path: Path, contents: list[Entry], config: dict) -> list[str]:
    """Print the pages, join them, and look at the result.

    Returns:
        What is wrong with it: a line for each defect.
    """
    address = start_site(site)
    pages = [entry.page for entry in contents if entry.page]
    wanted = anchors(site, pages)
    defects: list[str] = []
    with sync_playwright() as playwright:
        browser = start_browser(playwright)
        printer = Printer(browser, address)
        printed: dict[str, Printed] = {}
        part = ""
        for entry in contents:
            if not entry.page:
                part = entry.title
                continue
            live = live_address(config, entry.page)
            done, cut = printer.page(entry.page, part if entry.depth < 2 else "", live, wanted[entry.page])
            printed[entry.page] = done
            defects += [f"{entry.page} is cut at the right edge: {what}" for what in cut]
            part = ""
        lines = [(e.title or printed[e.page].title, e.page, e.depth) for e in contents]
        with tempfile.TemporaryDirectory() as folder:
            front = Path(folder) / "front.html"
            numbers = dict.fromkeys(pages, 0)
            for _ in range(2):  # how long the contents are decides on which page the first chapter begins
                front.write_text(front_matter(config, lines, numbers, address))
                first = printer.file(front)
                numbers = starts(first, printed)
            footers = printer.footers([(printed[page].title, printed[page].count, numbers[page]) for page in pages])
        browser.close()
    join(Book(config["title"], first, [printed[page] for page in pages], footers, lines, address), path)
    defects += problems(path, lines, len(first) + sum(p.count for p in printed.values()))
    if path.stat().st_size > LARGEST:
        defects.append(f"it has {path.stat().st_size / 1e6:.1f} MB, more than {LARGEST / 1e6:.0f}")
    return defects


def starts(first: list, printed: dict[str, Printed]) -> dict[str, int]:
    """On which page of the file each page of the site begins, counted from 1."""
    numbers, at = {}, len(first) + 1
    for page, done in printed.items():
        numbers[page] = at
        at += done.count
    return numbers


if __name__ == "__main__":
    main()
