"""How high is each widget? Measured in the built book, for the places that pages keep free until their widgets are there."""

import json
from collections import defaultdict
from statistics import mean

import conftest as browsing
from playwright.sync_api import sync_playwright

WIDTHS = {"narrow": [390], "middle": [600], "wide": [1280, 1440]}
HEIGHTS = browsing.ROOT / "book" / "_extensions" / "widget_heights.json"
SHOWN = """() => {
  const { state } = JSON.parse(document.querySelector('script[type$="widget-state+json"]').textContent);
  return [...document.querySelectorAll(".widget-shown")].map(place => {
    const { model_id } = JSON.parse(place.firstElementChild.textContent);
    return [state[model_id].state._anywidget_id.split(".").at(-1), place.offsetHeight];
  });
}"""


def measure() -> dict[str, dict[str, list[int]]]:
    """{kind of widget: {page: heights in pixels where the window is narrow, middle, wide}}."""
    heights: dict[str, dict[str, list[int]]] = defaultdict(dict)
    site = browsing.start_site()
    with sync_playwright() as playwright:
        browser = browsing.start_browser(playwright)
        for file in sorted(browsing.SITE.rglob("*.html")):
            if "widget-place" not in file.read_text():
                continue
            page = file.relative_to(browsing.SITE).with_suffix("").as_posix()
            found = defaultdict(list)
            for widths in WIDTHS.values():
                seen = [_heights(browser, site, f"{page}.html", width) for width in widths]
                for kind in seen[0]:
                    found[kind].append(round(mean(height[kind] for height in seen)))
            for kind, values in found.items():
                heights[kind][page] = values
        browser.close()
    return heights


def _heights(browser, site: str, path: str, width: int) -> dict[str, int]:
    context = browser.new_context(viewport={"width": width, "height": 900})
    shown = browsing.open_page(context, site, path).page.evaluate(SHOWN)
    context.close()
    return dict(shown)


if __name__ == "__main__":
    HEIGHTS.write_text(json.dumps(measure(), indent=1, sort_keys=True) + "\n")
