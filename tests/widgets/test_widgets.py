"""Widgets refuse what they could not draw. What they draw is tested in a browser."""

import pytest
import torch

from helpers.data import MembershipSplit, load_digits
from helpers.theory import EmpiricalDenoiser
from helpers.widgets import ForwardProcess, KernelPlayground, TimestepExplorer, TrainingScrubber


def test_the_forward_process_refuses_bad_images():
    with pytest.raises(ValueError, match=r"must have shape \(n, c, h, w\)"):
        ForwardProcess(torch.zeros(8, 8))


def test_a_timestep_outside_the_schedule_is_refused():
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got 1000"):
        ForwardProcess(torch.zeros(1, 1, 8, 8), timestep=1000)
    with pytest.raises(ValueError, match=r"timestep must be in \[0, 1000\), got -1"):
        KernelPlayground(torch.zeros(1, 2), torch.zeros(1, 2), timestep=-1)


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
    with pytest.raises(ValueError, match="at least 2, rising"):
        TimestepExplorer(denoiser, split, [50, 20], progress=False)


def test_the_explorer_refuses_images_that_it_cannot_draw():
    colour = MembershipSplit(torch.zeros(2, 3, 4, 4), torch.ones(2, 3, 4, 4))
    with pytest.raises(ValueError, match=r"grey square images \(n, 1, h, h\), got \(n, 3, 4, 4\)"):
        TimestepExplorer(EmpiricalDenoiser(colour.members), colour, [10, 50], progress=False)


def test_the_scrubber_refuses_probes_without_norms():
    with pytest.raises(ValueError, match="missing: all"):
        TrainingScrubber([])
    with pytest.raises(ValueError, match=r"missing: \['members', 'held_out'\]"):
        TrainingScrubber([{"step": 1, "auc": 0.5}])
