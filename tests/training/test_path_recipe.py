"""Times have the densities that they promise, both paths mix image and noise as they should, and both networks answer."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from scipy import stats

from helpers.models.flow import sigma_of
from helpers.models.schedule import linear_scheduler
from helpers.training.denoiser import train_denoiser
from helpers.training.path_recipe import PathRecipe, PlainDiT, build_network, draw_sigmas, on_the_path

SCHEDULER = linear_scheduler()
ALPHAS = SCHEDULER.alphas_cumprod


def drawn(times, n=20_000):
    return draw_sigmas(times, n, torch.Generator().manual_seed(0), ALPHAS).double().numpy()


class OnACard(torch.Tensor):
    """A tensor with which nothing can be done but count it and bring it back."""

    def cpu(self):
        with torch._C.DisableTorchFunctionSubclass():
            return self.as_subclass(torch.Tensor)

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        assert function is torch.Tensor.__len__, f"{function} of a tensor that lies on a card"
        with torch._C.DisableTorchFunctionSubclass():
            return function(*args)


@pytest.mark.parametrize("times", ["timesteps", "uniform", "logit-normal", "u-shaped"])
def test_places_are_drawn_on_the_processor_wherever_the_table_lies(times):
    there = draw_sigmas(times, 8, torch.Generator().manual_seed(0), ALPHAS.as_subclass(OnACard))
    assert type(there) is torch.Tensor
    assert torch.equal(there, draw_sigmas(times, 8, torch.Generator().manual_seed(0), ALPHAS))


def on(recipe, path="flow", **more):
    return PathRecipe(**asdict(recipe), path=path, **more)


def u_shaped(sigma):
    """The distribution function of a density proportional to exp(-10 min(σ, 1 - σ))."""
    half = (1 - np.exp(-10 * np.minimum(sigma, 1 - sigma))) / (1 - np.exp(-5)) / 2
    return np.where(sigma < 0.5, half, 1 - half)


@pytest.mark.parametrize(
    ("times", "distribution"),
    [
        ("uniform", stats.uniform.cdf),
        ("logit-normal", lambda s: stats.norm.cdf(np.log(s / (1 - s)))),
        ("u-shaped", u_shaped),
    ],
)
def test_times_have_their_density(times, distribution):
    assert stats.kstest(drawn(times), distribution).pvalue > 0.01
    assert 0 < drawn(times).min() < drawn(times).max() < 1


def test_timesteps_are_those_of_a_ddpm_all_alike():
    found = np.searchsorted(sigma_of(ALPHAS).float().double().numpy(), drawn("timesteps"))
    assert stats.kstest(found / 1000, "uniform").pvalue > 0.01


def test_both_paths_mix_image_and_noise_in_the_same_share():
    clean, noise = torch.randn(2, 6, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    sigma = sigma_of(ALPHAS)[torch.tensor([0, 20, 60, 259, 700, 999])].float()
    y, time, velocity = on_the_path("flow", clean, noise, sigma, SCHEDULER)
    x, timestep, predicted = on_the_path("ddpm", clean, noise, sigma, SCHEDULER)
    norm = ((1 - sigma).square() + sigma.square()).sqrt()[:, None, None, None]
    assert torch.allclose(y, norm * x, atol=1e-6)
    assert timestep.tolist() == [0, 20, 60, 259, 700, 999]
    assert torch.allclose(time, 1000 * sigma)
    assert torch.equal(velocity, noise - clean)
    assert torch.equal(predicted, noise)


@pytest.mark.parametrize("network", ["unet", "dit"])
@pytest.mark.parametrize("path", ["ddpm", "flow"])
def test_training_repeats_itself_and_its_denoiser_answers(tiny_recipe, tiny_images, path, network):
    recipe = on(tiny_recipe, path, network=network)
    first, second = (train_denoiser(recipe, tiny_images, progress=False) for _ in range(2))
    assert first.losses == second.losses
    assert len(set(first.losses)) == recipe.steps
    with torch.inference_mode():
        noise = first.denoiser.predict_noise(tiny_images, 50)
    assert noise.shape == tiny_images.shape
    assert torch.allclose(first.denoiser.alphas_cumprod, ALPHAS.double(), rtol=1e-6)


def test_a_ddpm_at_its_own_timesteps_is_that_of_a_plain_recipe(tiny_recipe, tiny_images):
    plain = train_denoiser(tiny_recipe, tiny_images, progress=False)
    same = train_denoiser(on(tiny_recipe, "ddpm", times="timesteps"), tiny_images, progress=False)
    assert same.losses == pytest.approx(plain.losses)
    other = train_denoiser(on(tiny_recipe, "ddpm", times="uniform"), tiny_images, progress=False)
    assert other.losses != pytest.approx(plain.losses)


def test_an_interrupted_run_ends_with_the_same_weights(tiny_recipe, tiny_images, tmp_path):
    recipe = on(tiny_recipe)
    whole = train_denoiser(recipe, tiny_images, progress=False)
    train_denoiser(replace(recipe, steps=4), tiny_images, tmp_path, progress=False)
    resumed = train_denoiser(recipe, tiny_images, tmp_path, progress=False)
    assert resumed.losses == whole.losses
    for a, b in zip(whole.denoiser.unet.parameters(), resumed.denoiser.unet.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_seed_decides_the_first_weights_of_both_networks():
    for network in ("unet", "dit"):
        recipe = PathRecipe("x", channels=(8, 8), norm_groups=2, network=network)
        first, same, other = (build_network(r, (1, 8, 8)) for r in (recipe, recipe, replace(recipe, seed=1)))
        a, b, c = (torch.cat([p.detach().flatten() for p in n.parameters()]) for n in (first, same, other))
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_a_dit_leaves_no_class_out_while_it_trains():
    network = PlainDiT((1, 8, 8)).train()
    x, time = torch.randn(3, 1, 8, 8), torch.tensor([100.0])
    assert torch.equal(network(x, time).sample, network(x, time.expand(3)).sample)


@pytest.mark.parametrize(("wrong", "message"), [("path", "ddpm, flow"), ("times", "u-shaped"), ("network", "unet, dit")])
def test_an_unknown_choice_is_refused(wrong, message):
    with pytest.raises(ValueError, match=f"{wrong} must be one of .*{message}.*, got 'spiral'"):
        PathRecipe("x", **{wrong: "spiral"})


@pytest.mark.parametrize("shape", [(1, 8, 6), (1, 7, 7)])
def test_a_dit_refuses_images_that_it_cannot_cut_into_patches(shape):
    with pytest.raises(ValueError, match="square images of an even size"):
        PlainDiT(shape)
