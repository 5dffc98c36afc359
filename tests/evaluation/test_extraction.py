"""A copy is much nearer to one training image than to the next ones; what is extracted is counted once."""

import pytest
import torch

from helpers.data.catalogue import load_digits
from helpers.evaluation.extraction import copied_image, extracted
from helpers.experiments.clock import draw
from helpers.models.closed_form import EmpiricalDenoiser


def points(n, seed, dimension=8):
    return torch.rand(n, 1, 1, dimension, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_the_ratio_decides():
    pool, samples = points(60, 0), points(2000, 1, 8) * 0.5
    samples[:60] = pool + 0.02
    rows = copied_image(samples.clamp(-1, 1), pool, neighbours=10, alpha=0.4)
    for sample, row in zip(samples.clamp(-1, 1), rows, strict=True):
        distance = (pool - sample).double().flatten(1).norm(dim=1).sort()
        copy = distance.values[0] <= 0.4 * distance.values[:10].mean()
        assert row == (distance.indices[0] if copy else -1)
    assert rows[:60].tolist() == list(range(60))
    assert (rows[60:] == -1).any()


def test_a_plain_image_that_is_near_to_many_is_no_copy():
    faint = points(60, 0)
    faint = 0.1 * faint / faint.norm(dim=3, keepdim=True)  # all of them as near to the blank one
    blank = torch.zeros(1, 1, 1, 8)
    assert copied_image(blank, faint).tolist() == [-1]
    assert copied_image(faint[:1], faint).tolist() == [0]


def test_of_a_planted_memoriser_nearly_all_come_out_and_of_images_that_it_never_saw_far_fewer():
    split = load_digits(members=60, held_out=60)
    samples = draw(EmpiricalDenoiser(split.members), 600, (1, 8, 8), 0)
    (few, many), (none,) = (
        extracted(copied_image(samples, images), stops)
        for images, stops in ((split.members, (60, 600)), (split.held_out, (600,)))
    )
    assert len(many) > 55
    assert len(few) < len(many)
    assert len(none) < len(many) / 2


def test_an_image_is_extracted_once_and_no_earlier_than_it_is_drawn():
    copied = torch.tensor([3, -1, 3, 0, -1, 7])
    assert [rows.tolist() for rows in extracted(copied, (0, 1, 3, 4, 6))] == [[], [3], [3], [0, 3], [0, 3, 7]]


def test_bad_input_is_refused():
    pool = points(60, 0)
    for settings, said in (
        ({"neighbours": 1}, "neighbours must be in .2, 60., got 1"),
        ({"neighbours": 61}, "neighbours must be in .2, 60., got 61"),
        ({"alpha": 0}, "alpha must be in .0, 1., got 0"),
        ({"alpha": 1.5}, "alpha must be in .0, 1., got 1.5"),
    ):
        with pytest.raises(ValueError, match=said):
            copied_image(pool, pool, **settings)
    with pytest.raises(ValueError, match="share a shape"):
        copied_image(points(3, 0, 5), pool)
    with pytest.raises(ValueError, match="samples"):
        copied_image(pool[:0], pool)
    with pytest.raises(ValueError, match="training_images"):
        copied_image(pool, pool * torch.nan)
    for stop in (-1, 4):
        with pytest.raises(ValueError, match=r"stops must be in \[0, 3\]"):
            extracted(torch.tensor([0, 1, 2]), [stop])
