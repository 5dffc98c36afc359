"""Citations and the list of references under one name: authors and year, with a letter where two works would share it.

`sphinxcontrib.bibtex` prints [Song et al., 2021] for two papers, and sorts the list by labels of its own. Here a label is what
a page prints, [Song et al., 2021a], and a page takes the year from the label.
"""

from collections import Counter
from dataclasses import dataclass, field
from string import ascii_lowercase

import sphinxcontrib.bibtex.plugin
from pybtex.database import Entry
from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.unsrt import Style
from pybtex.style.labels import BaseLabelStyle
from sphinx.application import Sphinx
from sphinxcontrib.bibtex.style.referencing import GroupReferenceStyle, PersonStyle
from sphinxcontrib.bibtex.style.referencing.basic_author_year import (
    BasicAuthorYearParentheticalReferenceStyle,
    BasicAuthorYearTextualReferenceStyle,
)
from sphinxcontrib.bibtex.style.template import join, join2, node, post_text, pre_text, reference


def names(entry: Entry) -> str:
    """Last names of up to two authors; of more, the first with et al."""
    last = [" ".join([*person.prelast_names, *person.last_names]) for person in entry.persons["author"]]
    return " and ".join(last) if len(last) < 3 else f"{last[0]} et al."


def labels(entries: list[Entry]) -> list[str]:
    """Authors and year of each work; 2021a, 2021b, ... where several works, in this order, have the same."""
    plain = [f"{names(entry)}, {entry.fields['year']}" for entry in entries]
    often, letters = Counter(plain), {label: iter(ascii_lowercase) for label in plain}
    return [label + (next(letters[label]) if often[label] > 1 else "") for label in plain]


class LabelStyle(BaseLabelStyle):
    def format_labels(self, sorted_entries: list[Entry]) -> list[str]:
        return labels(sorted_entries)


class ListStyle(Style):
    default_label_style = LabelStyle
    default_sorting_style = "author_year_title"


@node
def year(children: list, data: dict) -> Text:
    return Text(data["formatted_entry"].label.rsplit(", ", 1)[1])


class Parenthetical(BasicAuthorYearParentheticalReferenceStyle):
    def inner(self, role_name: str) -> object:
        cited = join(sep=self.author_year_sep)[self.person.author_or_editor_or_title(full="s" in role_name), year]
        return join2(sep1=self.pre_text_sep, sep2=self.post_text_sep)[pre_text, reference[cited], post_text]


class Textual(BasicAuthorYearTextualReferenceStyle):
    def inner(self, role_name: str) -> object:
        cited = join2(sep1=self.pre_text_sep, sep2=self.post_text_sep)[pre_text, reference[year], post_text]
        who = self.person.author_or_editor_or_title(full="s" in role_name)
        return join(sep=self.text_reference_sep)[who, join[self.bracket.left, cited, self.bracket.right]]


@dataclass
class ReferenceStyle(GroupReferenceStyle):
    person: PersonStyle = field(default_factory=PersonStyle)  # asked for by what formats a citation

    def __post_init__(self) -> None:
        self.styles.extend([Parenthetical(), Textual()])
        super().__post_init__()


def setup(app: Sphinx) -> dict:
    register_plugin("pybtex.style.formatting", "authors_and_year", ListStyle)
    sphinxcontrib.bibtex.plugin.register_plugin("sphinxcontrib.bibtex.style.referencing", "authors_and_year", ReferenceStyle)
    return {"version": "1", "parallel_read_safe": True}
