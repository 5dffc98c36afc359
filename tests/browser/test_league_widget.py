"""The league table draws what `helpers.experiments.league` computes from the committed models."""

import numpy as np
import pytest
from scipy.stats import rankdata

from helpers.evaluation.metrics import METRICS
from helpers.experiments.league import play

PAGE = "notebooks/the-league-table.html"
SETTINGS = [
    ("ddpm-digits-late", "AUC", "PIA"),
    ("ddpm-fashion", "TPR at 1% FPR", "SecMI"),
    ("ddpm-digits-early", "ASR", "data only"),
]


@pytest.fixture(scope="module")
def league():
    return play(progress=False)


@pytest.fixture(scope="module")
def against(league):
    return league.against().set_index(["model", "attack", "metric"])


def choose(seen, model, metric, attack):
    seen.page.locator('[data-control="model"]').select_option(label=model)
    seen.page.locator(f'.tdr-league [data-control="metric"][value="{metric}"]').check()
    seen.page.locator('[data-control="attack"]').select_option(label=attack)


def numbers(text):
    """The figure and its interval in "0.612 [0.560, −0.661]"."""
    value, low, high = text.replace("−", "-").replace("[", "").replace("]", "").replace(",", "").split()
    return [float(value), float(low), float(high)]


@pytest.mark.parametrize(("model", "metric", "attack"), SETTINGS)
def test_rows_are_the_attacks_strongest_first(kept, league, model, metric, attack):
    choose(kept, model, metric, attack)
    rows = kept.page.locator("button.tdr-league-row")
    names = rows.evaluate_all("nodes => nodes.map(n => n.dataset.attack)")
    assert sorted(names) == sorted(league.attacks)
    values = rows.locator('[data-part="dot"]').evaluate_all("nodes => nodes.map(n => Number(n.dataset.value))")
    assert values == sorted(values, reverse=True)
    for i, name in enumerate(names):
        row = league.rows[model, name]
        expected = row.report.estimate(metric).triple
        assert values[i] == pytest.approx(expected[0], abs=1e-4)
        label = rows.nth(i).locator("svg").get_attribute("aria-label")
        assert numbers(label.removeprefix(metric)) == pytest.approx(expected, abs=2e-3)
        assert int(rows.nth(i).locator(".tdr-number").first.inner_text()) == row.queries


@pytest.mark.parametrize(("model", "metric", "attack"), SETTINGS)
def test_signs_are_the_corrected_verdicts(kept, league, against, model, metric, attack):
    choose(kept, model, metric, attack)
    for name in league.attacks:
        sign = kept.page.locator(f'[data-attack="{name}"] [data-verdict]')
        verdict = "undecided" if name == "SimA" else against.loc[(model, name, metric), "verdict"]
        assert sign.get_attribute("data-verdict") == verdict
        assert sign.inner_text() == {"better": "▲", "worse": "▼", "undecided": ""}[verdict]


@pytest.mark.parametrize(("model", "metric", "attack"), SETTINGS)
def test_the_sentence_says_the_difference_to_sima(kept, league, against, model, metric, attack):
    choose(kept, model, metric, attack)
    said = kept.page.locator(".tdr-league .tdr-status").inner_text()
    expected = against.loc[(model, attack, metric)]
    queries = league.rows[model, attack].queries
    assert said.startswith(f"On {model}, by {metric}, {attack} ({queries} {'query' if queries == 1 else 'queries'}) is ")
    side = "below" if expected["difference"] < 0 else "above"
    shown = numbers(said.split(") is ")[1].split(f" {side} SimA")[0])
    signed = [-shown[0], -shown[2], -shown[1]] if side == "below" else shown
    assert signed == pytest.approx(expected[["difference", "low", "high"]].tolist(), abs=2e-3)
    assert f"{expected['verdict']} after correction" in said


@pytest.mark.parametrize(("model", "metric", "attack"), SETTINGS)
def test_the_histogram_counts_ranks_as_numpy_does(kept, league, model, metric, attack):
    choose(kept, model, metric, attack)
    row = league.rows[model, attack]
    ranks = rankdata(np.concatenate([row.members, row.held_out]))
    groups = {"members": ranks[: len(row.members)], "held-out": ranks[len(row.members) :]}
    for name, values in groups.items():
        shown = kept.page.locator(f'.tdr-league [data-histogram="{name}"]').get_attribute("data-counts")
        expected, _ = np.histogram(values, bins=20, range=(1, len(ranks)))
        assert np.abs(np.array(shown.split(","), int) - expected).sum() <= 2


@pytest.mark.parametrize(("model", "metric", "attack"), SETTINGS)
def test_the_curves_pass_through_the_reports_points(kept, league, model, metric, attack):
    choose(kept, model, metric, attack)
    for curve, name in (("chosen", attack), ("baseline", "SimA")):
        row = league.rows[model, name]
        lowest = 0.5 / len(row.held_out)
        share = [1 - np.log10(np.maximum(rate, lowest)) / np.log10(lowest) for rate in (row.report.fpr, row.report.tpr)]
        expected = np.stack([50 + share[0] * 150, 170 - share[1] * 160], 1)
        outline = kept.page.locator(f'.tdr-league [data-curve="{curve}"]').get_attribute("d")
        drawn = np.array([point.split() for point in outline[1:].split("L")], float)
        assert np.abs(expected[:, None] - drawn).max(2).min(1).max() < 0.01


def test_a_row_is_chosen_by_click_and_by_key(visit):
    seen = visit(PAGE)
    for name, press in (("Loss", lambda row: row.click()), ("PIAN", lambda row: row.press("Enter"))):
        row = seen.page.locator(f'[data-attack="{name}"]')
        press(row)
        assert row.get_attribute("aria-pressed") == "true"
        assert seen.page.locator('button.tdr-league-row[aria-pressed="true"]').count() == 1
        assert seen.page.locator('[data-control="attack"] option:checked').inner_text() == name
        assert f", {name} (" in seen.page.locator(".tdr-league .tdr-status").inner_text()
    assert row.evaluate("node => node === document.activeElement")


def test_sima_is_held_against_nothing(kept, league):
    choose(kept, league.models[0], METRICS[0], "SimA")
    said = kept.page.locator(".tdr-league .tdr-status").inner_text()
    shown = said.split("SimA (1 query) reaches ")[1].split(". The others")[0]
    assert numbers(shown) == pytest.approx(league.rows[league.models[0], "SimA"].report.auc.triple, abs=2e-3)
