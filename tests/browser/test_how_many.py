"""The p-values of a growing collection: line, dot and sentence are those of the pictures, the share, the attack and the draw."""

import numpy as np
import pytest

from helpers.widgets import HowManyPictures
from helpers.widgets.packing import unpack

SIZES = (20, 40, 60, 80, 100)
SHARES = (0.0, 0.5, 1.0)
ATTACKS = ("SimA alone", "all together")
DRAWS = 4
PLACES = [(0, 2, 1, 1), (4, 0, 0, 0), (2, 1, 1, 3), (3, 2, 0, 2)]


def curves():
    rng = np.random.default_rng(1)
    fall = np.arange(1, 6) / 5
    return {name: {share: 10 ** -(rng.uniform(0, 3, (DRAWS, 1)) + 6 * share * fall) for share in SHARES} for name in ATTACKS}


CURVES = curves()


@pytest.fixture(scope="module")
def seen(mounted):
    return mounted(HowManyPictures(SIZES, CURVES))


@pytest.fixture(scope="module")
def logs():
    widget = HowManyPictures(SIZES, CURVES)
    return unpack(widget.p, widget.scales).reshape(len(ATTACKS), len(SHARES), DRAWS, len(SIZES))


def go(seen, size, share, attack, draw):
    seen.move("pictures", size)
    page = seen.page
    page.locator(f'.tdr-how-many input[data-control="used"][value="{SHARES[share]:g}"]').check()
    page.locator(f'.tdr-how-many input[data-control="attack"][value="{ATTACKS[attack]}"]').check()
    own = page.locator('.tdr-how-many [data-part="own"]')
    for _ in range(DRAWS):
        if own.get_attribute("data-draw") == str(draw):
            return
        page.get_by_role("button", name="Another draw").click()
    raise AssertionError(f"no draw {draw}")


@pytest.mark.parametrize(("size", "share", "attack", "draw"), PLACES)
def test_the_dot_stands_at_the_p_value_of_the_setting(seen, logs, size, share, attack, draw):
    go(seen, size, share, attack, draw)
    shown = float(seen.page.locator('.tdr-how-many [data-part="now"]').get_attribute("data-p"))
    assert shown == pytest.approx(10 ** logs[attack, share, draw, size])
    assert shown == pytest.approx(CURVES[ATTACKS[attack]][SHARES[share]][draw, size], rel=0.01)


@pytest.mark.parametrize(("size", "share", "attack", "draw"), PLACES)
def test_the_sentence_says_what_may_be_concluded(seen, size, share, attack, draw):
    go(seen, size, share, attack, draw)
    p = CURVES[ATTACKS[attack]][SHARES[share]]
    said = seen.page.locator(".tdr-how-many [role=status]").inner_text()
    assert said.startswith(f"{SIZES[size]} pictures, {100 * SHARES[share]:.0f} % of them used, {ATTACKS[attack]}: p = ")
    if p[draw, size] > 0.01:
        assert "above the level of 0.01: undecided" in said
    else:
        assert ("at least some were used" if SHARES[share] else "a false accusation") in said
    assert f"Of {DRAWS} draws, {(p[:, size] <= 0.01).sum()} " in said


@pytest.mark.parametrize("size", range(len(SIZES)))
def test_the_line_has_a_point_for_each_test_so_far(seen, size):
    go(seen, size, 2, 1, 0)
    line = seen.page.locator('.tdr-how-many [data-part="own"]').get_attribute("d")
    assert line.count("M") + line.count("L") == size + 1


def test_a_smaller_p_value_stands_lower(seen):
    places = []
    for size in range(len(SIZES)):
        go(seen, size, 2, 1, 1)
        dot = seen.page.locator('.tdr-how-many [data-part="now"]')
        places.append((float(dot.get_attribute("data-p")), -float(dot.get_attribute("cy"))))
    assert sorted(places) == sorted(places, key=lambda place: place[1])


def test_all_is_reached_by_keyboard(seen):
    seen.page.locator('.tdr-how-many [data-control="used"]:checked').focus()
    seen.page.keyboard.press("Tab")
    before = seen.page.evaluate("document.activeElement.value")
    seen.page.keyboard.press("ArrowLeft")
    assert int(seen.page.evaluate("document.activeElement.value")) == max(int(before) - 1, 0)
    button = seen.page.get_by_role("button", name="Another draw")
    button.focus()
    own = seen.page.locator('.tdr-how-many [data-part="own"]')
    drawn = own.get_attribute("data-draw")
    seen.page.keyboard.press("Enter")
    assert own.get_attribute("data-draw") != drawn


def test_an_address_holds_the_draw_and_reset_leaves_it(mounted):
    seen = mounted(HowManyPictures(SIZES, CURVES), address="#how-many?n=40&used=0.5&attack=SimA alone&draw=3")
    own = seen.page.locator('.tdr-how-many [data-part="own"]')
    assert own.get_attribute("data-draw") == "2"
    assert seen.page.locator(".tdr-how-many [role=status]").inner_text().startswith("40 pictures, 50 % of them used, SimA alone")
    seen.page.get_by_role("button", name="Reset").click()
    assert own.get_attribute("data-draw") == "0"
    assert seen.problems == []


def test_a_draw_that_is_not_there_leaves_the_first(mounted):
    seen = mounted(HowManyPictures(SIZES, CURVES), address="#how-many?draw=9")
    assert seen.page.locator('.tdr-how-many [data-part="own"]').get_attribute("data-draw") == "0"
