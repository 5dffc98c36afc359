"""A slider that stops the training: what is shown and said is that of the checkpoint, and both times put it where it belongs."""

import numpy as np
import pytest

PAGE = "notebooks/which-images-are-remembered.html"
PLACES = [(0, 0), (1, -1), (-1, 3), (2, 7)]


def go(seen, at, stop):
    state = seen.state("pictures")
    at, stop = range(len(state["sizes"]))[at], range(len(state["steps"][at]))[stop]
    seen.page.locator(f'.tdr-stopped input[data-control="members"][value="{state["sizes"][at]}"]').check()
    seen.move("stop", stop)
    return state, at, stop


@pytest.mark.parametrize(("at", "stop"), PLACES)
def test_the_sentence_is_that_of_the_checkpoint(kept, at, stop):
    state, at, stop = go(kept, at, stop)
    auc, _, frechet, _ = (value[0] for value in state["readouts"][at][stop])
    said = kept.page.locator(".tdr-stopped [role=status]").inner_text()
    assert said.startswith(f"{state['steps'][at][stop]:,} steps on {state['sizes'][at]} members, ")
    assert f"AUC {auc:.2f} [" in said
    assert f"Fréchet distance {frechet:.1f} [" in said


@pytest.mark.parametrize(("at", "stop"), PLACES)
def test_the_pictures_are_those_of_the_checkpoint(kept, at, stop):
    state, at, stop = go(kept, at, stop)
    side, shown = state["size"], state["shown"]
    before = sum(len(stops) for stops in state["steps"][:at])
    pixels = np.frombuffer(state["pictures"], np.uint8).reshape(-1, 2, shown, side, side)[before + stop]
    for kind in range(2):
        canvas = kept.page.locator(f'.tdr-stopped canvas[data-shown="{kind}-1"]')
        drawn = canvas.evaluate("c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")
        assert np.array_equal(np.array(drawn).reshape(side, side, 4)[..., 0], pixels[kind, 1])


def test_the_dots_stand_at_the_checkpoint_in_either_time(kept):
    state, at, stop = go(kept, 1, 5)
    across = {}
    for time in ("steps", "visits"):
        kept.page.locator(f'.tdr-stopped input[data-control="time"][value="{time}"]').check()
        dots = kept.page.locator(".tdr-stopped [data-point]")
        assert [float(dot.get_attribute("data-value")) for dot in dots.all()] == [
            state["readouts"][at][stop][0][0],
            state["readouts"][at][stop][2][0],
        ]
        across[time] = {float(dot.get_attribute("cx")) for dot in dots.all()}
        assert len(across[time]) == 1
    assert across["steps"] != across["visits"]


def test_another_number_of_members_keeps_the_step_as_nearly_as_it_can(kept):
    state, _, _ = go(kept, -1, 4)
    asked = state["steps"][-1][4]
    kept.page.locator(f'.tdr-stopped input[data-control="members"][value="{state["sizes"][0]}"]').check()
    nearest = min(state["steps"][0], key=lambda step: abs(step - asked))
    assert kept.page.locator(".tdr-stopped [role=status]").inner_text().startswith(f"{nearest:,} steps on ")
    assert int(kept.page.locator('.tdr-stopped input[data-control="stop"]').get_attribute("max")) == len(state["steps"][0]) - 1
