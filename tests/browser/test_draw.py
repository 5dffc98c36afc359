"""A drawing in the page gets the score that Python gives it, from the network that runs there; without it, examples remain."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers import zoo
from helpers.attacks import SimA
from helpers.bitmaps import bitmap_of, image_of
from helpers.data import load_digits
from helpers.theory import EmpiricalDenoiser
from helpers.widgets.draw import examples_of

PAGE = "notebooks/run-sima.html"
SPLIT = load_digits()
WIDGET = ".tdr-draw"
RUNS, FAILS = "The network runs in this page", "The network does not run here"


def norm(image, timestep):
    """||ε̂||_4 by torch."""
    return (-SimA(timestep).score(zoo.load("ddpm-digits"), image[None])).item() ** 0.25


def state(seen):
    return seen.page.locator(f"{WIDGET} [data-part=state]")


def load(seen, answer):
    seen.page.get_by_role("button", name="Load the network").click()
    state(seen).get_by_text(answer).wait_for(timeout=60_000)


def shown_norm(seen):
    return float(seen.page.locator(f"{WIDGET} [data-part=verdict]").get_attribute("data-norm"))


def settles(seen, expected):
    """Wait until the verdict shows this norm, and compare."""
    script = "v => Math.abs(document.querySelector('.tdr-draw [data-part=verdict]').dataset.norm - v) < 1e-3"
    seen.page.wait_for_function(script, arg=expected, timeout=30_000)
    assert shown_norm(seen) == pytest.approx(expected, abs=1e-3)


def choose(seen, example):
    seen.page.locator(f'{WIDGET} [data-control="example"]').select_option(label=example)


def start_afresh(seen, timestep=50):
    seen.move("draw-timestep", seen.state("noises")["timesteps"].index(timestep))
    seen.page.get_by_role("button", name="Clear").click()


@pytest.fixture(scope="module")
def drawn(kept):
    load(kept, RUNS)
    return kept


def test_examples_are_shown_before_anything_is_loaded(visit):
    seen = visit(PAGE)
    for name, image in examples_of(SPLIT).items():
        choose(seen, name)
        settles(seen, norm(image, 50))
    assert not [url for url in seen.page.evaluate("performance.getEntriesByType('resource').map(e => e.name)") if "ort." in url]
    assert seen.page.locator(f"{WIDGET} .tdr-pad").get_attribute("inert") is not None


def test_a_member_drawn_pixel_by_pixel_gets_pythons_score(drawn):
    image = SPLIT.evaluation.members[3]
    bitmap = bitmap_of(image)
    start_afresh(drawn)
    drawn.move("width", 0.5)
    box = drawn.page.locator(f"{WIDGET} .tdr-pad").bounding_box()
    for row, column in bitmap.nonzero().tolist():
        drawn.page.mouse.click(*(box[k] + (v + 0.5) / 32 * box[s] for k, s, v in (("x", "width", column), ("y", "height", row))))
    settles(drawn, norm(image, 50))
    pixels = drawn.page.locator(f'{WIDGET} [data-picture="seen"] rect').evaluate_all("nodes => nodes.map(n => +n.dataset.value)")
    assert np.allclose(pixels, image_of(bitmap).flatten(), atol=1e-6)


def test_strokes_fill_the_gaps_between_two_events(drawn):
    start_afresh(drawn)
    drawn.move("width", 1.5)
    box = drawn.page.locator(f"{WIDGET} .tdr-pad").bounding_box()
    drawn.page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.5 * box["height"])
    drawn.page.mouse.down()
    drawn.page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    drawn.page.mouse.up()
    picture = drawn.page.locator(f'{WIDGET} [data-picture="seen"] rect')
    levels = np.array(picture.evaluate_all("nodes => nodes.map(n => +n.dataset.value)")).reshape(8, 8)
    assert (levels[3:5, 2:6] > -1).all()
    drawn.page.get_by_role("button", name="Undo").click()
    levels = picture.evaluate_all("nodes => nodes.map(n => +n.dataset.value)")
    assert set(levels) == {-1}


def test_the_keyboard_draws_erases_and_undoes(drawn):
    start_afresh(drawn)
    pad = drawn.page.locator(f"{WIDGET} .tdr-pad")
    pad.focus()
    for key in (" ", *["ArrowDown"] * 6, " "):
        pad.press(key)
    seen = drawn.page.locator(f'{WIDGET} [data-picture="seen"] rect')
    brightness = "nodes => nodes.reduce((sum, n) => sum + +n.dataset.value + 1, 0)"
    line = seen.evaluate_all(brightness)
    assert line > 1
    for key in ("e", " ", *["ArrowUp"] * 3, " "):
        pad.press(key)
    assert 0 < seen.evaluate_all(brightness) < line
    pad.press("u")
    assert seen.evaluate_all(brightness) == line
    pad.press("e")


def test_every_timestep_gives_pythons_norm_and_so_does_the_curve(drawn):
    image = SPLIT.evaluation.held_out[5]
    timesteps = drawn.state("noises")["timesteps"]
    expected = [norm(image, t) for t in timesteps]
    choose(drawn, "a held-out image")  # not that one: the drawing is changed below
    bitmap = bitmap_of(image)
    drawn.page.get_by_role("button", name="Clear").click()
    drawn.move("width", 0.5)
    box = drawn.page.locator(f"{WIDGET} .tdr-pad").bounding_box()
    for row, column in bitmap.nonzero().tolist():
        drawn.page.mouse.click(*(box[k] + (v + 0.5) / 32 * box[s] for k, s, v in (("x", "width", column), ("y", "height", row))))
    for i, value in enumerate(expected):
        drawn.move("draw-timestep", i)
        settles(drawn, value)
    curve = drawn.page.locator(f'{WIDGET} [data-part="curve"]')
    first = "v => Math.abs(document.querySelector('[data-part=curve]').dataset.values.split(',')[5] - v) < 1e-3"
    drawn.page.wait_for_function(first, arg=expected[5])
    assert np.allclose([float(v) for v in curve.get_attribute("data-values").split(",")], expected, atol=1e-3)


def test_the_verdict_counts_held_out_images(drawn):
    choose(drawn, "a held-out image")
    drawn.move("draw-timestep", drawn.state("noises")["timesteps"].index(50))
    held_out = [norm(x, 50) for x in SPLIT.evaluation.held_out]
    own = norm(SPLIT.evaluation.held_out[0], 50)
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
    drawn.move("draw-timestep", drawn.state("noises")["timesteps"].index(50))
    drawn.page.get_by_role("button", name="Follow the arrow").click()
    trail = drawn.page.locator(f"{WIDGET} [data-part=trail]")
    trail.get_by_text("Step 30").wait_for(timeout=30_000)
    noisy, alpha_bar = examples_of(SPLIT)["the member, with noise"][None], zoo.load("ddpm-digits").alphas_cumprod[50]
    ends = {"closed": EmpiricalDenoiser(SPLIT.members), "network": zoo.load("ddpm-digits")}
    for kind, denoiser in ends.items():
        y = noisy
        for _ in range(30):
            with torch.no_grad():
                clean = (y - (1 - alpha_bar).sqrt() * denoiser.predict_noise(y, 50)) / alpha_bar.sqrt()
            y = y + 0.2 * (clean.float() - y)
        rects = drawn.page.locator(f'{WIDGET} [data-picture="{kind}-step"] rect')
        drawn_there = rects.evaluate_all("nodes => nodes.map(n => +n.dataset.value)")
        assert np.allclose(drawn_there, y.flatten(), atol=1e-3)
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
    settles(seen, norm(examples_of(SPLIT)["the member, inverted"], 50))
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
    settles(seen, norm(examples_of(SPLIT)["a held-out image"], 50))
    context.close()
