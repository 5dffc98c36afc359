"""The nearest of N samples: pictures, distances and sentence are those of the number, the pair and the training set chosen."""

import numpy as np
import pytest

PAGE = "notebooks/only-its-samples.html"
GROUPS = ("member", "held-out image")


def choose(seen, samples, pair, size):
    state = seen.state("distances")
    seen.page.locator(f'.tdr-nearest input[value="{state["sizes"][size]}"]').check()
    seen.move("samples", range(len(state["stops"]))[samples])
    seen.move("pair", pair)
    return state


def drawn(seen, name):
    cells = seen.page.locator(f'.tdr-nearest [data-picture="{name}"] rect[data-value]')
    return np.array(cells.evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))"))


@pytest.mark.parametrize(("samples", "pair", "size"), [(0, 0, 0), (-1, 11, 2), (7, 4, 1)])
def test_pictures_and_distances_are_those_of_the_chosen_pair(kept, samples, pair, size):
    state = choose(kept, samples, pair, size)
    shape = (len(state["sizes"]), 2, state["pairs"], len(state["stops"]), state["size"] ** 2)
    nearest = np.frombuffer(state["nearest"], np.uint8).reshape(shape) / 127.5 - 1
    images = np.frombuffer(state["images"], np.uint8).reshape(2, state["pairs"], -1) / 127.5 - 1
    for group in range(2):
        assert np.allclose(drawn(kept, f"nearest-{group}-0"), images[group, pair])
        assert np.allclose(drawn(kept, f"nearest-{group}-1"), nearest[size, group, pair, samples])
        away = np.linalg.norm(images[group, pair] - nearest[size, group, pair, samples])
        dot = kept.page.locator('.tdr-nearest [data-point="' + ("held-out" if group else "member") + '"]')
        assert float(dot.get_attribute("data-value")) == pytest.approx(away, abs=0.002)


@pytest.mark.parametrize(("samples", "pair", "size"), [(0, 3, 1), (-1, 0, 0), (8, 7, 2)])
def test_the_sentence_says_how_far_and_in_how_many_pairs_the_member_is_nearer(kept, samples, pair, size):
    state = choose(kept, samples, pair, size)
    said = kept.page.locator(".tdr-nearest [role=status]").inner_text().replace("−", "-")
    here = np.array(state["distances"][size])[:, :, samples]
    n = state["stops"][samples]
    assert said.startswith(f"Of {n:,} sample{'' if n == 1 else 's'}, the nearest is {here[0, pair]:.2f} from this member")
    assert f"and {here[1, pair]:.2f} from this held-out image" in said
    assert f"In {(here[0] < here[1]).sum()} of {state['pairs']} pairs the member is the nearer one." in said
    auc = state["readouts"][size][samples]
    assert ("AUC over all images" in said) == (auc is not None)
    if auc:
        assert said.endswith("AUC over all images: {:.2f} [{:.2f}, {:.2f}].".format(*auc))


def test_distances_never_grow_with_the_number_of_samples(kept):
    distances = np.array(kept.state("distances")["distances"])
    assert (np.diff(distances, axis=-1) <= 0.02).all()  # pictures have 256 levels
