"""A scatter of images: the slider and the pointer choose one, and it is shown with its neighbour and its values."""

import numpy as np
import pytest

from helpers.widgets.packing import unpack

PAGE = "notebooks/which-images-are-remembered.html"


def values(state):
    return unpack(state["values"], state["scales"])


def choose(seen, place, measure):
    state = seen.state("nearest")
    order = np.argsort(values(state)[0], kind="stable")
    seen.page.locator(f'.tdr-remembered input[value="{state["names"][measure]}"]').check()
    place = range(len(order))[place]
    seen.move("picture", place)
    return state, int(order[place]), place


def drawn(seen, name):
    cells = seen.page.locator(f'.tdr-remembered [data-picture="{name}"] rect[data-value]')
    return np.array(cells.evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))"))


@pytest.mark.parametrize(("place", "measure"), [(0, 0), (-1, 1), (600, 2)])
def test_the_chosen_picture_is_shown_with_its_nearest(kept, place, measure):
    state, row, _ = choose(kept, place, measure)
    pixels = np.frombuffer(state["images"], np.uint8).reshape(-1, state["size"] ** 2) / 127.5 - 1
    assert np.allclose(drawn(kept, "remembered-0"), pixels[row])
    assert np.allclose(drawn(kept, "remembered-1"), pixels[state["nearest"][row]])


@pytest.mark.parametrize(("place", "measure"), [(0, 2), (-1, 2), (300, 0)])
def test_the_sentence_gives_its_distance_its_value_and_its_rank(kept, place, measure):
    state, row, at = choose(kept, place, measure)
    distance, *measures = values(state)
    own = measures[measure]
    said = kept.page.locator(".tdr-remembered [role=status]").inner_text().replace("−", "-")
    assert said.startswith(f"{at + 1} of {len(distance)} by distance, {state['shows'][row]}: ")
    assert f"are {distance[row]:.2f} away, and its {state['names'][measure]} is {own[row]:.2f}, " in said
    assert f"more than for {int(100 * (own < own[row]).mean())} % of the pictures" in said
    assert said.endswith(f"Rank correlation of all: {state['ranks'][measure]:.2f}.")


def test_the_pointer_chooses_the_picture_below_it(kept):
    state, row, _ = choose(kept, 700, 2)
    dot = kept.page.locator('.tdr-remembered [data-point="chosen"]')
    place = dot.bounding_box()
    kept.move("picture", 3)
    assert int(dot.get_attribute("data-row")) != row
    kept.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    near = int(dot.get_attribute("data-row"))
    distance, *measures = values(state)
    assert abs(distance[near] - distance[row]) < 0.01
    assert abs(measures[2][near] - measures[2][row]) < 0.05
