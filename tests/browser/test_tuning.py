"""Two sliders choose a fine-tune: the figures are those that were kept of it, and its point stands where they say."""

import pytest

from helpers.experiments.told_outcomes import ToldRuns
from helpers.messages import phrase

PAGE = "notebooks/what-a-fine-tune-gives-away.html"
PLACES = [(0, 0), (1, 3), (3, 0), (3, -1)]


def go(seen, kind, step, question=0):
    """Move both sliders, and say what should be shown: the nearest checkpoint that this kind has."""
    state = seen.state("found")
    wanted = sorted({n for steps in state["steps"] for n in steps})
    seen.move("kind", kind)
    seen.move("steps", range(len(wanted))[step])
    name = state["questions"][question]
    seen.page.locator(f'.tdr-tuning input[value="{name}"]').check()
    steps = state["steps"][kind]
    at = min(range(len(steps)), key=lambda i: (abs(steps[i] - wanted[step]), i))
    return state, steps[at], state["found"][kind][at]


def numbers(text):
    return [
        float(part) for part in text.replace("−", "-").replace("[", "").replace("]", "").replace(",", "").split() if part != "%"
    ]


@pytest.mark.parametrize("question", [0, 1, 2])
@pytest.mark.parametrize(("kind", "step"), PLACES)
def test_the_readouts_are_those_of_the_setting(kept, kind, step, question):
    state, steps, found = go(kept, kind, step, question)
    read = {
        name: kept.page.locator(f'.tdr-tuning [data-readout="{name}"]').inner_text() for name in ("AUC", "TPR", "loss", "copied")
    }
    assert numbers(read["AUC"]) == pytest.approx(found["AUC"][question], abs=0.0051)
    assert numbers(read["TPR"]) == pytest.approx(found["TPR"][question], abs=0.0051)
    assert numbers(read["loss"]) == pytest.approx(found["loss"], abs=0.00051)
    assert numbers(read["copied"]) == pytest.approx([100 * found["copied"]], abs=0.051)
    said = kept.page.locator(".tdr-tuning [role=status]").inner_text()
    assert said.startswith(f"{state['kinds'][kind]}, after {steps:,} steps")
    assert ("lower" in said) == (found["loss"][0] < 1)


def test_the_point_is_lower_where_less_leaks_and_to_the_left_where_the_model_is_better(kept):
    dot, at = kept.page.locator('.tdr-tuning [data-part="point"]'), []
    for kind, step in PLACES:
        _, _, found = go(kept, kind, step)
        at.append((found["loss"][0], found["AUC"][0], float(dot.get_attribute("cx")), float(dot.get_attribute("cy"))))
    for a in at:
        for b in at:
            assert (a[0] < b[0]) == (a[2] < b[2])
            assert (a[1] < b[1]) == (a[3] > b[3])


def test_each_kind_has_its_trail_and_the_chosen_one_is_thick(kept):
    state, _, _ = go(kept, 2, 0)
    trails = kept.page.locator(".tdr-tuning [data-trail]")
    widths = {t.get_attribute("data-trail"): float(t.get_attribute("stroke-width")) for t in trails.all()}
    assert set(widths) == set(state["kinds"])
    assert max(widths, key=widths.get) == state["kinds"][2]


def test_a_question_is_answered_with_what_was_kept_of_it(kept):
    full = ToldRuns("full")
    said = [phrase(key) for key in ("tuning.right", "tuning.none", "tuning.relative")]
    for question in range(3):
        state, steps, _ = go(kept, 3, -1, question)
        name = state["questions"][question]
        shown = numbers(kept.page.locator('.tdr-tuning [data-readout="AUC"]').inner_text())
        assert shown == pytest.approx(full.estimate(name, when=str(steps)).triple, abs=0.0051)
        assert f"SimA ({said[question]})" in kept.page.locator(".tdr-tuning [role=status]").inner_text()
