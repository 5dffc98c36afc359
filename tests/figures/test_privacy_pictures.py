"""Figures of privacy show the lines that a promise allows, and all runs that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers.evaluation.metrics import Estimate
from helpers.evaluation.privacy_region import allowed_tpr
from helpers.evaluation.row import Row
from helpers.figures import privacy_pictures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def texts(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def trail(auc, frechet):
    columns = {"AUC": auc, "frechet": frechet}
    return pd.DataFrame({c: [Estimate(v, v * 0.9, v * 1.1) for v in values] for c, values in columns.items()}, dtype=object)


def test_a_line_for_each_epsilon_on_both_axes():
    linear, log = privacy_pictures.regions([1, 5], 1e-3).axes
    assert texts(linear) == ["ε = 1", "ε = 5"]
    assert (linear.get_xscale(), log.get_xscale()) == ("linear", "log")
    for axis in (linear, log):
        for line, epsilon in zip(axis.lines, (1, 5), strict=False):
            fpr, tpr = line.get_data()
            assert tpr == pytest.approx(allowed_tpr(fpr, epsilon, 1e-3))


@pytest.mark.parametrize("kinds", [1, 3, 4])
def test_each_kind_has_its_region_and_a_roc_a_seed(kinds):
    rng = np.random.default_rng(0)
    rows = [Row(rng.normal(1, 1, 50), rng.normal(0, 1, 50), 50, 1) for _ in range(3)]
    figure = privacy_pictures.in_the_region({f"σ = {k}": (rows, 2.0 * k) for k in range(kinds)}, 1e-3)
    shown = [axis for axis in figure.axes if axis.axison]
    assert [axis.get_title() for axis in shown] == [f"σ = {k}" for k in range(kinds)]
    assert all(len(axis.lines) == 4 and len(axis.collections) == 1 for axis in shown)  # the dotted diagonal, too


def test_bounds_and_claims_are_drawn_over_the_number_of_images():
    axis = privacy_pictures.most_that_can_be_shown([10, 100], {"a": [1, 3], "b": [0.5, 2]}, [1.4]).axes[0]
    assert [list(line.get_ydata()) for line in axis.lines] == [[1, 3], [0.5, 2], [1.4, 1.4]]
    assert texts(axis) == ["a", "b"]


def test_a_point_for_each_run_and_a_bar_for_each_claim():
    found = {"honest": {"SimA": [0, 0.1, 0.2], "loss": [0, 0, 0]}, "clipped": {"SimA": [2, 3, 4], "loss": [1, 1, 1]}}
    axis = privacy_pictures.refuted(found, {"honest": 1.4, "clipped": np.inf}).axes[0]
    assert [len(line.get_xdata()) for line in axis.lines] == [1, 3, 3, 3, 3]
    assert axis.lines[3].get_xdata().tolist() == [2, 3, 4]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["honest", "clipped"]
    assert texts(axis) == ["claimed ε", "SimA", "loss"]


def test_the_ends_of_noisy_runs_stand_among_the_stops_of_others():
    figure = privacy_pictures.leak_against_quality({"σ = 1": trail([0.5, 0.6], [20, 9])}, {"stopped": trail([0.6, 0.9], [10, 3])})
    axis = figure.axes[0]
    assert texts(axis) == ["stopped", "σ = 1"]
    assert axis.lines[0].get_xydata() == pytest.approx(np.array([[10, 0.6], [3, 0.9]]))
    end = axis.containers[0].lines[0]
    assert end.get_xydata() == pytest.approx(np.array([[9, 0.6]]))
