"""Figures of paths say what they show, and show all that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers.evaluation.metrics import Estimate
from helpers.figures import path_pictures


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_rays_meet_both_paths_at_places_of_equal_noise():
    axis = path_pictures.two_paths([0.2, 0.5]).axes[0]
    dots = [line.get_xydata() for line in axis.lines if line.get_marker() == "o"]
    assert len(dots) == 2
    for (on_circle, on_chord), sigma in zip(dots, (0.2, 0.5), strict=True):
        assert np.hypot(*on_circle) == pytest.approx(1)
        assert on_chord == pytest.approx([1 - sigma, sigma])
        assert on_circle[1] / on_circle[0] == pytest.approx(on_chord[1] / on_chord[0])


def test_each_curve_has_its_name_and_its_band():
    curves = {name: [Estimate(v, v - 0.05, v + 0.05) for v in (0.6, 0.9, 0.5)] for name in ("flow", "DDPM")}
    axis = path_pictures.along_the_path([0.1, 0.2, 0.8], curves, middle=0.5).axes[0]
    assert [text.get_text() for text in axis.get_legend().get_texts()] == ["flow", "DDPM"]
    assert len(axis.collections) == 2
    assert axis.get_xlabel() == "σ"


def test_trails_have_a_point_a_checkpoint():
    trail = pd.DataFrame({"AUC": [0.6, 0.8], "frechet": [9.0, 3.0]}, dtype=object)
    axis = path_pictures.trails({"flow": trail}).axes[0]
    assert axis.get_xscale() == "log"
    assert axis.lines[0].get_xydata().tolist() == [[9.0, 0.6], [3.0, 0.8]]
