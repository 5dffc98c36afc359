"""Pictures of attacks show the arrays they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch

from helpers.attacks.lira import Gaussians
from helpers.figures import attack_pictures, comparisons
from helpers.figures.plots import HELD_OUT, MEMBER


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.fixture
def two():
    return torch.linspace(-1, 1, 2 * 16).reshape(2, 1, 4, 4)


def test_a_pair_has_the_member_above_and_one_column_an_entry(two):
    figure = attack_pictures.pair({"x": two}, {"difference": 0.1 * two}, torch.tensor([-1.5, -20.0]))
    top, bottom = np.array(figure.axes).reshape(2, 2)
    assert [axis.get_title() for axis in top] == ["x", "difference"]
    assert np.array_equal(top[0].images[0].get_array(), two[0, 0])
    assert np.array_equal(bottom[1].images[0].get_array(), 0.1 * two[1, 0])
    assert top[0].get_ylabel() == "member\nscore -1.5"
    assert (top[0].yaxis.label.get_color(), bottom[0].yaxis.label.get_color()) == (MEMBER, HELD_OUT)


def test_both_differences_of_a_column_share_a_scale_around_zero(two):
    figure = attack_pictures.pair({}, {"difference": torch.stack([two[0], 9 * two[1]])})
    assert [axis.images[0].get_clim() for axis in figure.axes] == [(-9, 9), (-9, 9)]


def test_a_fluctuation_is_averaged_over_timesteps():
    rises = torch.arange(24.0).reshape(2, 3, 4)
    axis = attack_pictures.fluctuation(rises, [0.9, 0.8, 0.7, 0.6]).axes[0]
    assert axis.lines[0].get_ydata().tolist() == [4, 5, 6, 7]
    assert axis.lines[1].get_ydata().tolist() == [16, 17, 18, 19]


def test_gradients_that_are_rounding_are_left_out():
    norms = torch.tensor([[1.0, 1e-9, 2.0], [3.0, 5e-9, 1.0]])
    axis = attack_pictures.gradient_norms(norms).axes[0]
    (bars,) = axis.collections
    assert [segment[1][1] for segment in bars.get_segments()] == [3.0, 0.5]


def test_likelihoods_stand_where_the_gaussians_are():
    inside = Gaussians(torch.tensor([0.0, 5.0], dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64))
    outside = Gaussians(torch.tensor([2.0, 6.0], dtype=torch.float64), torch.tensor(2.0, dtype=torch.float64))
    figure = attack_pictures.likelihoods(inside, outside, torch.tensor([0.3, 5.5]), torch.tensor([0, 1]))
    for axis, means in zip(figure.axes, ((0, 2), (5, 6)), strict=True):
        peaks = [line.get_xdata()[np.argmax(line.get_ydata())] for line in axis.lines[:2]]
        assert peaks == pytest.approx(means, abs=0.1)
    assert [axis.lines[2].get_xdata()[0] for axis in figure.axes] == pytest.approx([0.3, 5.5])


@pytest.fixture
def estimates():
    rows = [
        (model, attack, queries, metric, value, value - 0.1, value + 0.1)
        for model, better in (("a", 0.0), ("b", 0.1))
        for metric in ("AUC", "TPR at 1% FPR")
        for attack, queries, value in (("SimA", 1, 0.6 + better), ("Loss", 1, 0.5), ("blind", 0, 0.4), ("dear", 9, 0.55))
    ]
    return pd.DataFrame(rows, columns=["model", "attack", "queries", "metric", "value", "low", "high"])


def test_cost_and_power_names_only_what_nothing_as_cheap_beats(estimates):
    figure = comparisons.cost_power(estimates)
    assert [axis.get_title() for axis in figure.axes] == ["a", "b"]
    for axis in figure.axes:
        assert {text.get_text() for text in axis.texts} == {"SimA", "blind"}


def test_a_line_an_attack_runs_along_generalisation(estimates):
    axis = comparisons.against_generalisation(estimates, {"a": 1.1, "b": 2.0}, ["SimA", "dear"], "AUC").axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["SimA", "dear"]
    line = axis.containers[0].lines[0]
    assert line.get_xdata().tolist() == [1.1, 2.0]
    assert line.get_ydata().tolist() == pytest.approx([0.6, 0.7])


def test_verdicts_carry_their_sign():
    rows = [
        ("a", "Loss", -0.2, "worse"),
        ("b", "Loss", 0.01, "undecided"),
        ("a", "PIA", 0.3, "better"),
        ("b", "PIA", -0.01, "undecided"),
    ]
    frame = pd.DataFrame(rows, columns=["model", "attack", "difference", "verdict"])
    axis = comparisons.verdicts(frame).axes[0]
    assert [text.get_text().strip() for text in axis.texts] == ["+0.30 ▲", "-0.01", "-0.20 ▼", "+0.01"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["PIA", "Loss"]
