"""Figures of memory say what they show, and show all that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers.evaluation.metrics import Estimate
from helpers.figures import memory_pictures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def estimates(values):
    return [Estimate(v, v - 0.05, v + 0.05) for v in values]


def test_both_clocks_have_a_line_and_a_band_for_each_size():
    columns = {"step": [100, 200], "AUC": estimates([0.6, 0.8]), "frechet": estimates([9, 3])}
    visits = {n: [100 * 128 / n, 200 * 128 / n] for n in (75, 1200)}
    runs = {n: pd.DataFrame(columns | {"visits": of}, dtype=object) for n, of in visits.items()}
    axes = memory_pictures.two_clocks(runs, good=3).axes
    assert len(axes) == 4
    assert [len(axis.lines) for axis in axes] == [3] * 4  # a dotted one each
    assert [len(axis.collections) for axis in axes] == [2] * 4
    assert axes[1].lines[0].get_xdata() == pytest.approx([170.7, 341.3], abs=0.1)
    assert axes[2].lines[1].get_ydata() == pytest.approx([9, 3])
    assert axes[3].get_xlabel() == "visits to each member"
    assert [text.get_text() for text in axes[0].get_legend().get_texts()] == ["75", "1,200"]


def test_a_point_a_seed_and_a_line_where_every_seed_got_there():
    times = {"memory": np.array([[100.0, 400.0], [300.0, 300.0]]), "good samples": np.array([[np.nan, 900.0], [800.0, 800.0]])}
    axis = memory_pictures.onsets([75, 150], times).axes[0]
    points, line, _, short = axis.lines
    assert len(points.get_xdata()) == 4
    assert line.get_xydata() == pytest.approx(np.array([[75, 200], [150, 300]]))
    assert short.get_xydata() == pytest.approx(np.array([[150, 800]]))


def test_curves_over_visits_keep_their_names():
    groups = {"once": ([10, 20], [0.6, 0.7]), "twice": ([20, 40], [0.7, 0.8])}
    axis = memory_pictures.by_visits(groups, {"alone": ([5, 50], [0.5, 0.9])}).axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["alone", "once", "twice"]
    assert axis.get_xscale() == "log"


def test_a_bar_for_each_group_and_attack():
    shares = {"SimA": estimates([0.1, 0.2]), "LiRA": estimates([0.3, 0.9])}
    axis = memory_pictures.found_by_group(shares, ["near", "far"], "neighbours", "TPR").axes[0]
    assert sorted(bar.get_height() for bar in axis.patches) == pytest.approx([0.1, 0.2, 0.3, 0.9])
    assert [label.get_text() for label in axis.get_xticklabels()] == ["near", "far"]
