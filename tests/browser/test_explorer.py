"""The explorer shows what `helpers.evaluation.metrics` computes from the scores of the committed model."""

import math

import numpy as np
import pytest
import torch

from helpers import zoo
from helpers.attacks import SimA, score_part
from helpers.data.catalogue import load_digits
from helpers.evaluation.metrics import evaluate
from helpers.widgets.packing import unpack

PAGE = "notebooks/run-sima.html"
SETTINGS = [("4", 50), ("1", 0), ("2", 110), ("inf", 999)]


def norms_at(state, order, timestep):
    norms = unpack(state["norms"], state["scales"])
    row = norms[state["orders"].index(order) * len(state["timesteps"]) + state["timesteps"].index(timestep)]
    return row[: state["n_members"]], row[state["n_members"] :]


def choose(seen, state, order, timestep):
    seen.page.locator(f'[data-control="order"][value="{order}"]').check()
    seen.move("timestep", state["timesteps"].index(timestep))


def confusion(seen):
    return {name: int(seen.page.locator(f'[data-count="{name}"]').inner_text()) for name in ("tp", "fn", "fp", "tn")}


def counted(members, held_out, threshold):
    tp, fp = int((members <= threshold).sum()), int((held_out <= threshold).sum())
    return {"tp": tp, "fn": len(members) - tp, "fp": fp, "tn": len(held_out) - fp}


def test_at_least_forty_timesteps_and_four_orders(kept):
    state = kept.state("norms")
    assert len(state["timesteps"]) >= 40
    assert state["timesteps"] == sorted(set(state["timesteps"]))
    assert state["orders"] == ["1", "2", "4", "inf"]


@pytest.mark.parametrize(("order", "timestep"), SETTINGS)
def test_the_norms_are_simas_on_the_evaluation_part(kept, order, timestep):
    state = kept.state("norms")
    p = math.inf if order == "inf" else int(order)
    scores = score_part(SimA(timestep, p), zoo.load("ddpm-digits"), load_digits().evaluation)
    for drawn, expected in zip(norms_at(state, order, timestep), scores, strict=True):
        root = (-expected) ** (1 if p == math.inf else 1 / p)
        assert torch.allclose(torch.tensor(drawn), root.double(), rtol=1e-4)


@pytest.mark.parametrize(("order", "timestep"), SETTINGS)
def test_readouts_are_those_of_evaluate(kept, order, timestep):
    state = kept.state("norms")
    choose(kept, state, order, timestep)
    members, held_out = norms_at(state, order, timestep)
    report = evaluate(-members, -held_out, bootstrap=500)
    for name, value in (("AUC", report.auc), ("ASR", report.asr), ("TPR at 1% FPR", report.tpr_at_fpr(0.01))):
        shown = kept.page.locator(f'[data-readout="{name}"]').inner_text()
        numbers = [float(part) for part in shown.replace("[", "").replace("]", "").replace(",", "").split()]
        assert numbers == pytest.approx([float(value), value.low, value.high], abs=2e-3)


@pytest.mark.parametrize(("order", "timestep"), SETTINGS)
def test_the_starting_threshold_is_calibrated_and_its_confusion_matrix_right(visit, order, timestep):
    seen = visit(PAGE)
    state = seen.state("norms")
    choose(seen, state, order, timestep)
    threshold = state["thresholds"][state["orders"].index(order)][state["timesteps"].index(timestep)]
    members, held_out = norms_at(state, order, timestep)
    expected = counted(members, held_out, threshold)
    assert confusion(seen) == expected
    for chart in ("linear", "log"):
        point = seen.page.locator(f'[data-roc="{chart}"] [data-part="operating-point"]')
        assert float(point.get_attribute("data-tpr")) == pytest.approx(expected["tp"] / len(members))
        assert float(point.get_attribute("data-fpr")) == pytest.approx(expected["fp"] / len(held_out))


@pytest.mark.parametrize("position", [0, 90, 400])
def test_moving_the_threshold_recounts_and_shows_the_nearest_images(visit, position):
    seen = visit(PAGE)
    members, held_out = norms_at(seen.state("norms"), "4", 50)
    both = np.concatenate([members, held_out])
    threshold = both.min() + position / 400 * (both.max() - both.min())
    seen.move("threshold", position)
    assert confusion(seen) == counted(members, held_out, threshold)
    shown = seen.page.locator(".tdr-gallery canvas").evaluate_all("nodes => nodes.map(n => Number(n.dataset.image))")
    nearest = np.sort(np.abs(both - threshold))[:8]
    assert np.sort(np.abs(both[shown] - threshold)) == pytest.approx(nearest)
    assert list(both[shown]) == sorted(both[shown])
    seen.page.get_by_role("button", name="calibrated").click()
    state = seen.state("norms")
    start = state["thresholds"][state["orders"].index("4")][state["timesteps"].index(50)]
    assert confusion(seen) == counted(members, held_out, start)


@pytest.mark.parametrize(("order", "timestep"), SETTINGS)
def test_histograms_count_as_numpy_does(kept, order, timestep):
    state = kept.state("norms")
    choose(kept, state, order, timestep)
    groups = norms_at(state, order, timestep)
    both = np.concatenate(groups)
    for name, values in zip(("members", "held-out"), groups, strict=True):
        shown = kept.page.locator(f'.tdr-explorer [data-histogram="{name}"]').get_attribute("data-counts")
        expected, _ = np.histogram(values, bins=40, range=(both.min(), both.max()))
        difference = np.abs(np.array(shown.split(","), int) - expected)
        assert difference.sum() <= 2  # a value on the edge of two bins may fall into either


def test_the_roc_curve_passes_through_the_reports_points(visit):
    seen = visit(PAGE)
    members, held_out = norms_at(seen.state("norms"), "4", 50)
    report = evaluate(-members, -held_out, bootstrap=0)
    outline = seen.page.locator('[data-roc="linear"] path').nth(2).get_attribute("d")
    drawn = {tuple(map(float, point.split())) for point in outline[1:].split("L")}
    x, y = 50 + report.fpr * 150, 170 - report.tpr * 160
    assert {(round(a, 1), round(b, 1)) for a, b in zip(x, y, strict=True)} <= {(round(a, 1), round(b, 1)) for a, b in drawn}
