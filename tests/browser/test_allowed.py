"""What (ε, δ) allows: region, mark, samples and sentence are those of the sliders, and of the run whose claim is nearest."""

import numpy as np
import pytest

from helpers.evaluation.epsilon_bound import bound_of_counts
from helpers.evaluation.privacy_region import allowed_tpr
from helpers.evaluation.row import Row
from helpers.widgets import WhatPrivacyAllows
from helpers.widgets.allowed import NUMBERS, ShownRun

DELTAS = (1e-6, 1e-3, 0.1)
CLAIMS = {"clipped only": np.inf, "σ = 2": 13.0, "σ = 16": 0.9}
AHEAD = {"clipped only": 2.0, "σ = 2": 0.5, "σ = 16": 0.0}
PLACES = [(0.0, 1, 4, "σ = 16"), (1.1, 0, 12, "σ = 2"), (2.5, 2, 0, "clipped only"), (-1.5, 1, -1, "σ = 16")]


def shown(name):
    rng = np.random.default_rng(len(name))
    rows = {a: Row(rng.normal(AHEAD[name] / k, 1, 300), rng.normal(0, 1, 200), 50, 1) for k, a in enumerate(("SimA", "loss"), 1)}
    samples = np.full((8, 8, 8), 20 * list(CLAIMS).index(name))
    return ShownRun([CLAIMS[name] * factor for factor in (1.3, 1.0, 0.7)], rows, samples)


@pytest.fixture(scope="module")
def widget():
    return WhatPrivacyAllows({name: shown(name) for name in CLAIMS}, DELTAS, (1.0, 1e-3, 300))


@pytest.fixture(scope="module")
def seen(mounted, widget):
    return mounted(widget)


def go(seen, exponent, delta, images):
    seen.move("epsilon", exponent)
    seen.move("delta", delta)
    seen.move("images", range(len(NUMBERS))[images])
    epsilon = np.inf if exponent >= 2.5 else 10**exponent
    return epsilon, DELTAS[delta], NUMBERS[images]


def part(seen, chart, name):
    return seen.page.locator(f'.tdr-allowed [data-roc="{chart}"] [data-part="{name}"]')


@pytest.mark.parametrize(("exponent", "delta", "images", "run"), PLACES)
def test_region_and_mark_are_those_of_the_sliders(seen, exponent, delta, images, run):
    epsilon, delta, n = go(seen, exponent, delta, images)
    bound = bound_of_counts(([n], [0]), (n, n), delta, 0.95)[0][0]
    for chart in ("linear", "log"):
        found = float(part(seen, chart, "region").get_attribute("data-at-one-percent"))
        assert found == pytest.approx(float(allowed_tpr(0.01, epsilon, delta)))
        assert float(part(seen, chart, "faultless").get_attribute("data-epsilon")) == pytest.approx(bound)


@pytest.mark.parametrize(("exponent", "delta", "images", "run"), PLACES)
def test_the_sentence_says_what_is_allowed_what_can_be_contradicted_and_which_run_is_shown(seen, exponent, delta, images, run):
    epsilon, delta, n = go(seen, exponent, delta, images)
    said = seen.page.locator(".tdr-allowed [role=status]").inner_text()
    bound = bound_of_counts(([n], [0]), (n, n), delta, 0.95)[0][0]
    assert f"n = {n:,} members" in said
    assert f"contradict an ε below {bound:.2f} at best" in said
    assert f"The nearest run, {run}, " in said
    if np.isinf(epsilon):
        assert said.startswith("No promise: anything may be found.")
    else:
        assert f"more than {100 * float(allowed_tpr(0.01, epsilon, delta)):.1f} % of the members" in said
        assert ("this one, if it is wrong enough" if bound > epsilon else "not this one") in said
    tpr = {a: (row.members > np.sort(row.held_out)[-3]).mean() for a, row in shown(run).rows.items()}  # two of 200 may pass
    assert f"SimA {100 * tpr['SimA']:.1f} %, loss {100 * tpr['loss']:.1f} %." in said


@pytest.mark.parametrize(("exponent", "delta", "images", "run"), PLACES)
def test_the_samples_are_those_of_the_run(seen, exponent, delta, images, run):
    go(seen, exponent, delta, images)
    canvas = seen.page.locator('.tdr-allowed canvas[data-sample="7"]')
    assert canvas.evaluate("c => c.getContext('2d').getImageData(0, 0, 1, 1).data[0]") == 20 * list(CLAIMS).index(run)
    assert canvas.get_attribute("aria-label") == f"Sample 8 of 8, {run}"


def test_one_chart_is_shown_at_a_time(seen):
    for name, chart in (("logarithmic", "log"), ("linear", "linear")):
        seen.page.locator(f'.tdr-allowed input[value="{name}"]').check()
        for other in ("log", "linear"):
            assert seen.page.locator(f'.tdr-allowed [data-roc="{other}"]').is_visible() is (other == chart)


def test_a_larger_epsilon_allows_more(seen):
    allowed = []
    for exponent in (-1.5, 0, 0.5, 1, 2.5):
        go(seen, exponent, 1, 2)
        allowed.append(float(part(seen, "linear", "region").get_attribute("data-at-one-percent")))
    assert allowed == sorted(allowed)
    assert allowed[0] < 0.02
    assert allowed[-1] == 1


def test_all_is_reached_by_keyboard_and_an_address_holds_it(mounted, widget):
    seen = mounted(widget, address="#allowed?epsilon=1&delta=0.1&n=1000&axes=logarithmic")
    page = seen.page
    assert page.locator('.tdr-allowed [data-control="delta"]').input_value() == "2"
    assert page.locator('.tdr-allowed [data-roc="log"]').is_visible()
    page.locator('.tdr-allowed [data-control="epsilon"]').focus()
    page.keyboard.press("ArrowRight")
    assert page.locator('.tdr-allowed [data-control="epsilon"]').input_value() == "1.05"
    for control in ("delta", "images", "axes"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.dataset.control") == control
    page.get_by_role("button", name="Reset").click()
    assert page.locator('.tdr-allowed [data-roc="linear"]').is_visible()
    assert seen.problems == []


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_page(mounted, widget, width):
    seen = mounted(widget, width=width)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
