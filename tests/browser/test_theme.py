"""Every control of the theme does what it promises, on a phone and on a screen."""

import pytest

PAGE = "notebooks/run-sima.html"
WIDTHS = [390, 768, 1024, 1440]
# What the theme offers outside the text; each is pressed below.
CONTROLS = {
    "Toggle primary sidebar",
    "Toggle secondary sidebar",
    "Site navigation",
    "On this page",
    "Search",
    "Color mode",
    "Download this page",
    "Fullscreen mode",
    "Back to top",
}
NAMES = """() => [...document.querySelectorAll('button')]
    .filter(b => !b.closest('article, dialog:not([open])') && b.checkVisibility({visibilityProperty: true}))
    .map(b => (b.getAttribute('aria-label') || b.title || b.dataset.bsOriginalTitle || b.innerText).trim())"""
SEEN = "node => node.checkVisibility({visibilityProperty: true}) && node.getBoundingClientRect().right > 0"


def visible(page, selector):
    return next(node for node in page.locator(selector).all() if node.is_visible())


def side_bar_is_seen(page):
    side_bar = "#pst-primary-sidebar-modal[open], #pst-primary-sidebar:not(.pst-sidebar-hidden)"
    return any(node.evaluate(SEEN) for node in page.locator(side_bar).all())


@pytest.mark.parametrize("width", WIDTHS)
def test_no_control_of_the_theme_goes_untested(visit, width):
    assert set(visit(PAGE, width).page.evaluate(NAMES)) <= CONTROLS


@pytest.mark.parametrize("width", WIDTHS)
def test_the_menu_button_shows_and_hides_the_chapters(visit, width):
    page = visit(PAGE, width).page
    before = side_bar_is_seen(page)
    assert before == (width > 992)
    visible(page, ".primary-toggle").click()
    page.wait_for_timeout(500)
    assert side_bar_is_seen(page) != before
    if width < 992:
        page.locator("#pst-primary-sidebar-modal").get_by_role("link", name="Measure honestly").click()
        assert page.url.endswith("measure-honestly.html")
    else:
        visible(page, ".primary-toggle").click()
        page.wait_for_timeout(500)
        assert side_bar_is_seen(page)


@pytest.mark.parametrize("width", [width for width in WIDTHS if width < 1200])
def test_the_contents_of_a_page_open_and_lead_to_its_sections(visit, width):
    page = visit(PAGE, width).page
    visible(page, ".secondary-toggle").click()
    page.locator("#pst-secondary-sidebar-modal a[href='#exercises']").click()
    page.wait_for_timeout(800)
    assert 0 <= page.locator("#exercises").bounding_box()["y"] < 500
    assert page.locator("#pst-secondary-sidebar-modal").is_hidden()  # or it would lie over the section


@pytest.mark.parametrize("width", WIDTHS)
def test_the_colour_mode_changes_with_each_press(visit, width):
    page = visit(PAGE, width).page
    found = []
    for _ in range(3):
        visible(page, ".theme-switch-button").click()
        found.append(page.evaluate("document.documentElement.dataset.mode"))
    assert sorted(found) == ["auto", "dark", "light"]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_search_button_opens_a_field_that_finds(visit, width):
    page = visit(PAGE, width).page
    visible(page, ".search-button, .search-button-field").click()
    field = page.locator("#pst-search-dialog input[type=search]")
    field.fill("kernel")
    assert field.is_visible()
    with page.expect_navigation():
        field.press("Enter")
    page.locator("#search-results li").first.wait_for()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_can_be_downloaded_and_printed(visit, width):
    page = visit(PAGE, width).page
    visible(page, "[aria-label='Download this page']").click()
    entries = page.locator(".dropdown-download-buttons .dropdown-menu :is(a, button)")
    assert entries.count() > 0
    assert all(entry.is_visible() for entry in entries.all())


@pytest.mark.parametrize("width", [width for width in WIDTHS if width < 1200])
def test_the_way_back_to_the_top_is_short(visit, width):
    page = visit(PAGE, width).page
    back = page.locator("#pst-back-to-top")
    page.evaluate("window.scrollTo({top: 4000, behavior: 'instant'})")
    for _ in range(30):  # it shows to whoever scrolls up
        page.evaluate("window.scrollBy({top: -100, behavior: 'instant'})")
        page.wait_for_timeout(100)
        if back.is_visible():
            break
    back.click()
    page.wait_for_function("window.scrollY === 0")
