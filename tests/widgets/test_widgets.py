"""Widgets refuse what they could not draw. What they draw is tested in a browser."""

import pytest
import torch

from helpers.data import load_digits
from helpers.theory import EmpiricalDenoiser
from helpers.widgets import ForwardProcess, KernelPlayground, TimestepExplorer, TrainingScrubber


def test_the_forward_process_refuses_bad_images():
    with pytest.raises(ValueError, match=r"must have shape \(n, c, h, w\)"):
        ForwardProcess(torch.zeros(8, 8))


@pytest.mark.parametrize(
    ("points", "message"),
    [(torch.zeros(3, 3), r"points must have shape \(n, 2\)"), (torch.full((3, 2), 2.0), r"points must lie in \[-1, 1\]")],
)
def test_the_playground_refuses_points_that_are_not_in_the_plane(points, message):
    with pytest.raises(ValueError, match=message):
        KernelPlayground(points, torch.zeros(1, 2))


def test_the_explorer_refuses_bad_timesteps():
    split = load_digits()
    denoiser = EmpiricalDenoiser(split.members[:10])
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 1000"):
        TimestepExplorer(denoiser, split, [50, 1000], progress=False)
    with pytest.raises(ValueError, match="hold the starting timestep 50"):
        TimestepExplorer(denoiser, split, [10, 20], progress=False)


def test_the_scrubber_refuses_probes_without_norms():
    with pytest.raises(ValueError, match="missing: all"):
        TrainingScrubber([])
    with pytest.raises(ValueError, match=r"missing: \['members', 'held_out'\]"):
        TrainingScrubber([{"step": 1, "auc": 0.5}])
