"""A contest chooses and learns on the calibration part alone."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from helpers.attacks import SimA
from helpers.data.catalogue import load_digits
from helpers.data.splits import MembershipSplit
from helpers.experiments.contest import CHOSEN_ON, Entry, contest
from helpers.models.closed_form import EmpiricalDenoiser


def keys(images):
    return {image.numpy().tobytes() for image in images}


@pytest.fixture(scope="module")
def split():
    return load_digits(members=240, held_out=240)


@dataclass(frozen=True)
class Spy:
    """Says which images and timesteps it was asked about, and knows the answers at one timestep a part of the split."""

    split: MembershipSplit
    timestep: int = 0
    asked: list = field(default_factory=list)  # (timestep, images)
    learned: list = field(default_factory=list)
    fitted: bool = False
    queries: int = 7

    def score(self, denoiser, images: Tensor) -> Tensor:
        self.asked.append((self.timestep, images))
        knows = {1: self.split.calibration.members, 2: self.split.evaluation.members}
        known = keys(knows.get(self.timestep, images[:0]))
        return torch.tensor([float(image.numpy().tobytes() in known) for image in images])


@dataclass(frozen=True)
class Learner(Spy):
    """A spy with something to learn."""

    def fit(self, denoiser, part):
        self.learned.append((self.timestep, part))
        return replace(self, fitted=True)

    def score(self, denoiser, images):
        assert self.fitted
        return super().score(denoiser, images)


def seen(spy, timesteps=None):
    return keys(torch.cat([images for t, images in spy.asked if timesteps is None or t in timesteps]))


def test_the_timestep_is_chosen_on_the_first_calibration_images_alone(split):
    spy = Spy(split)
    row = contest(Entry(spy, (1, 2, 3)), None, split)
    assert row.timestep == 1  # not 2, at which the evaluation part would look best
    part = split.calibration
    assert seen(spy, (2, 3)) == keys(part.members[:CHOSEN_ON]) | keys(part.held_out[:CHOSEN_ON])
    assert seen(spy, (1,)) >= keys(split.evaluation.members) | keys(split.evaluation.held_out)


def test_the_row_holds_the_scores_of_the_evaluation_part(split):
    spy = Spy(split, timestep=2)
    row = contest(Entry(spy, ()), None, split)
    assert (row.members == 1).all()
    assert (row.held_out == 0).all()
    assert len(row.members) == len(split.evaluation.members)
    assert (row.timestep, row.queries, row.members.dtype) == (2, 7, np.float64)
    assert seen(spy) == keys(split.evaluation.members) | keys(split.evaluation.held_out)


def test_a_classifier_learns_on_the_whole_calibration_part_and_nothing_else(split):
    learner = Learner(split, timestep=1)
    row = contest(Entry(learner, ()), None, split)
    assert row.timestep == 1
    [(timestep, part)] = learner.learned
    assert timestep == 1
    assert torch.equal(part.members, split.calibration.members)
    assert torch.equal(part.held_out, split.calibration.held_out)
    assert seen(learner) == keys(split.evaluation.members) | keys(split.evaluation.held_out)


def test_an_attack_without_a_timestep_has_none_in_its_row(split):
    @dataclass(frozen=True)
    class Plain:
        queries: int = 0

        def score(self, denoiser, images):
            return images.flatten(1).sum(1)

    row = contest(Entry(Plain(), ()), None, split)
    assert (row.timestep, row.queries) == (None, 0)


def test_a_contest_of_a_real_attack_finds_the_members(split):
    row = contest(Entry(SimA(), (50, 900)), EmpiricalDenoiser(split.members), split)
    assert row.timestep == 50
    assert row.report.auc > 0.95
