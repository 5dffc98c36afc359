"""What a model is told in the page it is told by Python, too: the same tokens, the same noise, the same drawing."""

import re
from itertools import product

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from test_controls import AWAY, HEIGHTS, SETTINGS
from test_draw import DAMAGED, WALK

from helpers.experiments.prompted import parts_of
from helpers.files import to_8_bits
from helpers.training.emoji_recipes import split_of_seed
from helpers.widgets import PromptPlayground
from helpers.widgets.packing import unpack
from helpers.widgets.prompt import CONDITIONS, drawn_from
from helpers.zoo.told_models import load_told

WIDGET = ".tdr-prompt"


@pytest.fixture(scope="module")
def model():
    return load_told("emoji-full-seed-0")


@pytest.fixture(scope="module")
def widget(model):
    return PromptPlayground(model, split_of_seed(0))


@pytest.fixture(scope="module")
def pictures():
    """The pictures that the widget shows by default."""
    part = parts_of(split_of_seed(0))["evaluation"]
    rows = {"members": (3, 4, 8, 9, 10, 11), "held_out": (4, 6, 7, 8, 9, 10)}
    return torch.stack([part[kind].images[row] for kind, chosen in rows.items() for row in chosen])


@pytest.fixture(scope="module")
def running(served, widget):
    """A page whose network runs."""
    seen = served(widget)
    load(seen)
    return seen


def part(seen, name):
    return seen.page.locator(f"{WIDGET} [data-part={name}]")


def load(seen, answer="The network runs in this page"):
    seen.page.get_by_role("button", name="Load the network").click()
    part(seen, "state").get_by_text(answer).wait_for(timeout=120_000)


def choose(seen, control, value):
    seen.page.locator(f'{WIDGET} [data-control="{control}"][value="{value}"]').check()


def type_words(seen, text):
    field = seen.page.locator(f'{WIDGET} [data-control="words"]')
    field.fill(text)
    field.press("Enter")


def noise_shown(seen):
    """The four maps, (4, 8, 8)."""
    texts = [seen.page.locator(f'{WIDGET} [data-picture="noise-{c}"]').get_attribute("data-values") for c in range(4)]
    return np.array([[float(v) for v in text.split(",")] for text in texts]).reshape(4, 8, 8)


def drawn_at(seen, place):
    text = seen.page.locator(f'{WIDGET} [data-picture="drawn-{place}"]').get_attribute("data-values")
    return np.array([int(v) for v in text.split(",")]).reshape(32, 32, 3) if text else None


def settles(seen, expected):
    """Wait until the verdict has the norm of this noise, and compare the noise, too."""
    norm = float(np.linalg.norm(expected.ravel(), 4))
    script = "v => Math.abs(document.querySelector('.tdr-prompt [data-part=verdict]').dataset.norm / v - 1) < 1e-3"
    seen.page.wait_for_function(script, arg=norm, timeout=30_000)
    assert np.allclose(noise_shown(seen), expected, atol=1e-3)
    said = re.search(r"norm ([\d.]+)\.", part(seen, "verdict").inner_text())
    assert float(said[1]) == pytest.approx(norm, rel=1e-3)


@torch.inference_mode()
def noise_of(model, image, caption, timestep):
    denoiser = model.told([caption])
    return denoiser.predict_noise(denoiser.encode(image[None]), timestep)[0].numpy()


def captions_of(widget, i):
    return {condition: widget.captions[widget.pictures[i][condition]] for condition in CONDITIONS}


def finished(seen, number):
    seen.page.get_by_role("button", name="Draw another").click()
    part(seen, "sketch").get_by_text(f"Drawn in 25 steps from noise {number}.").wait_for(timeout=60_000)


def test_captions_are_told_before_anything_is_loaded(served, widget, model, pictures):
    seen = served(widget)
    for i, condition in product((0, 7, 11), CONDITIONS):
        choose(seen, "picture", i)
        choose(seen, "told", condition)
        caption = captions_of(widget, i)[condition]
        for at in (0, 2):
            seen.move("timestep", at)
            settles(seen, noise_of(model, pictures[i], caption, widget.timesteps[at]))
        said = part(seen, "heading").inner_text()
        assert (f"“{caption}”" if caption else "told nothing") in said
        assert drawn_at(seen, 1) is not None
        assert drawn_at(seen, 2) is None
    assert seen.page.get_by_role("button", name="Draw another").is_disabled()
    assert not [url for url in seen.requests if "ort" in url or ".onnx" in url]
    assert f"({widget.download['wasm'] / 2**20:.1f} MB)" in seen.page.get_by_role("button", name="Load the network").inner_text()
    assert seen.problems == []


def test_own_words_ask_for_the_network(served, widget):
    seen = served(widget)
    type_words(seen, "red heart")
    assert "load the network above" in part(seen, "verdict").inner_text()
    assert part(seen, "verdict").get_attribute("data-norm") == "NaN"
    load(seen)
    part(seen, "verdict").get_by_text("Told “red heart”").wait_for()
    assert "which were told their own captions" in part(seen, "verdict").inner_text()


def test_the_network_in_the_page_predicts_what_python_predicts(running, widget, model, pictures):
    for i, condition, at in ((1, "right", 1), (1, "none", 1), (9, "other", 3)):
        choose(running, "picture", i)
        choose(running, "told", condition)
        running.move("timestep", at)
        settles(running, noise_of(model, pictures[i], captions_of(widget, i)[condition], widget.timesteps[at]))


@pytest.mark.parametrize("words", ["Red Heart", "  family:   man, woman ", "squared cjk unified ideograph-7981"])
def test_own_words_give_pythons_noise(running, widget, model, pictures, words):
    choose(running, "picture", 3)
    running.move("timestep", 2)
    type_words(running, words)
    settles(running, noise_of(model, pictures[3], words, 100))
    assert running.page.locator(f'{WIDGET} [data-control="told"][value="own"]').is_checked()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("red zebre", "The model does not know “zebre”. Near words: zebra"),
        ("man " * 15, "The model is told 14 words and signs at most, these are 15."),
        ("<|endoftext|>", "The model does not know “<|”"),
        ("   ", "Type one word or more"),
    ],
)
def test_words_that_the_model_is_not_told_are_refused(running, words, message):
    choose(running, "picture", 0)
    choose(running, "told", "right")
    part(running, "verdict").get_by_text("Told “tooth”").wait_for()
    before = part(running, "verdict").inner_text()
    type_words(running, words)
    assert message in part(running, "words-said").inner_text()
    assert running.page.locator(f'{WIDGET} [data-control="told"][value="right"]').is_checked()
    assert part(running, "verdict").inner_text() == before


def test_the_last_word_is_completed(running):
    field = running.page.locator(f'{WIDGET} [data-control="words"]')
    field.fill("red zeb")
    assert running.page.locator(f"{WIDGET} datalist option").first.get_attribute("value") == "red zebra"
    assert field.get_attribute("list") == running.page.locator(f"{WIDGET} datalist").get_attribute("id")


def test_a_drawing_in_the_page_is_the_one_that_python_draws(running, widget, model):
    starts = torch.from_numpy(unpack(widget.starts, widget.starts_scales)).float().reshape(-1, 1, 4, 8, 8)
    levels = np.frombuffer(widget.drawn, np.uint8).reshape(len(widget.captions), 2, 32, 32, 3)
    known = captions_of(widget, 3)["right"]
    type_words(running, known)
    for k, start in enumerate(starts):
        finished(running, k + 1)
        shown = drawn_at(running, k)
        assert np.abs(shown - to_8_bits(drawn_from(model, [known], start))[0].transpose(1, 2, 0)).max() <= 2
        assert np.abs(shown - levels[widget.captions.index(known), k]).max() <= 2
    finished(running, 3)
    assert np.abs(drawn_at(running, 2) - shown).max() > 50


def test_further_drawings_come_beside_those_that_were_computed(running, widget):
    choose(running, "told", "right")
    choose(running, "picture", 2)
    beforehand = [drawn_at(running, k) for k in range(2)]
    for number in (3, 4, 5):
        finished(running, number)
    assert all(np.array_equal(drawn_at(running, k), beforehand[k]) for k in range(2))
    captions = running.page.locator(f"{WIDGET} .tdr-sketches figcaption").all_inner_texts()
    assert captions == ["noise 1", "noise 2", "noise 5, drawn here", "noise 4, drawn here"]
    choose(running, "told", "none")
    assert drawn_at(running, 2) is None


def test_a_drawing_is_stopped_by_its_button_and_by_other_words(running):
    choose(running, "told", "right")
    toggle = running.page.get_by_role("button", name="Draw another")
    toggle.click()
    running.page.get_by_role("button", name="Stop").press("Enter")
    part(running, "sketch").get_by_text("Stopped before it was done, at step").wait_for()
    running.page.wait_for_timeout(300)
    steps = running.page.locator(f"{WIDGET} progress").get_attribute("value")
    assert steps is None or int(steps) < 25
    toggle.click()
    choose(running, "picture", 5)
    running.page.wait_for_timeout(300)
    assert toggle.is_visible()
    assert part(running, "sketch").inner_text() == ""
    assert drawn_at(running, 2) is None
    assert running.problems == []


def test_the_page_says_how_far_it_is_from_python(served, widget):
    seen = served(widget)
    load(seen)
    part(seen, "checked").get_by_text("Checked: at the picture shown it predicts what Python predicted").wait_for()


@pytest.mark.parametrize("file", ["emoji-full-seed-0.onnx", "ort.wasm"])
def test_what_cannot_be_loaded_leads_to_a_message_and_what_was_computed(served, widget, model, pictures, file):
    seen = served(widget)
    seen.page.route(f"**/{file}", lambda route: route.fulfill(body=DAMAGED))
    load(seen, "The network does not run here")
    choose(seen, "told", "none")
    settles(seen, noise_of(model, pictures[0], "", 100))


def test_a_page_opened_from_a_file_without_webassembly_shows_what_was_computed(mounted, widget, model, pictures):
    seen = mounted(widget)
    load(seen, "opened from a file")
    choose(seen, "picture", 6)
    settles(seen, noise_of(model, pictures[6], captions_of(widget, 6)["right"], 100))
    seen.page.evaluate("delete globalThis.WebAssembly")
    load(seen, "no WebAssembly")
    choose(seen, "picture", 4)
    settles(seen, noise_of(model, pictures[4], captions_of(widget, 4)["right"], 100))


@pytest.mark.parametrize("width", [390, 1440])
def test_no_control_changes_the_height(served, widget, width):
    seen = served(widget, width=width)
    assert seen.page.evaluate(HEIGHTS) == []
    load(seen)
    seen.page.wait_for_timeout(300)
    assert seen.page.evaluate(HEIGHTS) == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    heights = set()
    for words in ("red heart", "zebre", "man " * 20):
        type_words(seen, words)
        heights.add(seen.page.locator(WIDGET).bounding_box()["height"])
    assert max(heights) - min(heights) <= 1


def test_a_setting_has_an_address_and_reset_leads_back(served, widget):
    seen = served(widget)
    panel = seen.page.locator(WIDGET)
    start = panel.evaluate(SETTINGS)
    seen.page.locator(f'{WIDGET} [data-control="words"]').fill("red heart")
    panel.evaluate(AWAY)
    setting = panel.evaluate(SETTINGS)
    seen.page.get_by_role("button", name="Link to this setting").click()
    seen.page.wait_for_function("location.hash.includes('words=red+heart')")
    address = seen.page.evaluate("location.hash")
    seen.page.get_by_role("button", name="Reset").click()
    assert panel.evaluate(SETTINGS) == start
    assert seen.page.locator(f'{WIDGET} [data-control="words"]').input_value() == ""
    for wrong in ("#prompt?picture=99&told=x&t=3&words=", "#prompt?%"):
        seen.page.evaluate("hash => new Promise(done => { location.hash = hash; setTimeout(done, 50); })", wrong)
        assert panel.evaluate(SETTINGS) == start
    seen.page.evaluate("hash => new Promise(done => { location.hash = hash; setTimeout(done, 50); })", address)
    assert panel.evaluate(SETTINGS) == setting


@pytest.mark.parametrize("dark", [False, True])
def test_every_control_has_a_name_and_is_reached_by_the_keyboard(served, widget, dark):
    seen = served(widget, color_scheme="dark" if dark else "light")
    load(seen)
    found = Axe().run(seen.page, WIDGET).response["violations"]
    assert [(v["id"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []
    count = seen.page.evaluate(WALK.replace(".tdr-draw", WIDGET))
    assert count > 6
    seen.page.locator(f'{WIDGET} [data-control="picture"]:checked').focus()
    for _ in range(count):
        seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("window.left.map(e => e.outerHTML)") == []
    seen.page.locator(f'{WIDGET} [data-control="picture"]:checked').focus()
    seen.page.keyboard.press("ArrowRight")
    assert seen.page.locator(f'{WIDGET} [data-control="picture"]:checked').get_attribute("value") == "1"
