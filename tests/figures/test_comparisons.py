"""Figures of many runs show every setting, with its interval."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from helpers.experiments.over_seeds import summarise
from helpers.figures import comparisons


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


@pytest.fixture
def summary():
    rows = [
        {"beta": b, "failed": "", "AUC": 0.9 - k / 10 + s / 50, "psnr": 30.0 - k, "frechet": 5.0 + k + s}
        for k, b in enumerate((1e-3, 1e-1, 10))
        for s in range(3)
    ]
    return summarise(pd.DataFrame(rows), "beta", ["AUC", "psnr", "frechet"])


def drawn(axis):
    """The points and the interval ends of an axis' first error bars."""
    line, _, bars = axis.containers[0]
    return line.get_xydata(), [bar.get_segments() for bar in bars]


def test_a_column_a_panel_against_beta(summary):
    figure = comparisons.against_beta(summary, ["AUC", "psnr"])
    assert [axis.get_ylabel() for axis in figure.axes] == ["AUC of SimA", "PSNR (dB)"]
    points, [segments] = drawn(figure.axes[0])
    assert points[:, 0].tolist() == [1e-3, 1e-1, 10]
    assert points[:, 1] == pytest.approx([float(v) for v in summary["AUC"]])
    assert [s[:, 1].tolist() for s in segments] == [pytest.approx([v.low, v.high]) for v in summary["AUC"]]
    assert figure.axes[0].get_xscale() == "log"


def test_several_summaries_share_a_panel_under_their_names(summary):
    figure = comparisons.against_beta({"samples": summary, "means": summary}, ["AUC"])
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["samples", "means"]


def test_privacy_is_drawn_against_quality_with_both_intervals(summary):
    figure = comparisons.against_quality({"latents": summary}, "frechet")
    points, bars = drawn(figure.axes[0])
    assert points[:, 0] == pytest.approx([float(v) for v in summary["frechet"]])
    assert len(bars) == 2
    assert [text.get_text() for text in figure.axes[0].texts] == ["0.001", "0.1", "10"]
    assert figure.axes[0].get_xscale() == "log"


@pytest.mark.parametrize(("settings", "names"), [([1500, 3000, 6000], ["1,500", "3,000", "6,000"]), (list("abc"), list("abc"))])
def test_points_carry_the_names_of_their_settings(summary, settings, names):
    figure = comparisons.against_quality({"one": summary.set_index(pd.Index(settings))}, "psnr")
    assert [text.get_text() for text in figure.axes[0].texts] == names


def test_rows_are_ranked_from_top_to_bottom_as_they_come(summary):
    axis = comparisons.ranked(summary, "AUC").axes[0]
    points, _ = drawn(axis)
    assert points[:, 0] == pytest.approx([float(v) for v in summary["AUC"]])
    assert points[:, 1].tolist() == [2, 1, 0]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["0.001", "0.1", "10.0"]


def test_a_model_a_panel_against_the_fraction_of_dimensions(summary):
    by_fraction = summary.set_index(pd.Index([0.2, 0.6, 1.0], name="fraction"))
    panels = {"one": {"most": by_fraction, "least": by_fraction}, "other": {"most": by_fraction, "least": by_fraction}}
    figure = comparisons.against_fraction(panels)
    assert [axis.get_title() for axis in figure.axes] == ["one", "other"]
    points, _ = drawn(figure.axes[1])
    assert points[:, 0].tolist() == [0.2, 0.6, 1.0]
    assert points[:, 1] == pytest.approx([float(v) for v in summary["AUC"]])
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == ["most", "least"]
