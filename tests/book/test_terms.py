"""The first use of a term leads to its definition, in prose alone."""

import re
from pathlib import Path

import pytest

from book._extensions.terms import forms_of_terms, pattern

GLOSSARY = """# Glossary

```{glossary}
.. also: queries of the model
query
call
  What is asked.

AUC
area under the ROC
  An area.

near copy
  Almost the same.

copy
  The same.

.. only: kernel weight
kernel
  A weight.
```
"""
FORMS = forms_of_terms(GLOSSARY)


def found(text):
    forms = dict(sorted(FORMS.items(), key=lambda pair: -len(pair[0])))
    return [(m[0], list(forms.values())[m.lastindex - 1]) for m in pattern(forms).finditer(text)]


def test_words_and_synonyms_stand_for_the_first_term_of_an_entry():
    assert FORMS["queries of the model"] == FORMS["call"] == FORMS["query"] == "query"
    assert FORMS["area under the ROC"] == "AUC"
    assert FORMS["kernel weight"] == "kernel"
    assert "kernel" not in FORMS


def test_the_longest_form_is_found_in_the_plural_and_at_the_beginning_of_a_sentence():
    assert found("Near copies and a copy.") == [("Near copies", "near copy"), ("copy", "copy")]
    assert found("Queries, AUCs") == [("Queries", "query"), ("AUCs", "AUC")]
    assert found("a near\ncopy") == [("near\ncopy", "near copy")]


def test_a_part_of_another_word_is_not_found():
    assert found("recalls copyright auc kernels photo-copy") == []


PAGE = """# Copies

```{toctree}
book/glossary
```

Math {math}`copy`, code `copy`, [a copy](https://example.org/).

```{figure} picture.png
A copy.
```

| copy |
|---|
| copy |

```{admonition} Predict
:class: predict

Is it a copy?
```

This *copy* is the first, that copy the second; a call is the other entry.
"""


@pytest.fixture
def pages(tiny_book):
    files = {"start.md": PAGE, "book/glossary.md": GLOSSARY, "picture.png": ""}
    return tiny_book(files, ["terms"], html_theme="basic")


def test_the_first_use_in_prose_is_linked_and_no_other(pages):
    links = [(a.get_text(), a["href"]) for a in pages["start.html"].select("a:has(.std-term)")]
    assert links == [("copy", "book/glossary.html#term-copy"), ("call", "book/glossary.html#term-query")]
    assert pages["start.html"].select_one("em a").get_text() == "copy"
    assert pages["book/glossary.html"].select("a:has(.std-term)") == []


def test_the_index_leads_to_the_definition_and_to_the_first_use(pages):
    lines = [item.find_all("a") for item in pages["genindex.html"].select("table.indextable li")]
    entries = {links[0].get_text(strip=True): [link["href"] for link in links] for links in lines}
    assert sorted(entries) == sorted(set(FORMS.values()) | {"call", "area under the ROC"})
    assert entries["copy"] == ["book/glossary.html#term-copy", "start.html#use-of-copy"]
    assert pages["start.html"].select_one("#use-of-copy").get_text() == "copy"


def test_each_term_of_the_book_has_a_definition_that_leads_to_a_chapter():
    text = (Path(__file__).parents[2] / "book" / "glossary.md").read_text()
    entries = re.findall(r"^(?!\.\.)(\S.*)\n((?:  .*\n?)+)", text.partition("```{glossary}")[2].partition("```")[0], re.MULTILINE)
    assert len(entries) > 60
    assert [term for term, definition in entries if not re.search(r"\]\((\.\./notebooks/|was-this)|\{term\}", definition)] == []
