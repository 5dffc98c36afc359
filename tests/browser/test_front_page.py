"""The first page: its picture moves on the first screen, and what a newcomer looks for is in reach."""

import re

import pytest
from bs4 import BeautifulSoup

import helpers

PAGE = "book/was-this-image-in-the-training-set.html"
PLACES = {"training": "Short: .* Right", "new": "Long: .* Right", "alarm": "Short: .* Wrong"}


@pytest.fixture
def still(browser, site):
    """The page, for who wants no motion."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.goto(site + PAGE, wait_until="networkidle")
    yield page
    context.close()


def length(page):
    return float(page.locator("[data-part=arrow]").get_attribute("data-length"))


@pytest.mark.parametrize("width", [390, 1440])
def test_the_picture_and_its_verdict_are_on_the_first_screen(visit, width):
    page = visit(PAGE, width).page
    for part in (page.locator("#arrow svg"), page.locator("#arrow [role=status]"), page.locator("#arrow button").last):
        box = part.bounding_box()
        assert box["y"] + box["height"] <= 900


def test_the_arrow_is_short_where_the_query_is_dragged_onto_a_training_image(visit):
    page = visit(PAGE).page
    far = length(page)
    hand, image = (page.locator(s).bounding_box() for s in ("[data-part=query]", "#arrow [data-image]:last-of-type >> nth=0"))
    page.mouse.move(hand["x"] + hand["width"] / 2, hand["y"] + hand["height"] / 2)
    page.mouse.down()
    page.mouse.move(image["x"] + image["width"] / 2, image["y"] + image["height"] / 2, steps=5)
    page.mouse.up()
    assert length(page) < 0.3 * far
    assert re.match(PLACES["training"], page.locator("#arrow [role=status]").inner_text())


@pytest.mark.parametrize("place", PLACES)
def test_a_button_shows_its_case_at_once_to_who_wants_no_motion(still, place):
    still.locator("#arrow").get_by_role("button", name=place).click()
    assert re.match(PLACES[place], still.locator("#arrow [role=status]").inner_text())


def test_a_button_glides_there_where_motion_is_welcome(visit):
    page = visit(PAGE).page
    page.locator("#arrow").get_by_role("button", name="alarm").click()
    page.get_by_text(re.compile("Short: .* Wrong")).wait_for()


def test_the_query_moves_by_the_arrow_keys_and_the_page_does_not(still):
    hand = still.locator("[data-part=query]")
    hand.focus()
    before, top = hand.bounding_box(), still.evaluate("scrollY")
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowUp"):
        still.keyboard.press(key)
    after = hand.bounding_box()
    assert after["x"] > before["x"]
    assert after["y"] < before["y"]
    assert still.evaluate("scrollY") == top


def test_the_picture_is_there_without_a_script(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + PAGE)
    assert page.locator("#arrow svg[role=img]").is_visible()
    context.close()


def test_what_a_newcomer_looks_for_is_in_reach(visit):
    page = visit(PAGE).page
    text = page.locator("article").inner_text()
    for part in ("make lab", helpers.__version__, "CC BY 4.0", "BSD 3-Clause", "1,797", "6,000", "Cite", "Who may audit what"):
        assert part in text, part
    assert len(page.locator("meta[name=description]").get_attribute("content")) > 80
    icon = page.locator("link[rel='icon']").evaluate("node => node.href")
    assert page.request.get(icon).ok


def test_every_chapter_is_listed(visit):
    page = visit(PAGE).page
    chapters = page.locator("#pst-primary-sidebar a[href*='notebooks/']").evaluate_all("nodes => nodes.map(n => n.href)")
    listed = page.locator("article .toctree-wrapper a").evaluate_all("nodes => nodes.map(n => n.href)")
    assert len(chapters) >= 16
    assert set(chapters) <= set(listed)


def test_the_index_is_a_page_that_leads_on(visit, site):
    page = visit("index.html").page
    assert page.url == site + PAGE
    soup = BeautifulSoup(page.request.get(site + "index.html").text(), "html.parser")
    assert soup.html["lang"] == "en"
    assert "Denoiser" in soup.title.text
    assert len(soup.find("meta", {"name": "description"})["content"]) > 80
    assert soup.find("a")["href"] == PAGE
    assert soup.h1
