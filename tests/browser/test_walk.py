"""The walk shows the decoded images, the distortion and the change of the dimension and step that it stands at."""

import numpy as np
import pytest

PAGE = "notebooks/into-latent-space.html"
SETTINGS = [(0, 0, 0), (1, 2, 12), (2, 5, 6)]


def go(seen, image, stop, step):
    for name, value in (("image", image), ("dimension", stop), ("step", step)):
        seen.move(name, value)
    state = seen.state("distortions")
    shape = (len(state["dimensions"]), len(state["dimensions"][0]), len(state["offsets"]), -1)
    return state, np.frombuffer(state["decoded"], np.uint8).reshape(shape) / 127.5 - 1


def drawn(seen, name):
    cells = seen.page.locator(f'.tdr-walk [data-picture="{name}"] rect[data-value]')
    return np.array(cells.evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))"))


@pytest.mark.parametrize(("image", "stop", "step"), SETTINGS)
def test_the_pictures_are_before_after_and_their_difference(kept, image, stop, step):
    state, decoded = go(kept, image, stop, step)
    before, after = decoded[image, stop, state["offsets"].index(0.0)], decoded[image, stop, step]
    assert np.allclose(drawn(kept, "walk-1"), before)
    assert np.allclose(drawn(kept, "walk-2"), after)
    assert np.allclose(drawn(kept, "walk-3"), after - before)


@pytest.mark.parametrize(("image", "stop", "step"), SETTINGS)
def test_the_sentence_gives_the_distortion_and_the_change(kept, image, stop, step):
    state, _ = go(kept, image, stop, step)
    status = kept.page.locator(".tdr-walk [role=status]")
    distortion = np.array(state["distortions"][image]).ravel()[state["dimensions"][image][stop]]
    assert float(status.get_attribute("data-distortion")) == pytest.approx(distortion)
    assert float(status.get_attribute("data-moved")) == pytest.approx(state["moved"][image][stop][step])
    assert f"local distortion {distortion:.2f} per unit" in status.inner_text()


@pytest.mark.parametrize(("image", "stop", "step"), SETTINGS)
def test_one_dimension_is_marked_on_the_maps(kept, image, stop, step):
    state, _ = go(kept, image, stop, step)
    side = len(state["distortions"][0][0])
    marks = kept.page.locator('.tdr-walk [data-part="mark"]')
    seen = [m for m in marks.all() if m.get_attribute("visibility") == "visible"]
    assert len(seen) == 1
    channel = [m.get_attribute("visibility") for m in marks.all()].index("visible")
    x, y = (int(float(seen[0].get_attribute(name))) for name in ("x", "y"))
    assert channel * side**2 + y * side + x == state["dimensions"][image][stop]


def test_the_slider_over_dimensions_falls_in_distortion(kept):
    state, _ = go(kept, 0, 0, 0)
    for distortions, dimensions in zip(state["distortions"], state["dimensions"], strict=True):
        chosen = np.array(distortions).ravel()[dimensions]
        assert (np.diff(chosen) <= 0).all()
