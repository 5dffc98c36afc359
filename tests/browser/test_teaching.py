"""What teachers are told to show is there: every address of a setting in their pages, and what the pages look like."""

import re
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

ROOT = Path(__file__).parents[2]
ADDRESS = re.compile(r"\.\./notebooks/([\w-]+)\.ipynb#([\w-]+\?[^)\s]+)\)")
PAGES = [ROOT / "book" / f"{name}.md" for name in ("teaching-notes", "teaching-plans")]
SETTINGS = sorted({found for page in PAGES for found in ADDRESS.findall(page.read_text())})
LINK = """place => {
    const [name, number] = /^(.*?)(?:-(\\d+))?$/.exec(place).slice(1);
    const found = document.querySelectorAll(`[data-widget="${place}"]`);
    const widget = found[0] ?? document.querySelectorAll(`[data-widget="${name}"]`)[Number(number) - 1];
    [...widget.querySelectorAll("button")].find((b) => b.textContent === "Link to this setting").click();
}"""


@pytest.mark.parametrize("chapter", sorted({chapter for chapter, _ in SETTINGS}))
def test_a_setting_that_is_to_be_shown_is_one_that_the_widget_takes(browser, site, chapter):
    addresses = [address for name, address in SETTINGS if name == chapter]
    page = browser.new_page()
    page.goto(f"{site}notebooks/{chapter}.html")
    for address in addresses:
        place, query = address.split("?")
        page.wait_for_selector(f'[data-widget="{place}"]', state="attached", timeout=60_000)
        page.evaluate("hash => new Promise(done => { location.hash = hash; setTimeout(done, 300); })", address)
        page.evaluate("history.replaceState(history.state, '', '#')")
        page.evaluate(LINK, place)
        page.wait_for_function("location.hash.includes('?')")
        held = dict(parse_qsl(page.evaluate("location.hash").split("?")[1], keep_blank_values=True))
        asked = dict(parse_qsl(query, keep_blank_values=True))
        assert {key: held.get(key) for key in asked} == asked, address
    page.close()


@pytest.mark.parametrize("width", [390, 1440])
def test_the_map_of_chapters_can_be_read_on_a_phone_in_the_dark_and_on_paper(browser, site, width):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark")
    page.goto(f"{site}book/for-teachers.html")
    letters = "[...document.querySelectorAll('.course-map text')].map(t => t.getBoundingClientRect())"
    assert page.evaluate(f"Math.min(...{letters}.map(box => box.height))") >= 12
    drawn = page.locator(".course-map svg").bounding_box()
    assert page.evaluate(f"Math.max(...{letters}.map(box => box.right))") <= drawn["x"] + drawn["width"] + 1
    assert drawn["x"] + drawn["width"] <= width
    ink, ground = (page.evaluate(f"getComputedStyle(document.querySelector('{of}')).{what}") for of, what in INK)
    assert brightness(ink) - brightness(ground) > 100  # light on dark
    page.emulate_media(media="print")
    assert page.locator(".course-map svg").is_visible()
    page.close()


INK = ((".course-map text", "fill"), ("body", "backgroundColor"))


def brightness(colour):
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3
