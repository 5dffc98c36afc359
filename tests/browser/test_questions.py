"""Every question, on every page: each choice says why it is right or wrong, one is right, and nothing moves."""

from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGES = sorted(p.relative_to(SITE).as_posix() for p in SITE.glob("[bn]*/*.html") if "<fieldset" in p.read_text(encoding="utf-8"))
PLACES = """group => [group.getBoundingClientRect().height, document.documentElement.scrollHeight,
    ...[...group.querySelectorAll('.question-choice')].map(node => node.getBoundingClientRect().top + scrollY)]"""


def verdict(group):
    """What is said of the chosen answer; there is no other to be seen."""
    shown = [node for node in group.locator("[role=status] > *").all() if node.is_visible()]
    assert len(shown) == 1
    return shown[0]


OPENED = [(page, width, dark) for page in PAGES for width, dark in [(1280, False), (390, True)]]


@pytest.mark.parametrize("kept", OPENED, indirect=True, ids=str)
def test_each_choice_shows_its_verdict_and_moves_nothing(kept):
    seen = kept
    for group in seen.page.locator(".question").all():
        before = group.evaluate(PLACES)
        assert "question-hint" in verdict(group).get_attribute("class")
        said = []
        for choice in group.locator(".question-choice").all():
            choice.click()
            said.append(verdict(group).inner_text())
            right = "right" in verdict(group).get_attribute("class").split()
            assert said[-1].startswith("✓ Right." if right else "✗ ")
            assert group.evaluate(PLACES) == before
        assert len(set(said)) == len(said) >= 3
        assert sum(text.startswith("✓") for text in said) == 1
    assert seen.problems == []


@pytest.mark.parametrize("kept", OPENED, indirect=True, ids=str)
def test_a_question_is_answered_from_the_keyboard_and_is_named_by_what_it_asks(kept):
    seen = kept
    for group in seen.page.locator(".question").all():
        group.locator("input").first.focus()
        seen.page.keyboard.press("Space")
        first = verdict(group).inner_text()
        seen.page.keyboard.press("ArrowDown")
        assert group.locator("input").nth(1).is_checked()
        assert verdict(group).inner_text() != first
        # Not by its text: a formula is drawn by one set of characters and read out as another.
        assert group.locator(".question-asked").get_attribute("id") in group.get_attribute("aria-labelledby").split()


@pytest.fixture
def context(browser):
    """context(java_script_enabled=False) is a new one, closed at the end."""
    opened = []

    def new(**settings):
        opened.append(browser.new_context(viewport={"width": 1280, "height": 900}, **settings))
        return opened[-1]

    yield new
    for each in opened:
        each.close()


def test_questions_need_no_script(context, site):
    page = context(java_script_enabled=False).new_page()
    page.goto(site + PAGES[0])
    group = page.locator(".question").first
    group.locator(".question-choice").first.click()
    assert "question-verdict" in verdict(group).get_attribute("class")


def test_a_printed_question_has_all_its_answers_and_no_buttons(visit):
    page = visit(PAGES[0]).page
    page.emulate_media(media="print")
    for group in page.locator(".question").all():
        assert all(node.is_visible() for node in group.locator(".question-verdict").all())
        assert not any(node.is_visible() for node in group.locator("input, .question-hint").all())
