"""A slider over the path: what is drawn, the norms and the AUC are those of the place, the image and the model."""

import numpy as np
import pytest

from helpers.widgets.packing import unpack

PAGE = "notebooks/straight-paths.html"
PLACES = [(0, 0, 1), (6, 4, 0), (13, 2, 1), (-1, 5, 0)]


def go(seen, place, image, model):
    state = seen.state("noisy")
    place = range(len(state["timesteps"]))[place]
    seen.move("place", place)
    seen.move("image", image)
    seen.page.locator(f'.tdr-along input[value="{state["models"][model]}"]').check()
    return state, place


def drawn(seen, name):
    cells = seen.page.locator(f'.tdr-along [data-picture="{name}"] rect[data-value]')
    return np.array(cells.evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))"))


@pytest.mark.parametrize(("place", "image", "model"), PLACES)
def test_the_pictures_are_those_of_the_setting(kept, place, image, model):
    state, place = go(kept, place, image, model)
    count, stops, side = len(state["images"]), len(state["timesteps"]), state["size"]
    noisy = np.frombuffer(state["noisy"], np.uint8).reshape(count, stops, side**2)[image, place] / 127.5 - 1
    assert np.allclose(drawn(kept, "along-0"), noisy)
    for i, name in enumerate(("noise", "velocity"), 1):
        levels = np.frombuffer(state[name], np.uint8).reshape(-1, count, stops, side**2)[model, image, place]
        assert np.allclose(drawn(kept, f"along-{i}"), (levels / 127.5 - 1) * state["limit"])


@pytest.mark.parametrize(("place", "image", "model"), PLACES)
def test_the_sentence_compares_the_image_with_the_held_out_ones(kept, place, image, model):
    state, place = go(kept, place, image, model)
    row = unpack(state["norms"], state["scales"])[model * len(state["timesteps"]) + place]
    own = row[state["images"][image][2]]
    larger = 100 * (row[state["n_members"] :] > own).mean()
    said = kept.page.locator(".tdr-along [role=status]").inner_text()
    assert said.startswith(f"σ = {state['sigmas'][place]:.2f}, {state['models'][model]}: the norm of ε̂ is {own:.2f}, ")
    assert f"smaller than that of {larger:.0f} % of held-out images" in said


@pytest.mark.parametrize(("place", "image", "model"), PLACES)
def test_a_dot_a_model_stands_at_its_auc(kept, place, image, model):
    state, place = go(kept, place, image, model)
    for values, name in zip(state["along"], state["models"], strict=True):
        dot = kept.page.locator(f'.tdr-along [data-point="{name}"]')
        assert float(dot.get_attribute("data-auc")) == values[place][0]
    across = [float(dot.get_attribute("cx")) for dot in kept.page.locator(".tdr-along [data-point]").all()]
    assert len(set(across)) == 1


def test_the_dots_go_to_the_right_as_the_place_does(kept):
    at = []
    for place in (0, 5, 12, 19):
        go(kept, place, 0, 0)
        at.append(float(kept.page.locator(".tdr-along [data-point]").first.get_attribute("cx")))
    assert at == sorted(set(at))
