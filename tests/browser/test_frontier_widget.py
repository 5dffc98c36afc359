"""The frontier shows the figures, scores and pictures of the setting that it stands at."""

import numpy as np
import pytest

PAGES = [f"notebooks/{name}.html" for name in ("is-the-bottleneck-a-shield", "two-remedies", "what-we-do-not-know")]
PLACES = [0, 3, -1]


def go(seen, place):
    state = seen.state("readouts")
    position = range(len(state["names"]))[place]
    seen.move("setting", position)
    return state, position


@pytest.mark.parametrize("place", PLACES)
def test_the_readouts_are_those_of_the_setting(kept, place):
    state, position = go(kept, place)
    for column, (value, low, high) in zip(state["columns"], state["readouts"][position], strict=True):
        text = kept.page.locator(f'.tdr-frontier [data-readout="{column}"]').inner_text().replace("−", "-")
        numbers = [float(part) for part in text.replace("[", "").replace("]", "").replace(",", "").split()]
        assert numbers == pytest.approx([value, low, high], abs=0.051)
    said = kept.page.locator(".tdr-frontier [role=status]").inner_text()
    assert said.startswith(state["names"][position])
    assert said.endswith(f"t = {state['timesteps'][position]}.")


@pytest.mark.parametrize("place", PLACES)
def test_histograms_count_the_norms_of_the_setting(kept, place):
    state, position = go(kept, place)
    norms = np.frombuffer(state["norms"], np.float32).reshape(len(state["names"]), -1)[position].astype(float)
    groups = norms[: state["n_members"]], norms[state["n_members"] :]
    for name, values in zip(("members", "held-out"), groups, strict=True):
        shown = kept.page.locator(f'.tdr-frontier [data-histogram="{name}"]').get_attribute("data-counts")
        expected, _ = np.histogram(values, bins=40, range=(norms.min(), norms.max()))
        assert np.abs(np.array(shown.split(","), int) - expected).sum() <= 2


@pytest.mark.parametrize("place", PLACES)
def test_the_pictures_are_those_of_the_setting(kept, place):
    state, position = go(kept, place)
    expected = np.frombuffer(state["pictures"], np.uint8).reshape(len(state["names"]), -1, state["size"] ** 2)[position]
    level = "n => [...n.getContext('2d').getImageData(0, 0, n.width, n.height).data].filter((_, i) => i % 4 === 0)"
    drawn = kept.page.locator(".tdr-frontier canvas").evaluate_all(f"nodes => nodes.map({level})")
    assert np.array_equal(np.array(drawn), expected)


def test_the_point_stands_where_its_quality_puts_it(kept):
    dot = kept.page.locator('.tdr-frontier [data-part="point"]')
    places = []
    for place in range(len(kept.state("readouts")["names"])):
        state, position = go(kept, place)
        auc, _, frechet, *_ = (value for value, _, _ in state["readouts"][position])
        assert float(dot.get_attribute("data-auc")) == auc
        places.append((frechet, auc, float(dot.get_attribute("cx")), float(dot.get_attribute("cy"))))
    frechet, auc, x, y = np.array(places).T
    assert np.corrcoef(np.log(frechet), x)[0, 1] == pytest.approx(1)
    assert np.corrcoef(auc, y)[0, 1] == pytest.approx(-1)
    label = kept.page.locator(".tdr-frontier .tdr-chart").first.get_attribute("aria-label")
    assert label.startswith("AUC against Fréchet distance")


def test_the_axis_changes_with_the_chosen_quality(kept):
    if "psnr" not in kept.state("readouts")["columns"]:
        assert kept.page.locator(".tdr-frontier input[value]:not([type=range])").count() == 0
        return
    go(kept, 0)
    dot = kept.page.locator('.tdr-frontier [data-part="point"]')
    places = {}
    for quality, word in (("psnr", "PSNR"), ("frechet", "Fréchet")):
        kept.page.locator(f'.tdr-frontier input[value="{quality}"]').check()
        places[quality] = dot.get_attribute("cx")
        label = kept.page.locator(".tdr-frontier .tdr-chart").first.get_attribute("aria-label")
        assert label.startswith(f"AUC against {word}")
    assert places["frechet"] != places["psnr"]
