"""What the controls of every widget promise: nothing jumps, all goes back, and an address brings it here again."""

from pathlib import Path

import yaml

from helpers.widgets import TrainingScrubber

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build" / "html"
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text())


def entries(node):
    """Every file that the table of contents names, whatever parts and sections it has."""
    if isinstance(node, dict):
        return [v for k, v in node.items() if k in ("file", "root")] + [f for v in node.values() for f in entries(v)]
    return [f for v in node for f in entries(v)] if isinstance(node, list) else []


PAGES = [f"{name}.html" for name in entries(TOC) if name.startswith("notebooks/")]


def settled(page):
    """The widgets of a page, once no more of them come."""
    page.locator(".tdr").first.wait_for()
    count = 0
    while (now := page.locator(".tdr").count()) > count:
        count = now
        page.wait_for_timeout(400)
    return page.locator(".tdr").all()


SETTINGS = """widget => [...widget.querySelectorAll("input[type=range], select, input[type=radio]:checked")]
  .filter(control => !control.closest(".tdr-tools, .tdr-trail")).map(control => control.value)"""
# Each control away from where it starts: the first or the last of its values, whichever is farther.
AWAY = """widget => {
  for (const control of widget.querySelectorAll("input[type=range]:enabled, select, [role=radiogroup]")) {
    if (control.closest(".tdr-tools, .tdr-trail")) continue;
    if (control.matches("[role=radiogroup]")) {
      [...control.querySelectorAll("input")].findLast(input => !input.checked).click();
      continue;
    }
    const options = [...control.options ?? []].filter(option => !option.disabled);
    const [first, last] = options.length ? [options[0].value, options.at(-1).value] : [control.min, control.max];
    control.value = control.value - first < last - control.value ? last : first;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
}"""


FOLLOW = "hash => new Promise(done => { location.hash = hash; setTimeout(done, 50); })"


WRONG = ["?t=nonsense&p=&x=1e999&image=-1&setting=%3Cb%3E&step=NaN", "?%", "?"]


def test_reset_takes_a_setting_away_and_its_address_brings_it_back(kept):
    seen = kept
    for widget in settled(seen.page):
        start = widget.evaluate(SETTINGS)
        widget.evaluate(AWAY)
        setting = widget.evaluate(SETTINGS)
        assert setting != start
        seen.page.evaluate("history.replaceState(null, '', location.pathname)")  # the last widget's address
        widget.get_by_role("button", name="Link to this setting").click()
        seen.page.wait_for_function("location.hash.includes('?')")
        address = seen.page.evaluate("location.hash")
        widget.get_by_role("button", name="Reset").click()
        assert widget.evaluate(SETTINGS) == start
        for wrong in [address.split("?")[0] + query for query in WRONG] + ["#nobody?t=50"]:
            seen.page.evaluate(FOLLOW, wrong)
            assert widget.evaluate(SETTINGS) == start
        seen.page.evaluate(FOLLOW, address)
        assert widget.evaluate(SETTINGS) == setting
    assert seen.problems == []


OVER_TIMESTEPS = '.tdr [data-control$="timestep"]'


def test_every_slider_over_timesteps_can_be_played_and_paused(kept):
    for slider in kept.page.locator(OVER_TIMESTEPS).all():
        play = slider.locator("xpath=..").get_by_role("button", name="Play")
        before = slider.input_value()
        play.press("Enter")
        pause = slider.locator("xpath=..").get_by_role("button", name="Pause")
        kept.page.wait_for_function("([node, value]) => node.value !== value", arg=[slider.element_handle(), before])
        pause.press("Enter")
        there = slider.input_value()
        kept.page.wait_for_timeout(700)
        assert slider.input_value() == there


# Moves every control of every widget through its range, and gives the heights that its widget had.
HEIGHTS = """async () => {
  const found = [];
  const frame = () => new Promise(requestAnimationFrame);
  for (const widget of document.querySelectorAll(".tdr")) {
    for (const control of widget.querySelectorAll("input[type=range]:enabled, select, input[type=radio]:enabled")) {
      if (control.closest(".tdr-tools")) continue; // of a drawing
      const heights = new Set();
      const values = control.type === "radio"
        ? [null]
        : control.tagName === "SELECT"
        ? [...control.options].filter(o => !o.disabled).map(o => o.value)
        : [0, 0.02, 0.1, 0.35, 0.6, 0.85, 1].map(s => Number(control.min) + s * (control.max - control.min));
      heights.add(Math.round(widget.getBoundingClientRect().height));
      for (const value of values) {
        if (value === null) control.click();
        else {
          control.value = value;
          control.dispatchEvent(new Event("input", { bubbles: true }));
        }
        await frame();
        heights.add(Math.round(widget.getBoundingClientRect().height));
      }
      if (Math.max(...heights) - Math.min(...heights) > 1) found.push([widget.className, control.dataset.control, ...heights]);
    }
  }
  return found;
}"""


# After a change of the window's width, until no widget has changed its height for half a second.
AT_REST = """async () => {
  const heights = () => [...document.querySelectorAll(".tdr")].map((w) => w.getBoundingClientRect().height).join();
  for (let before = null, now = heights(); before !== now; now = heights()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await new Promise(requestAnimationFrame);
  }
}"""


def test_no_control_changes_the_height_of_its_widget(kept):
    for width in (390, 1440):
        kept.page.set_viewport_size({"width": width, "height": 900})
        kept.page.evaluate(AT_REST)
        assert kept.page.evaluate(HEIGHTS) == [], width
    kept.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_page_opens_at_the_widget_and_setting_of_its_address(browser, visit):
    several = [page for page in PAGES if (SITE / page).read_text().count("widget-view+json") > 1]
    seen = next(seen for seen in map(visit, several) if len(settled(seen.page)) > 1)
    last = settled(seen.page)[-1]
    name = last.get_attribute("data-widget")
    last.evaluate(AWAY)
    setting = last.evaluate(SETTINGS)
    last.get_by_role("button", name="Link to this setting").click()
    seen.page.wait_for_function("location.hash.includes('?')")
    address = seen.page.evaluate("location.hash")
    assert address.startswith(f"#{name}?")
    context = browser.new_context()
    url = seen.page.url.split("#")[0]
    for place in (url, (SITE / "notebooks" / url.split("/")[-1]).as_uri()):  # from a server, and from a file
        opened = context.new_page()
        opened.goto(place + address)
        widget = settled(opened)[-1]
        opened.wait_for_timeout(1000)
        assert widget.evaluate(SETTINGS) == setting
        assert 0 <= widget.evaluate("node => node.getBoundingClientRect().top") < 200
    context.close()


def test_two_of_a_kind_have_two_addresses(mounted):
    probes = [{"step": s, "auc": 0.5 + s / 10, "members": [1.0, 2.0], "held_out": [2.0, 3.0]} for s in range(4)]
    two = [TrainingScrubber(probes), TrainingScrubber(probes)]
    seen = mounted(*two, address="#scrubber-2?step=2")
    assert [slider.input_value() for slider in seen.page.locator("[data-control=step]").all()] == ["0", "2"]
    seen.page.locator(".tdr").first.get_by_role("button", name="Link").click()
    seen.page.wait_for_function("location.hash === '#scrubber?step=0'")
    assert seen.problems == []


def test_a_notebook_has_a_reset_and_no_address(mounted):
    probes = [{"step": s, "auc": 0.5, "members": [1.0, 2.0], "held_out": [2.0, 3.0]} for s in range(4)]
    seen = mounted(TrainingScrubber(probes), address="#scrubber?step=2", site=False)
    assert seen.page.locator("[data-control=step]").input_value() == "0"
    assert seen.page.get_by_role("button", name="Link").count() == 0
    seen.move("step", 3)
    seen.page.get_by_role("button", name="Reset").click()
    assert seen.page.locator("[data-control=step]").input_value() == "0"


def test_there_are_sliders_over_timesteps(visit):
    assert visit("notebooks/noise-in-noise-out.html").page.locator(OVER_TIMESTEPS).count() > 0
