"""The shift slider shows the scores and images of the share that it stands at."""

import numpy as np
import pytest

from helpers.evaluation.metrics import evaluate

SHIFT, FRACTION = "notebooks/when-attacks-lie.html", "notebooks/which-dimensions-remember.html"
PAGES = [SHIFT, FRACTION]
PLACES = [0, 1, -1]


def scores_at(state, curve, place):
    """Doubled ranks of members and of held-out images."""
    before = sum(sum(sizes) for sizes in [s for line in state["sizes"] for s in line][: curve * len(state["shares"]) + place])
    n, m = state["sizes"][curve][place]
    ranks = np.frombuffer(state["ranks"], np.uint16)[before : before + n + m]
    return ranks[:n], ranks[n:]


def go(seen, state, place):
    position = range(len(state["shares"]))[place]
    seen.move("share", position)
    return position


@pytest.mark.parametrize("place", PLACES)
def test_every_auc_is_that_of_evaluate(kept, place):
    state = kept.state("sizes")
    position = go(kept, state, place)
    captions = kept.page.locator(".tdr-shift figcaption [data-auc]")
    assert captions.count() == len(state["curves"])
    for i, name in enumerate(state["curves"]):
        auc = evaluate(*scores_at(state, i, position), bootstrap=500).auc
        dot = float(kept.page.locator(f'.tdr-shift [data-dot="{name}"]').get_attribute("data-auc"))
        assert dot == pytest.approx(float(auc), abs=1e-4)
        label, shown = captions.nth(i).inner_text().rsplit(": AUC ", 1)
        assert label == name
        numbers = [float(part) for part in shown.replace("[", "").replace("]", "").replace(",", "").split()]
        assert numbers == pytest.approx(auc.triple, abs=0.0051)


@pytest.mark.parametrize("place", PLACES)
def test_histograms_count_as_numpy_does(kept, place):
    state = kept.state("sizes")
    position = go(kept, state, place)
    for i in range(len(state["curves"])):
        groups = scores_at(state, i, position)
        for name, values in zip(("members", "held-out"), groups, strict=True):
            shown = kept.page.locator(f'.tdr-shift [data-histogram="{name}"]').nth(i).get_attribute("data-counts")
            expected, _ = np.histogram(values / 2, bins=20, range=(1, sum(map(len, groups))))
            assert np.abs(np.array(shown.split(","), int) - expected).sum() <= 2


@pytest.mark.parametrize("place", PLACES)
def test_the_pictures_are_the_examples_of_this_share(kept, place):
    state = kept.state("sizes")
    position = go(kept, state, place)
    expected = np.frombuffer(state["examples"], np.uint8).reshape(len(state["shares"]), -1, state["size"] ** 2)[position]
    level = "n => [...n.getContext('2d').getImageData(0, 0, n.width, n.height).data].filter((_, i) => i % 4 === 0)"
    drawn = kept.page.locator(".tdr-shift canvas").evaluate_all(f"nodes => nodes.map({level})")
    assert np.array_equal(np.array(drawn), expected)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kept", [SHIFT], indirect=True, scope="module")
def test_the_sentence_judges_the_curve_that_asks_no_model(kept, place):
    state = kept.state("sizes")
    position = go(kept, state, place)
    value, low, high = state["auc"][0][position]
    said = kept.page.locator(".tdr-shift [role=status]").inner_text()
    share = f"{100 * state['shares'][position]:g} % of the held-out images from elsewhere"
    assert said.startswith(f"With {share}, {state['curves'][0]}, which never calls a model")
    assert ("the groups differ by themselves" in said) == (low > 0.5 or high < 0.5)
    assert float(said.split("reaches AUC ")[1].split()[0]) == pytest.approx(value, abs=0.0051)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kept", [FRACTION], indirect=True, scope="module")
def test_the_sentence_names_each_curve_with_its_auc(kept, place):
    state = kept.state("sizes")
    position = go(kept, state, place)
    said = kept.page.locator(".tdr-shift [role=status]").inner_text()
    assert said.startswith(f"{100 * state['shares'][position]:g} % of latent dimensions looked at")
    for name, auc in zip(state["curves"], state["auc"], strict=True):
        assert float(said.split(f"{name}, AUC ")[1].split()[0]) == pytest.approx(auc[position][0], abs=0.0051)
