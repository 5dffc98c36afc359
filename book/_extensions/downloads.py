"""The scores behind the book as files to download: written into the site, and described on the page that has ``{downloads}``.

What they hold is for `helpers.experiments.score_tables` to say. They are written anew when its fingerprint changes, which covers
the scores too.
"""

import json
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from helpers.fingerprints import fingerprint

FOLDER = "data"  # of the site
LISTING = "written.json"
ABOVE = "../"  # from a page in book/ to the site


def size(count: int) -> str:
    """A number of bytes as one would say it: "16 kB", "8.7 MB"."""
    return f"{max(count / 1e3, 1):.0f} kB" if count < 1e6 else f"{count / 1e6:.1f} MB"


def kept(app: Sphinx) -> Path:
    """The folder in which the files are kept from one build to the next."""
    return Path(app.outdir).parent / "downloads"


def write(app: Sphinx) -> None:
    now = fingerprint("helpers.experiments.score_tables")
    listing = kept(app) / LISTING
    if listing.exists() and json.loads(listing.read_text())["fingerprint"] == now:
        return
    from helpers.experiments.score_tables import write_tables

    shutil.rmtree(kept(app), ignore_errors=True)
    written = write_tables(kept(app))
    listing.write_text(json.dumps({"fingerprint": now, "written": written}))


def copy(app: Sphinx, exception: Exception | None) -> None:
    if not exception and app.builder.format == "html":
        shutil.copytree(kept(app), Path(app.outdir) / FOLDER, dirs_exist_ok=True, ignore=shutil.ignore_patterns(LISTING))


def link(name: str) -> str:
    """As code, in which no term of the glossary is linked."""
    return f'<a href="{ABOVE}{FOLDER}/{name}" download>`{name}`</a>'


def rows(table, names: list[str]) -> list[str]:
    """A row of Markdown for each column; for all attacks that differ in their name alone, one."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for name in names:
        column = table.column(name)
        meaning = column.meaning.replace(f"score by {name}", "score by the attack of this name")
        together.setdefault((meaning, column.values, "yes" if column.gaps else "no"), []).append(f"`{name}`")
    return [f"| {', '.join(alike)} | {' | '.join(words)} |" for words, alike in together.items()]


class Downloads(SphinxDirective):
    """A section for each file: its size, what one row is, its columns, and the chapters that use it."""

    def run(self) -> list[nodes.Node]:
        from helpers.experiments.score_tables import DICTIONARY, TABLES, ZIP

        listing = kept(self.env.app) / LISTING
        self.env.note_dependency(str(listing))
        written = json.loads(listing.read_text())["written"]
        lines = [
            f"**All of it**: {link(ZIP)}, {size(written['zip']['bytes'])}. What each column is says {link(DICTIONARY)}, too.",
            "",
        ]
        for table in TABLES:
            there = written[table.name]
            lines += [f"## {table.name}", "", f"{link(f'{table.name}.csv')}, {size(there['bytes'])}, {there['rows']:,} rows."]
            lines[-1] += f" One row: {table.row[0].lower()}{table.row[1:]}"
            if table.chapters:
                lines += ["", "Used in " + ", ".join(f"{{doc}}`/notebooks/{name}`" for name in table.chapters) + "."]
            lines += ["", "| column | meaning | unit and range | may be empty |", "|---|---|---|---|"]
            lines += rows(table, there["columns"])
            lines.append("")
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def setup(app: Sphinx) -> dict:
    app.add_directive("downloads", Downloads)
    app.connect("builder-inited", write)
    app.connect("build-finished", copy)
    return {"version": "1", "parallel_read_safe": True}
