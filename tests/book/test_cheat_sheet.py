"""The cheat sheet says of each attack what its code says."""

import re
from pathlib import Path

from helpers.attacks import registry
from helpers.attacks.clid import CLiD

TEXT = (Path(__file__).parents[2] / "book" / "cheat-sheet.md").read_text()


def rows():
    """What the table of attacks says: {name: (queries, what it needs)}."""
    table = TEXT.split("\n## Attacks\n")[1].split("\n## Measures\n")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")]
    return {name: (int(queries), needs) for name, _, queries, needs in cells[2:]}


def test_each_attack_of_the_registry_is_there_with_its_queries_and_what_it_needs():
    there = rows()
    for name, known in registry.ATTACKS.items():
        if not known.league:
            continue
        queries, needs = there.pop(name)
        assert set(filter(None, re.split(r",\s*", needs))) == set(known.needs), name
        assert queries == (1 if isinstance(known.attack, type) else known.attack.queries), name
    assert there == {"CLiD": (CLiD(None).queries, "captions")}


def test_each_symbol_is_one_of_the_glossary():
    symbols = TEXT.split("\n## Symbols\n")[1].split("\n## Equations\n")[0]
    glossary = (Path(__file__).parents[2] / "book" / "glossary.md").read_text().split("\n## Symbols\n")[1]
    first = [line.split("|")[1] for line in symbols.splitlines() if line.startswith("| $")]
    assert len(first) > 10
    assert [s for line in first for s in re.findall(r"\$[^$]+\$", line) if s not in glossary] == []
