"""Relative to its base a fine-tuned model tells members better, where images differ in difficulty."""

import copy

import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from sklearn.metrics import roc_auc_score

from helpers.attacks import RelativeToBase, SimA, relative_scores
from helpers.data.catalogue import load_digits
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import UNetDenoiser
from helpers.models.schedule import add_noise, linear_scheduler


def test_scores_of_errors_are_compared_by_their_ratio():
    scores, base = np.array([-1.0, -4.0]), np.array([-2.0, -4.0])
    assert relative_scores(scores, base) == pytest.approx([np.log(2), 0])
    assert relative_scores(-base, -scores) == pytest.approx([np.log(2), 0])


def test_scores_of_both_signs_are_compared_by_their_difference():
    assert relative_scores(np.array([[1.0, -2.0]]), np.array([[0.5, -2.0]])).tolist() == [[0.5, 0.0]]


def test_another_number_of_scores_is_refused():
    with pytest.raises(ValueError, match=r"as many scores of the base as of the model, got \(2,\) and \(3,\)"):
        relative_scores(np.zeros(3), np.zeros(2))


def test_a_base_that_knows_nothing_of_members_shows_who_was_added():
    """Both models are closed forms: the base of the public digits, the fine-tune of public digits and members."""
    split = load_digits(members=50, held_out=50)
    public = split.auxiliary[:200]
    base, tuned = EmpiricalDenoiser(public), EmpiricalDenoiser(torch.cat([public, split.members]))
    attack = RelativeToBase(base, SimA(timestep=30, p=2))
    members, held_out = (attack.score(tuned, part) for part in (split.members, split.held_out))
    assert members.min() > held_out.max()
    assert attack.score(base, split.members).abs().max() == 0
    assert attack.queries == 2


def trained(network, images, steps):
    """A copy of a network, trained for so many steps more on these images."""
    network, scheduler = copy.deepcopy(network), linear_scheduler()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        x = images[torch.randint(len(images), (64,), generator=generator)]
        t, noise = torch.randint(0, 300, (64,), generator=generator), torch.randn(x.shape, generator=generator)
        loss = (network(add_noise(x, noise, t, scheduler.alphas_cumprod), t).sample - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


@pytest.mark.slow
def test_the_difficulty_of_an_image_cancels():
    torch.manual_seed(0)
    blocks = {"down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",), "norm_num_groups": 8}
    network = UNet2DModel(8, 1, 1, layers_per_block=1, block_out_channels=(16,), **blocks)
    smooth = torch.nn.functional.interpolate(torch.randn(192, 1, 2, 2), size=8, mode="bilinear") / 2
    # The more grain, the harder: it is taken for the noise that the model is asked for.
    images = (smooth + 0.6 * torch.rand(192, 1, 1, 1) * torch.randn(192, 1, 8, 8)).clamp(-1, 1)
    public, members, held_out = images[:96], images[96:128], images[128:]
    base = trained(network, public, 150)
    asked, every = SimA(timestep=150), torch.cat([members, held_out])
    before, after = (
        asked.score(UNetDenoiser(model, linear_scheduler()), every).numpy() for model in (base, trained(base, members, 100))
    )
    labels = [1] * len(members) + [0] * len(held_out)
    assert roc_auc_score(labels, relative_scores(after, before)) > roc_auc_score(labels, after) + 0.05
