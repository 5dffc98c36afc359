"""A discriminator judges images, pays the hinge loss, and is found out when it is of no use any more."""

import pytest
import torch

from helpers.training.discriminator import WINDOW, build_discriminator, collapse, hinge_loss


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 16, 16), (3, 32, 32)])
def test_one_architecture_judges_patches_and_the_other_the_whole_image(shape):
    images = torch.zeros(5, *shape)
    assert build_discriminator("patch", shape, 0)(images).shape == (5, 1, shape[-1] // 2, shape[-1] // 2)
    assert build_discriminator("image", shape, 0)(images).shape == (5, 1, 1, 1)


def test_a_patch_is_judged_by_itself():
    images = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    changed = images.clone()
    changed[..., :4, :4] = 1
    with torch.inference_mode():
        for architecture, moved in (("patch", False), ("image", True)):
            critic = build_discriminator(architecture, (1, 16, 16), 0)
            verdicts, others = critic(images)[..., -1, -1], critic(changed)[..., -1, -1]
            assert (verdicts != others).any() == moved


def test_the_seed_decides_the_first_weights_and_nothing_else_changes():
    state = torch.get_rng_state()
    one, two, other = (build_discriminator("patch", (1, 8, 8), seed)[0].weight for seed in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("architecture", ["", "patches"])
def test_an_unknown_architecture_is_refused(architecture):
    with pytest.raises(ValueError, match=f'architecture must be "patch" or "image", got \'{architecture}\''):
        build_discriminator(architecture, (1, 8, 8), 0)


@pytest.mark.parametrize(
    ("real", "fake", "loss"),
    [
        ([0.0], [0.0], 2),  # says nothing
        ([1.0, 5.0], [-1.0, -9.0], 0),  # always knows
        ([-1.0], [1.0], 4),  # always errs
        ([0.5, 2.0], [0.0, -3.0], 0.25 + 0.5),
    ],
)
def test_the_hinge_loss_is_that_of_the_equation(real, fake, loss):
    assert hinge_loss(torch.tensor(real), torch.tensor(fake)).item() == pytest.approx(loss)


# Collapse


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_is_a_collapse_at_once(loss):
    assert collapse([loss], [0.3]) == "the discriminator's loss is not finite"


def test_a_discriminator_that_knows_every_image_has_collapsed():
    assert collapse([0.01] * WINDOW, [2.0] * WINDOW).startswith("the discriminator knows every image (mean hinge loss 0.01)")


def test_a_discriminator_that_tells_nothing_apart_has_collapsed():
    assert collapse([2.0] * WINDOW, [5e-4] * WINDOW).startswith("the discriminator tells nothing apart (largest gap 0.0005 in")


def test_one_gap_is_enough_to_go_on_in_either_direction():
    for gap in (0.1, -0.1):
        assert collapse([2.0] * WINDOW, [0.0] * (WINDOW - 1) + [gap]) == ""


def test_neither_is_judged_before_the_window_is_full_or_by_what_lies_before_it():
    assert collapse([], []) == ""
    assert collapse([0.0] * (WINDOW - 1), [0.0] * (WINDOW - 1)) == ""
    assert collapse([0.0] * WINDOW + [1.5] * WINDOW, [0.0] * WINDOW + [0.2] * WINDOW) == ""
    assert collapse([1.5] * WINDOW + [0.0] * WINDOW, [0.2] * WINDOW + [2.0] * WINDOW) != ""


def test_the_window_is_as_long_as_it_is_asked_for():
    assert collapse([0.0] * 2, [2.0] * 2, window=2) != ""
    assert collapse([0.0], [2.0], window=2) == ""
