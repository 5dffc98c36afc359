"""Figures of collections show every cut, size and record that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.evaluation.collection import collection_test
from helpers.evaluation.metrics import Estimate
from helpers.evaluation.simulated_collections import World
from helpers.experiments.published_copymark import ALLOWED, CARRIED, MIXED, ONE_SOURCE, SHARES_OF_COCO
from helpers.figures import collection_pictures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_each_cut_is_a_dot_and_twice_their_median_a_line():
    suspects, comparison = World(used=1.0).draw(2, np.random.default_rng(0))
    tests = {str(i): collection_test(suspects[i], comparison[i]) for i in range(2)}
    axis = collection_pictures.cuts(tests, 0.01).axes[0]
    for test, dots, line in zip(tests.values(), axis.lines[::2], axis.lines[1::2], strict=False):
        assert dots.get_xdata().tolist() == test.p_of_cuts.tolist()
        assert line.get_xdata()[0] == test.p
    assert [label.get_text() for label in axis.get_yticklabels()] == ["0", "1"]


def test_power_has_a_band_for_each_curve():
    curve = {20: Estimate(0.1, 0.0, 0.2), 40: Estimate(0.9, 0.8, 1.0)}
    axis = collection_pictures.power({"all": curve, "half": curve}, 0.01).axes[0]
    assert len(axis.collections) == 2
    assert axis.lines[0].get_xydata().tolist() == [[20, 0.1], [40, 0.9]]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["all", "half"]


def test_the_figure_of_one_source_stands_apart():
    axis = collection_pictures.another_source(SHARES_OF_COCO, MIXED, ONE_SOURCE).axes[0]
    curve, apart = axis.lines[:2]
    assert curve.get_xydata().tolist() == [[100 * s, v] for s, v in zip(SHARES_OF_COCO, MIXED["PIA"], strict=True)]
    assert apart.get_ydata().tolist() == [ONE_SOURCE["PIA"]]
    assert apart.get_xdata()[0] < 0


def test_every_record_of_a_threshold_is_drawn_in_the_row_of_its_attack():
    axis = collection_pictures.carried(CARRIED, ALLOWED).axes[0]
    rows = [label.get_text() for label in axis.get_yticklabels()]
    drawn = {(rows[int(y)], x) for line in axis.lines[:-1] for x, y in line.get_xydata()}
    assert drawn == set(zip(CARRIED["attack"], CARRIED["FPR"], strict=True))
    assert rows[-1] == "GSA-1"
