"""Whoever searches for a term lands at its definition first, and reads text in what is found."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest

from book._extensions.terms import ENTRIES

GLOSSARY = (Path(__file__).parents[2] / "book" / "glossary.md").read_text()
GROUPS = [  # the terms of each entry of the glossary
    [line for line in entry.splitlines() if line and line[0] not in " ."]
    for entry in "\n".join(ENTRIES.findall(GLOSSARY)).split("\n\n")
]
WORDS = [(term, group) for group in GROUPS for term in group if " " not in term]
FIRST = "#search-results li a"


def search(page, site, words):
    page.goto(f"{site}search.html?q={quote(words)}")
    page.get_by_text(re.compile("Search finished|did not match")).wait_for()
    return page.locator(FIRST)


@pytest.fixture(scope="module")
def page(browser, site):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def test_the_first_hit_of_every_term_of_one_word_is_where_it_is_defined(page, site):
    assert len(WORDS) > 40
    others = {}
    for term, group in WORDS:
        first = search(page, site, term).first
        name = first.inner_text().removesuffix(" (glossary)")
        if "glossary.html#term-" not in first.get_attribute("href") or name not in group:
            others[term] = name
    assert others == {}


@pytest.mark.parametrize(
    ("words", "term"), [("Fréchet", "Fréchet distance"), ("frechet", "Fréchet distance"), ("members", "member")]
)
def test_part_of_a_term_is_enough_and_so_is_a_word_without_its_accent(page, site, words, term):
    assert search(page, site, words).first.inner_text() == f"{term} (glossary)"


def test_a_hit_lands_at_its_definition(page, site):
    search(page, site, "Jacobian").first.click()
    page.wait_for_url("**/glossary.html#term-Jacobian*")
    assert page.locator("dt:target").inner_text().startswith("Jacobian")


@pytest.mark.parametrize("words", ["TPR", "schedule", "noise", "conditional mean", "softmax"])
def test_what_is_found_shows_text_and_neither_latex_nor_code(page, site, words):
    hits = search(page, site, words)
    excerpts = page.locator("#search-results li p.context")
    assert hits.count() > 0
    excerpts.first.wait_for()
    page.wait_for_load_state("networkidle")
    texts = [text for text in excerpts.all_inner_texts() if text]
    assert texts
    assert [text for text in texts if re.search(r"\\[a-zA-Z(\[]|\bimport \w|\w\(\w*\)\.|= [a-z_.]{2,}\(", text)] == []
