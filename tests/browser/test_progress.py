"""What was read and answered is kept in the reader's browser, shown quietly, and forgotten when they say so."""

from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "_build" / "html"
PAGE = "book/was-this-image-in-the-training-set.html"
OTHER = "notebooks/noise-in-noise-out.html"
FORBIDDEN = """Object.defineProperty(window, 'localStorage', {
    configurable: true, get() { throw new DOMException('denied', 'SecurityError'); },
})"""
TICKED = ".bd-sidebar-primary a:has(.progress-tick)"


def answer(page, right):
    """Press a right or a wrong choice of the first question of the quiz."""
    group = page.locator(".question.quiz").first
    kinds = group.locator(".question-verdict").evaluate_all("nodes => nodes.map(n => n.classList.contains('right'))")
    group.locator(".question-choice").nth(kinds.index(right)).click()


def test_right_answers_are_counted_once_and_kept(visit):
    page = visit(PAGE).page
    count = page.locator(".progress-count")
    assert count.inner_text().startswith("0 of 3")
    for right in (False, True, False, True):
        answer(page, right)
    assert count.inner_text().startswith("1 of 3")
    page.reload()
    assert count.inner_text().startswith("1 of 3")


def test_who_scrolls_to_the_end_has_read_the_page_and_sees_a_tick_elsewhere(visit):
    page = visit(PAGE).page
    assert page.locator(TICKED).count() == 0
    page.locator(".progress-note").scroll_into_view_if_needed()
    page.locator(TICKED).first.wait_for()
    page.goto(page.url.replace(PAGE, OTHER))
    assert page.locator(TICKED).evaluate_all("links => links.map(link => link.href)") == [page.url.replace(OTHER, PAGE)]


def test_a_page_is_marked_by_hand_and_everything_is_forgotten(visit):
    page = visit(PAGE).page
    answer(page, True)
    note = page.locator(".progress-note")
    note.scroll_into_view_if_needed()
    page.locator(TICKED).first.wait_for()
    note.get_by_role("button").first.click()
    assert page.locator(TICKED).count() == 0
    note.get_by_role("button").first.click()
    assert page.locator(TICKED).count() == 1
    note.get_by_role("button", name="Forget").click()
    assert page.locator(TICKED).count() == 0
    assert page.locator(".progress-count").inner_text().startswith("0 of 3")
    assert page.evaluate("Object.values(localStorage).filter(v => v.includes('quiz-1'))") == []


@pytest.fixture
def opened(browser):
    """opened(address, script) is a page after a script, and what went wrong on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})

    def go(address, script=""):
        page, problems = context.new_page(), []
        page.add_init_script(script)
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto(address, wait_until="networkidle")
        return page, problems

    yield go
    context.close()


@pytest.mark.parametrize("script", ["", FORBIDDEN, "localStorage.setItem('the-denoiser-remembers', '{\"read\": 3')"])
def test_a_page_counts_where_nothing_can_be_kept_or_something_else_was(opened, site, script):
    page, problems = opened(site + PAGE, script)
    answer(page, True)
    assert page.locator(".progress-count").inner_text().startswith("1 of 3")
    assert problems == []


def test_a_page_from_disk_counts_too(opened):
    page, problems = opened((SITE / PAGE).as_uri())
    answer(page, True)
    assert page.locator(".progress-count").inner_text().startswith("1 of 3")
    assert problems == []
