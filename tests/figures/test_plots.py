"""Figures show the numbers they are given."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
import torch

matplotlib.use("Agg")

from helpers.evaluation.metrics import evaluate
from helpers.figures import plots
from helpers.models.schedule import linear_scheduler


@pytest.fixture(autouse=True)
def _closed():
    yield
    plots.plt.close("all")


def test_images_keep_their_grey_levels_and_titles():
    images = torch.linspace(-1, 1, 2 * 16).reshape(2, 1, 4, 4)
    figure = plots.show_images(images, ["one", "two"])
    assert [axis.get_title() for axis in figure.axes] == ["one", "two"]
    for axis, image in zip(figure.axes, images, strict=True):
        assert np.allclose(axis.images[0].get_array(), image[0])
        assert axis.images[0].get_clim() == (-1, 1)


def test_rows_of_images_keep_their_order_and_their_names():
    first, second = torch.linspace(-1, 1, 4 * 16).reshape(2, 2, 1, 4, 4)
    figure = plots.image_rows({"original": first, "decoded": second})
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert np.allclose(np.stack(shown), torch.cat([first, second])[:, 0])
    assert [figure.axes[i].get_ylabel() for i in (0, 2)] == ["original", "decoded"]


def test_images_in_colour_keep_it_and_columns_have_titles():
    images = torch.linspace(-1, 1, 2 * 3 * 16).reshape(2, 3, 4, 4)
    figure = plots.image_rows({"original": images}, ["cat", "a dog that sits on a mat"])
    for axis, image in zip(figure.axes, images, strict=True):
        assert np.allclose(axis.images[0].get_array(), (image.permute(1, 2, 0) + 1) / 2, atol=1e-6)
    assert [axis.get_title().replace("\n", " ") for axis in figure.axes] == ["cat", "a dog that sits on a mat"]


def test_histograms_show_norms_not_scores_and_the_threshold():
    figure = plots.histograms([-1.0, -4.0], [-25.0, -36.0], p=2, threshold=-9.0)
    low, high = figure.axes[0].get_xlim()
    assert low < 1 < 6 < high < 9
    assert figure.axes[0].lines[-1].get_xdata()[0] == 3.0


def test_the_maximum_norm_is_not_raised_to_any_power():
    figure = plots.histograms([-1.0, -4.0], [-5.0, -6.0], p=np.inf, threshold=-3.0)
    assert figure.axes[0].lines[-1].get_xdata()[0] == 3.0
    low, high = figure.axes[0].get_xlim()
    assert low < 1 < 6 < high


def test_every_curve_is_drawn_however_many():
    values = [evaluate([2, 3], [0, 1], bootstrap=0).auc] * 2
    figure = plots.metric_by_timestep([0, 10], {str(i): values for i in range(5)})
    assert [text.get_text() for text in figure.axes[0].get_legend().texts] == ["0", "1", "2", "3", "4"]


def test_the_roc_is_the_reports():
    rng = np.random.default_rng(0)
    members, held_out = rng.normal(1, 1, 40), rng.normal(0, 1, 40)
    figure = plots.roc(members, held_out)
    report = evaluate(members, held_out)
    assert np.allclose(figure.axes[0].lines[0].get_xdata(), report.fpr)
    assert np.allclose(figure.axes[0].lines[0].get_ydata(), report.tpr)
    assert [axis.get_xscale() for axis in figure.axes] == ["linear", "log"]
    assert str(report.auc) in figure.axes[0].get_title()


def test_metric_curves_carry_their_intervals():
    values = [evaluate([2, 3, 1], [0, 1, 2], bootstrap=50).auc] * 3
    figure = plots.metric_by_timestep([0, 10, 20], {"SimA": values})
    assert list(figure.axes[0].lines[0].get_ydata()) == [float(v) for v in values]
    band = figure.axes[0].collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (values[0].low, values[0].high)


def test_the_line_shades_where_the_norm_misleads():
    figure = plots.one_dimension(torch.tensor([-0.5, 0.5]), torch.tensor([0.2]), 120, linear_scheduler().alphas_cumprod)
    shaded = figure.axes[0].collections[0].get_paths()[0].vertices[:, 0]
    assert shaded.min() < 0 < shaded.max()  # half-way between the two training points
    assert shaded.max() < 0.2


def test_training_curves_show_loss_and_auc():
    probes = [{"step": 50, "auc": 0.5}, {"step": 100, "auc": 0.8}]
    figure = plots.training_curves([1.0] * 100, probes)
    assert np.allclose(figure.axes[0].lines[0].get_ydata(), 1)
    assert list(figure.axes[1].lines[0].get_ydata()) == [0.5, 0.8]


def test_losses_of_members_and_held_out_images_are_drawn_where_probes_hold_them():
    probes = [{"step": s, "auc": 0.5, "member_loss": 0.1, "held_out_loss": 0.1 + s / 1000} for s in (50, 100)]
    lines = plots.training_curves([1.0] * 100, probes).axes[0].lines
    assert [list(line.get_ydata()) for line in lines[1:]] == [[0.1, 0.1], pytest.approx([0.15, 0.2])]


def test_optimism_is_drawn_in_points():
    frame = pd.DataFrame({"images": 50, "metric": "AUC", "optimism": [0.01, 0.02, 0.03]})
    axis = plots.optimism(frame).axes[0]
    drawn = np.concatenate([line.get_ydata() for line in axis.lines])
    assert 2 in np.round(drawn, 6)  # the median
