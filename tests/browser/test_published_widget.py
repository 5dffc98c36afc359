"""The table of published figures shows all of them, and sorts by any column, by click and by key."""

import pytest

from helpers.evaluation.metrics import METRICS
from helpers.experiments.league import play
from helpers.experiments.published import PUBLISHED, PUBLISHED_ATTACKS, standing, wide

PAGE = "notebooks/the-league-table.html"
BOX = ".tdr-published"


@pytest.fixture(scope="module")
def groups():
    return [PUBLISHED, play(progress=False).estimates()]


def choose(seen, metric):
    seen.page.locator(f'{BOX} [data-control="metric"][value="{metric}"]').check()


def shown(seen, body):
    """{model: its figures} of a group, in the order of the rows."""
    rows = seen.page.locator(f"{BOX} tbody").nth(body).locator("tr[data-model]")
    cells = "rows => rows.map(r => [r.dataset.model, [...r.querySelectorAll('td')].map(c => Number(c.dataset.value))])"
    return dict(rows.evaluate_all(cells))


def sort_by(seen, name):
    seen.page.locator(f'{BOX} [data-sort="{name}"]').click()


@pytest.mark.parametrize("metric", METRICS)
def test_every_figure_is_there(kept, groups, metric):
    choose(kept, metric)
    for body, figures in enumerate(groups):
        for model, values in wide(figures, metric).iterrows():
            assert shown(kept, body)[model] == pytest.approx(values.tolist(), abs=1e-4)


@pytest.mark.parametrize("attack", PUBLISHED_ATTACKS)
def test_a_column_sorts_both_groups_and_a_second_press_turns_them_round(kept, attack):
    sort_by(kept, "model")
    choose(kept, "AUC")
    for falling in (True, False):
        sort_by(kept, attack)
        for body in (0, 1):
            values = [row[PUBLISHED_ATTACKS.index(attack)] for row in shown(kept, body).values()]
            assert values == sorted(values, reverse=falling)
        state = kept.page.locator(f"{BOX} th[aria-sort]:has([data-sort='{attack}'])").get_attribute("aria-sort")
        assert state == ("descending" if falling else "ascending")
        assert kept.page.locator(f'{BOX} [aria-sort="ascending"], {BOX} [aria-sort="descending"]').count() == 1


def test_the_column_of_models_brings_the_given_order_back(kept):
    sort_by(kept, "Loss")
    sort_by(kept, "model")
    assert list(shown(kept, 0)) == PUBLISHED["model"].unique().tolist()


@pytest.mark.parametrize("attack", PUBLISHED_ATTACKS[1:])
@pytest.mark.parametrize("metric", METRICS)
def test_marks_and_sentence_say_who_is_ahead_of_sima(kept, attack, metric):
    choose(kept, metric)
    sort_by(kept, "model")
    sort_by(kept, attack)
    found, column = standing(attack, metric), PUBLISHED_ATTACKS.index(attack) + 1
    for side in ("ahead", "level"):
        marked = f'{BOX} tbody:first-of-type tr[data-model]:has(td:nth-of-type({column})[data-side="{side}"])'
        names = kept.page.locator(marked).evaluate_all("rows => rows.map(r => r.dataset.model)")
        assert sorted(names) == sorted(found[side])
    said = kept.page.locator(f"{BOX} [role=status]").inner_text()
    assert f"ahead on {len(found['ahead'])} of 12" in said
    assert ("level on" in said.split("This book")[0]) == bool(found["level"])


def test_it_sorts_by_key_and_keeps_the_focus(visit):
    seen = visit(PAGE)
    button = seen.page.locator(f'{BOX} [data-sort="SecMI"]')
    button.press("Enter")
    assert seen.page.locator(f"{BOX} th:has([data-sort='SecMI'])").get_attribute("aria-sort") == "descending"
    assert button.evaluate("node => node === document.activeElement")


def test_it_fits_a_phone_and_stays_as_high_as_it_is(visit):
    seen = visit(PAGE, width=390)
    box = seen.page.locator(BOX)
    heights = set()
    for name in ("model", *PUBLISHED_ATTACKS):
        sort_by(seen, name)
        heights.add(seen.page.locator(f"{BOX} [role=status]").bounding_box()["height"])
        scroller = box.locator(".tdr-scroll")
        assert scroller.evaluate("node => node.scrollWidth <= node.clientWidth")
    assert max(heights) - min(heights) < 1
