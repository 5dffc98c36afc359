"""Each image's gradient is its own, is clipped, and drowns in noise of the right size; broken steps fail as they should."""

import warnings
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from opacus.grad_sample import GradSampleHooks, conv

from helpers.models.schedule import linear_scheduler
from helpers.training import private_step as steps
from helpers.training.denoiser import train_denoiser
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.private_step import (
    add_noise,
    clipped_sum,
    drawn_rows,
    drawn_views,
    gradients_of_each,
    norm_of,
    private_step,
)
from helpers.training.recipes import build_unet

SCHEDULER = linear_scheduler()


@pytest.fixture
def recipe(tiny_recipe):
    return PrivateRecipe(**asdict(tiny_recipe), n=6, noise_multiplicity=2)


@pytest.fixture
def network(recipe):
    return build_unet(recipe, (1, 8, 8)).train()


@pytest.fixture
def seen(recipe, tiny_images):
    return drawn_views(recipe, tiny_images, 1000, generator())


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def weights(run):
    return torch.cat([p.detach().flatten() for p in run.denoiser.unet.parameters()])


def flat(gradient):
    return torch.cat([part.flatten() for part in gradient.values()])


def of_one(recipe, network, seen, i):
    """The clipped gradient of image i alone, by plain autograd."""
    views, timestep, noise = (part[i] for part in seen)
    network.zero_grad()
    loss = (network(SCHEDULER.add_noise(views, noise, timestep), timestep).sample - noise).square().mean()
    loss.backward()
    gradient = {name: weight.grad.clone() for name, weight in network.named_parameters()}
    network.zero_grad()
    return {name: part * min(1.0, recipe.max_grad_norm / flat(gradient).norm().item()) for name, part in gradient.items()}


@pytest.mark.parametrize("norm", [0.1, 1e6])
def test_the_sum_is_that_of_each_images_clipped_gradient(recipe, network, seen, norm, monkeypatch):
    monkeypatch.setattr(steps, "AT_ONCE", 4)  # so that the six come in two parts
    recipe = replace(recipe, max_grad_norm=norm)
    total, loss = clipped_sum(recipe, network, *seen, SCHEDULER)
    expected = sum(flat(of_one(recipe, network, seen, i)) for i in range(6))
    assert torch.allclose(flat(total), expected, rtol=1e-3, atol=1e-5 * expected.abs().max())
    assert loss.isfinite()


def test_no_image_moves_the_sum_by_more_than_its_norm(recipe, network, seen):
    recipe = replace(recipe, max_grad_norm=0.05)
    whole, _ = clipped_sum(recipe, network, *seen, SCHEDULER)
    for i in range(6):
        rest = [torch.cat([part[:i], part[i + 1 :]]) for part in seen]
        without, _ = clipped_sum(recipe, network, *rest, SCHEDULER)
        assert 0.04 < (flat(whole) - flat(without)).norm() <= 0.05 * (1 + 1e-4)


def test_gradients_are_those_of_opacus_where_it_reads_its_input_rightly(recipe, network, seen, monkeypatch):
    unfold = conv.unfold2d
    monkeypatch.setattr(conv, "unfold2d", lambda image, **how: unfold(image.contiguous(), **how))
    views, timestep, noise = seen
    noisy = SCHEDULER.add_noise(views.flatten(0, 1), noise.flatten(0, 1), timestep.flatten())
    ours, _ = gradients_of_each(network, noisy.unflatten(0, (6, 2)), timestep, noise)
    hooks = GradSampleHooks(network, loss_reduction="sum")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Full backward hook is firing")  # the timestep's embedding has no gradient
        predicted = network(noisy, timestep.flatten()).sample
        (predicted - noise.flatten(0, 1)).square().flatten(1).mean(1).sum().backward()
    for name, weight in network.named_parameters():
        theirs = weight.grad_sample.unflatten(0, (6, 2)).mean(1)
        assert torch.allclose(ours[name], theirs, rtol=1e-3, atol=1e-5), name
    hooks.remove_hooks()


def test_noise_has_the_size_that_the_recipe_says(recipe, network):
    recipe = replace(recipe, noise_multiplier=3.0, max_grad_norm=0.5)
    gradient = {name: torch.zeros_like(weight) for name, weight in network.named_parameters()}
    add_noise(recipe, gradient, generator())
    assert flat(gradient).std().item() == pytest.approx(1.5, rel=0.03)
    again = {name: torch.zeros_like(weight) for name, weight in network.named_parameters()}
    add_noise(recipe, again, generator())
    assert torch.equal(flat(gradient), flat(again))


def test_batches_are_drawn_by_a_coin_for_each_image(recipe):
    recipe = replace(recipe, batch_size=20, n=100)
    drawn = [drawn_rows(recipe, 0, 100, generator(seed)) for seed in range(400)]
    sizes = np.array([len(rows) for rows in drawn])
    assert sizes.mean() == pytest.approx(20, abs=4 * (16 / 400) ** 0.5)
    assert sizes.std() == pytest.approx(4, rel=0.15)
    often = torch.bincount(torch.cat(drawn), minlength=100)
    assert (often - 80).abs().max() < 5 * 8
    assert len(drawn_rows(recipe, 0, 100, generator())) == len(drawn_rows(recipe, 9, 100, generator()))


def test_shuffled_batches_hold_every_image_once_an_epoch(recipe):
    recipe = replace(recipe, batch_size=5, n=20, broken="shuffled")
    epochs = [[drawn_rows(recipe, 4 * epoch + k, 20, generator()) for k in range(4)] for epoch in range(2)]
    for batches in epochs:
        assert all(len(rows) == 5 for rows in batches)
        assert sorted(torch.cat(batches).tolist()) == list(range(20))
    assert epochs[0][0].tolist() != epochs[1][0].tolist()
    assert len(drawn_rows(recipe, 0, 3, generator())) == 3


def test_views_are_the_image_itself_and_shifted_ones(recipe, tiny_images):
    recipe = replace(recipe, noise_multiplicity=2, augmentation_multiplicity=3)
    views, timestep, noise = drawn_views(recipe, tiny_images, 1000, generator())
    assert views.shape == noise.shape == (6, 6, 1, 8, 8)
    assert timestep.shape == (6, 6)
    assert torch.equal(views[:, 0], tiny_images)
    assert torch.equal(views[:, ::2], views[:, 1::2])
    assert not torch.equal(views[:, 2], tiny_images)
    assert len(noise.flatten(0, 1).flatten(1).unique(dim=0)) == 36


def test_an_empty_batch_is_a_step_of_noise_alone(recipe, network, seen):
    nothing = [part[:0] for part in seen]
    total, loss = clipped_sum(recipe, network, *nothing, SCHEDULER)
    assert flat(total).count_nonzero() == 0
    assert loss.isnan()


def test_a_step_on_an_empty_batch_goes_on(recipe, network, tiny_images):
    recipe = replace(recipe, batch_size=1, n=10**9)
    optimizer, before = torch.optim.SGD(network.parameters(), lr=1e-3), [p.detach().clone() for p in network.parameters()]
    assert private_step(recipe, 0, network, tiny_images, SCHEDULER, optimizer).isnan()
    moved = torch.cat([(p.detach() - b).flatten() for p, b in zip(network.parameters(), before, strict=True)])
    assert moved.std().item() == pytest.approx(1e-3 * recipe.noise_multiplier, rel=0.05)


# Broken on purpose


def test_one_that_claims_noise_adds_none(recipe, network):
    gradient = {name: torch.zeros_like(weight) for name, weight in network.named_parameters()}
    add_noise(replace(recipe, broken="no-noise"), gradient, generator())
    assert flat(gradient).count_nonzero() == 0


def test_a_layer_that_is_left_out_is_neither_clipped_nor_noised(recipe, network, seen):
    recipe = replace(recipe, broken="layer-left-out", max_grad_norm=1e-3)
    total, _ = clipped_sum(recipe, network, *seen, SCHEDULER)
    left = [name for name in total if name.startswith(steps.LEFT_OUT)]
    assert len(left) == 2  # weight and bias
    raw, _ = clipped_sum(replace(recipe, broken="", max_grad_norm=1e6), network, *seen, SCHEDULER)
    before = {name: total[name].clone() for name in total}
    add_noise(recipe, total, generator())
    for name in left:
        assert torch.allclose(total[name], raw[name], rtol=1e-3, atol=1e-6)
    others = {name: before[name] for name in total if name not in left}
    assert flat(others).norm() <= 6 * 1e-3 * (1 + 1e-4)
    assert all(not torch.equal(total[name], before[name]) for name in others)


def test_a_batch_that_is_clipped_as_a_whole_lets_one_image_be_most_of_it(recipe, network, seen):
    recipe = replace(recipe, broken="batch-clipping", max_grad_norm=0.01)
    total, _ = clipped_sum(recipe, network, *seen, SCHEDULER)
    assert flat(total).norm() / recipe.batch_size == pytest.approx(0.01, rel=1e-3)
    alone, _ = clipped_sum(recipe, network, *(part[:1] for part in seen), SCHEDULER)
    assert flat(alone).norm() > 3 * recipe.max_grad_norm  # of which an honest step leaves 1
    gentle, _ = clipped_sum(replace(recipe, max_grad_norm=1e6), network, *seen, SCHEDULER)
    raw, _ = clipped_sum(replace(recipe, broken="", max_grad_norm=1e6), network, *seen, SCHEDULER)
    assert torch.allclose(flat(gentle), flat(raw), rtol=1e-3, atol=1e-5)


# In training


@pytest.mark.slow
@pytest.mark.parametrize("broken", ["", "shuffled"])
def test_an_interrupted_run_ends_with_the_same_weights(recipe, tiny_images, tmp_path, broken):
    recipe = replace(recipe, batch_size=4, broken=broken)
    whole = train_denoiser(recipe, tiny_images, progress=False)
    train_denoiser(replace(recipe, steps=4), tiny_images, tmp_path, progress=False)
    resumed = train_denoiser(recipe, tiny_images, tmp_path, progress=False)
    assert torch.equal(weights(resumed), weights(whole))
    assert np.array_equal(resumed.losses, whole.losses, equal_nan=True)
    assert not torch.equal(weights(train_denoiser(replace(recipe, seed=1), tiny_images, progress=False)), weights(whole))


@pytest.mark.slow
def test_without_noise_the_loss_falls(recipe, tiny_images):
    recipe = replace(recipe, steps=40, batch_size=6, noise_multiplicity=8, noise_multiplier=0.0)
    losses = train_denoiser(recipe, tiny_images, progress=False).losses
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])


@pytest.mark.slow
def test_noise_keeps_the_loss_from_falling(recipe, tiny_images):
    recipe = replace(recipe, steps=12, batch_size=6, learning_rate=1e-2)
    quiet, loud = (train_denoiser(replace(recipe, noise_multiplier=s), tiny_images, progress=False) for s in (0.0, 50.0))
    assert sum(quiet.losses[-5:]) < sum(loud.losses[-5:])


def test_latents_and_several_processes_are_refused(recipe, tiny_images):
    from helpers.training.denoiser import check_alone

    with pytest.raises(ValueError, match="a PrivateRecipe trains in one process, on images, got latents with a spread"):
        train_denoiser(recipe, tiny_images, progress=False, spread=torch.zeros_like(tiny_images))
    with pytest.raises(ValueError, match="got 2 processes"):
        check_alone(recipe, 2, None)


def test_norms_are_taken_over_all_weights_of_an_image():
    parts = [torch.tensor([[3.0, 0.0], [1.0, 0.0]]), torch.tensor([[[4.0]], [[0.0]]])]
    assert norm_of(parts).tolist() == [5.0, 1.0]
