"""The widget that walks from noise to a digit shows the path that Python walked."""

import numpy as np
import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.reverse import reverse_process
from helpers.widgets import ReverseProcess

MEMBERS = load_digits(members=30, held_out=2).members
OTHERS = load_digits(seed=1, members=30, held_out=2).members
DENOISERS = {"one": EmpiricalDenoiser(OTHERS), "two": EmpiricalDenoiser(MEMBERS)}
SEEDS = (3, 5)


@pytest.fixture(scope="module")
def seen(mounted):
    return mounted(ReverseProcess(DENOISERS, MEMBERS, steps=(2, 30), seeds=SEEDS))


def choose(seen, name, text):
    control = seen.page.locator(f'[data-control="{name}"]')
    if control.first.evaluate("node => node.tagName") == "SELECT":
        return control.select_option(label=text)
    return seen.page.locator(f'[data-control="{name}"][value="{text}"]').check()


def drawn(seen, name):
    return np.array(seen.page.locator(f'[data-picture="{name}"]').get_attribute("data-values").split(","), float)


@pytest.mark.parametrize(("denoiser", "steps", "seed", "frame", "taken"), [("two", 30, 1, 11, 13), ("one", 2, 0, 1, 1)])
def test_a_frame_is_that_step_of_the_path(seen, denoiser, steps, seed, frame, taken):
    choose(seen, "denoiser", denoiser)
    choose(seen, "eta", "0")
    choose(seen, "steps", str(steps))
    choose(seen, "seed", f"seed {SEEDS[seed]}")
    seen.move("step", frame)
    start = torch.stack([torch.randn(1, 8, 8, generator=torch.Generator().manual_seed(s)) for s in SEEDS])
    path = reverse_process(DENOISERS[denoiser], start, steps)
    for name, values, tolerance in (("x", path.x, 0.05), ("noise", path.noise, 0.02), ("clean", path.clean, 0.01)):
        assert np.abs(drawn(seen, name) - values[taken, seed].flatten().numpy()).max() < tolerance
    assert f"{taken} of {steps} steps taken, t = {path.timesteps[taken]}." in seen.page.locator(".tdr-status").inner_text()


@pytest.mark.parametrize("eta", ["0", "1"])
def test_the_closed_form_ends_at_a_training_image_and_says_so(seen, eta):
    choose(seen, "denoiser", "two")
    choose(seen, "steps", "30")
    choose(seen, "eta", eta)
    seen.move("step", 25)
    assert np.abs(drawn(seen, "clean") - drawn(seen, "nearest")).max() < 0.05
    assert "Finished after 30 steps. It lies 0.0" in seen.page.locator(".tdr-status").inner_text()
    assert "a copy" in seen.page.locator(".tdr-status").inner_text()
    assert seen.problems == []


def test_fresh_noise_leads_to_another_image(seen):
    choose(seen, "denoiser", "one")
    choose(seen, "steps", "30")
    ends = []
    for eta in ("0", "1"):
        choose(seen, "eta", eta)
        seen.move("step", 25)
        ends.append(drawn(seen, "clean"))
    assert np.abs(ends[0] - ends[1]).max() > 0.2


def test_the_path_plays_to_its_end_and_can_be_paused(seen):
    choose(seen, "steps", "2")
    seen.move("step", 2)
    play = seen.page.locator("[data-play=step]")
    play.click()
    assert play.inner_text() == "Pause"
    play.click()
    assert play.inner_text() == "Play"
    assert seen.page.locator("[data-control=step]").input_value() == "0"
    play.click()
    seen.page.wait_for_function("document.querySelector('[data-control=step]').value === '2'")
    seen.page.get_by_role("button", name="Play").wait_for()


def test_who_wants_no_motion_gets_one_step_a_press(mounted):
    seen = mounted(ReverseProcess(DENOISERS, MEMBERS, steps=(4,)), reduced_motion="reduce")
    play = seen.page.locator("[data-play=step]")
    assert play.inner_text() == "Next"
    for expected in ("1", "2", "3"):
        play.click()
        assert seen.page.locator("[data-control=step]").input_value() == expected
