"""A drawing in the page gets the score that Python gives it, from the network that runs there; without it, examples remain."""

import base64
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe

from helpers import zoo
from helpers.attacks import SimA
from helpers.data.bitmaps import bitmap_of
from helpers.data.catalogue import load_digits
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.widgets.draw import examples_of

PAGE = "notebooks/run-sima.html"
SPLIT = load_digits()
MODEL = zoo.load("ddpm-digits")
WIDGET = ".tdr-draw"
RUNS, FAILS = "The network runs in this page", "The network does not run here"


def norms(images, timestep, model=MODEL):
    """||ε̂||_4 of each, by torch."""
    return [score**0.25 for score in (-SimA(timestep).score(model, images)).tolist()]


def norm(image, timestep, model=MODEL):
    return norms(image[None], timestep, model)[0]


def state(seen):
    return seen.page.locator(f"{WIDGET} [data-part=state]")


def load(seen, answer):
    seen.page.get_by_role("button", name="Load the network").click()
    state(seen).get_by_text(answer).wait_for(timeout=120_000)


def shown_norm(seen):
    return float(seen.page.locator(f"{WIDGET} [data-part=verdict]").get_attribute("data-norm"))


def settles(seen, expected, within=30_000):
    """Wait until the verdict shows this norm, and compare."""
    script = "v => Math.abs(document.querySelector('.tdr-draw [data-part=verdict]').dataset.norm - v) < 1e-3"
    seen.page.wait_for_function(script, arg=expected, timeout=within)
    assert shown_norm(seen) == pytest.approx(expected, abs=1e-3)


def choose(seen, example):
    seen.page.locator(f'{WIDGET} [data-control="example"]').select_option(label=example)


def start_afresh(seen, timestep=50):
    seen.move("draw-timestep", seen.state("known_norms")["timesteps"].index(timestep))
    seen.page.get_by_role("button", name="Clear").click()


def paper(seen):
    """Where the pad is, in view."""
    pad = seen.page.locator(f"{WIDGET} .tdr-pad")
    pad.scroll_into_view_if_needed()
    return pad.bounding_box()


def draw(seen, bitmap):
    """Each row of pixels that are set, as a stroke of the thinnest pen."""
    seen.move("width", 0.5)
    box = paper(seen)
    for row, line in enumerate(bitmap.tolist()):
        ends = [k for k in range(33) if (k < 32 and line[k]) != (k > 0 and line[k - 1])]
        for first, last in zip(ends[::2], ends[1::2], strict=True):
            y = box["y"] + (row + 0.5) / 32 * box["height"]
            seen.page.mouse.move(box["x"] + (first + 0.5) / 32 * box["width"], y)
            seen.page.mouse.down()
            seen.page.mouse.move(box["x"] + (last - 0.5) / 32 * box["width"], y)
            seen.page.mouse.up()


def pixels(seen, picture):
    text = seen.page.locator(f'{WIDGET} [data-picture="{picture}"]').get_attribute("data-values")
    return np.array([float(value) for value in text.split(",")])


@pytest.fixture(scope="module")
def drawn(kept):
    load(kept, RUNS)
    return kept


def test_examples_are_shown_before_anything_is_loaded(visit):
    seen = visit(PAGE)
    for name, image in examples_of(SPLIT.evaluation).items():
        choose(seen, name)
        settles(seen, norm(image, 50))
    assert not [url for url in seen.page.evaluate("performance.getEntriesByType('resource').map(e => e.name)") if "ort." in url]
    assert seen.page.locator(f"{WIDGET} .tdr-pad").get_attribute("inert") is not None


@pytest.mark.parametrize("kind", ["members", "held_out"])
def test_an_image_drawn_stroke_by_stroke_gets_pythons_score_at_every_timestep(drawn, kind):
    image = getattr(SPLIT.evaluation, kind)[3]
    start_afresh(drawn)
    draw(drawn, bitmap_of(image))
    settles(drawn, norm(image, 50))
    assert np.allclose(pixels(drawn, "seen"), image.flatten(), atol=1e-6)
    expected = [norm(image, t) for t in drawn.state("known_norms")["timesteps"]]
    for i, value in enumerate(expected):
        drawn.move("draw-timestep", i)
        settles(drawn, value)
    curve = drawn.page.locator(f'{WIDGET} [data-part="curve"]')
    close = (
        "v => document.querySelector('[data-part=curve]').dataset.values.split(',').every((u, i) => Math.abs(u - v[i]) < 1e-3)"
    )
    drawn.page.wait_for_function(close, arg=expected)
    assert np.allclose([float(v) for v in curve.get_attribute("data-values").split(",")], expected, atol=1e-3)


def test_strokes_fill_the_gaps_between_two_events(drawn):
    start_afresh(drawn)
    drawn.move("width", 1.5)
    box = paper(drawn)
    drawn.page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    drawn.page.mouse.down()
    drawn.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    drawn.page.mouse.up()
    assert (pixels(drawn, "seen").reshape(8, 8)[3:5, 2:6] > -1).all()
    drawn.page.get_by_role("button", name="Undo").click()
    assert set(pixels(drawn, "seen")) == {-1}


def test_the_keyboard_draws_erases_and_undoes(drawn):
    start_afresh(drawn)
    pad = drawn.page.locator(f"{WIDGET} .tdr-pad")
    pad.focus()
    for key in (" ", *["ArrowDown"] * 6, " "):
        pad.press(key)
    line = (pixels(drawn, "seen") + 1).sum()
    assert line > 1
    for key in ("e", " ", *["ArrowUp"] * 3, " "):
        pad.press(key)
    assert 0 < (pixels(drawn, "seen") + 1).sum() < line
    pad.press("u")
    assert (pixels(drawn, "seen") + 1).sum() == line
    pad.press("e")


def test_the_verdict_counts_held_out_images(drawn):
    choose(drawn, "a held-out image")
    drawn.move("draw-timestep", drawn.state("known_norms")["timesteps"].index(50))
    held_out = norms(SPLIT.evaluation.held_out, 50)
    own = held_out[0]
    settles(drawn, own)
    said = drawn.page.locator(f"{WIDGET} [data-part=verdict]")
    assert (
        f"Of 300 held-out images {100 * np.mean(np.array(held_out) <= own + 1e-6):.1f} % have one as small" in said.inner_text()
    )
    for position, rate in enumerate((0.01, 0.02, 0.05, 0.1, 0.2, 0.5)):
        drawn.move("rate", position)
        called = own <= sorted(held_out)[int(300 * rate) - 1] + 1e-6
        assert ("not called a member" in said.inner_text()) != called


@pytest.mark.parametrize("reduced", [False, True])
def test_the_arrow_leads_to_the_member(drawn, reduced):
    drawn.page.emulate_media(reduced_motion="reduce" if reduced else "no-preference")
    choose(drawn, "the member, with noise")
    drawn.move("draw-timestep", drawn.state("known_norms")["timesteps"].index(50))
    trail = drawn.page.locator(f"{WIDGET} [data-part=trail]")
    trail.evaluate("""node => { const steps = window.steps = [];
        new MutationObserver(() => steps.push(node.textContent.split(" at ")[0])).observe(node, { childList: true }); }""")
    drawn.page.get_by_role("button", name="Follow the arrow").click()
    trail.get_by_text("Step 30").wait_for(timeout=30_000)
    assert drawn.page.evaluate("window.steps") == [f"Step {k}" for k in ([30] if reduced else range(1, 31))]
    noisy, alpha_bar = examples_of(SPLIT.evaluation)["the member, with noise"][None], MODEL.alphas_cumprod[50]
    ends = {"closed": EmpiricalDenoiser(SPLIT.members), "network": MODEL}
    for kind, denoiser in ends.items():
        y = noisy
        for _ in range(30):
            with torch.no_grad():
                clean = (y - (1 - alpha_bar).sqrt() * denoiser.predict_noise(y, 50)) / alpha_bar.sqrt()
            y = y + 0.2 * (clean.float() - y)
        assert np.allclose(pixels(drawn, f"{kind}-step"), y.flatten(), atol=1e-3)
    member = next(i for i, x in enumerate(SPLIT.members) if torch.equal(x, SPLIT.evaluation.members[0]))
    assert "closed form: 0.0" in trail.inner_text()
    assert trail.inner_text().count(f"from member {member}") == 2


DAMAGED = bytes(1000)


@pytest.mark.parametrize(
    ("file", "how"),
    [
        ("ddpm-digits.onnx", lambda route: route.fulfill(body=DAMAGED)),
        ("ort.wasm", lambda route: route.abort()),
        ("ort.wasm", lambda route: route.fulfill(body=DAMAGED)),
        ("ort.mjs", lambda route: route.fulfill(status=404, body="")),
    ],
)
def test_what_cannot_be_loaded_leads_to_a_message_and_the_examples(visit, file, how):
    seen = visit(PAGE)
    seen.page.route(f"**/{file}", how)
    load(seen, FAILS)
    choose(seen, "the member, inverted")
    settles(seen, norm(examples_of(SPLIT.evaluation)["the member, inverted"], 50))
    assert seen.page.get_by_role("button", name="Load the network").is_visible()


def test_a_browser_without_webassembly_says_so(visit):
    seen = visit(PAGE)
    seen.page.evaluate("delete globalThis.WebAssembly")
    load(seen, FAILS)
    assert "no WebAssembly" in state(seen).inner_text()


def test_a_second_try_may_succeed(visit):
    seen = visit(PAGE)
    seen.page.route("**/ort.wasm", lambda route: route.abort(), times=1)
    load(seen, FAILS)
    load(seen, RUNS)


def test_a_page_opened_from_a_file_says_so_and_keeps_its_examples(browser):
    context = browser.new_context()
    seen = SimpleNamespace(page=context.new_page())
    seen.page.goto((Path(__file__).parents[2] / "_build" / "html" / PAGE).as_uri())
    seen.page.locator(WIDGET).wait_for()
    load(seen, FAILS)
    assert "opened from a file" in state(seen).inner_text()
    choose(seen, "a held-out image")
    settles(seen, norm(examples_of(SPLIT.evaluation)["a held-out image"], 50))
    context.close()


WALK = """() => {
  const widget = document.querySelector(".tdr-draw"), controls = "button, input, select, [tabindex='0']";
  const wanted = [...widget.querySelectorAll(controls)].filter(e => !e.disabled && !e.hidden && !e.closest("[inert]"));
  window.left = wanted.filter(e => e.type !== "radio" || e.checked);
  widget.addEventListener("focusin", event => window.left = window.left.filter(e => e !== event.target));
  return window.left.length;
}"""


@pytest.mark.parametrize("page", [PAGE, "notebooks/what-the-noise-hides.html"])
def test_with_the_network_running_every_control_has_a_name_and_is_reached_by_the_keyboard(visit, page):
    seen = visit(page)
    load(seen, "in this page")
    found = Axe().run(seen.page, ".tdr-draw").response["violations"]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []
    count = seen.page.evaluate(WALK)
    assert count > 8
    seen.page.locator(f'{WIDGET} [data-control="example"]').focus()
    for _ in range(count):
        seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("window.left.map(e => e.outerHTML)") == []


TWICE = """async ([state, buffers]) => {
  const bytes = data => new DataView(Uint8Array.from(atob(data), c => c.charCodeAt(0)).buffer);
  const traits = {...state, ...Object.fromEntries(Object.entries(buffers).map(([name, data]) => [name, bytes(data)]))};
  const model = { get: name => traits[name], on() {}, off() {}, send() {} };
  const source = Object.entries(widgetSources).find(([name]) => name.startsWith("DrawAndScore"))[1];
  for (let i = 0; i < 2; i++) {
    const module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
    module.default.render({ model, el: document.querySelector("article").appendChild(document.createElement("div")) });
  }
  const ids = [...document.querySelectorAll(".tdr [id]")].map(node => node.id);
  const pens = document.querySelectorAll('[data-control="tool"]:checked').length;
  return [ids.filter((id, i) => ids.indexOf(id) < i), pens];
}"""


def test_two_of_these_on_one_page_keep_out_of_each_others_way(visit):
    seen = visit(PAGE)
    state = seen.state("known_norms")
    buffers = {name: base64.b64encode(value).decode() for name, value in state.items() if isinstance(value, bytes)}
    assert seen.page.evaluate(TWICE, [{name: state[name] for name in state if name not in buffers}, buffers]) == [[], 3]


def test_an_own_drawing_is_kept_while_an_example_is_looked_at_and_undoing_leads_back_to_the_example(visit):
    seen = visit(PAGE)
    load(seen, RUNS)
    example = seen.page.locator(f'{WIDGET} [data-control="example"]')
    member = pixels(seen, "seen")
    box = paper(seen)
    seen.page.mouse.click(box["x"] + 20, box["y"] + 20)
    mine = pixels(seen, "seen")
    assert example.evaluate("node => node.selectedOptions[0].text") == "a drawing of your own"
    assert not np.array_equal(mine, member)
    seen.page.get_by_role("button", name="Undo").click()
    assert example.evaluate("node => node.selectedOptions[0].text") == "a member"
    assert np.array_equal(pixels(seen, "seen"), member)
    choose(seen, "a drawing of your own")
    assert np.array_equal(pixels(seen, "seen"), mine)
