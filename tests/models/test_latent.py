"""A denoiser in latent space encodes as its autoencoder does, draws as it should, and refuses an autoencoder not its own."""

from dataclasses import replace

import pytest
import torch

from helpers.models.autoencoders import FAMILIES, AutoencoderRecipe, build_autoencoder, posterior
from helpers.models.denoisers import Denoiser, UNetDenoiser
from helpers.models.kept import Kept
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet

RECIPE = AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=2)
IMAGES = torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
SCALE = 0.7


def unet(shape=(4, 4, 4)):
    network = build_unet(Recipe("tiny", channels=(8, 8), norm_groups=2), shape)
    return UNetDenoiser(network.eval(), linear_scheduler())


def autoencoder(family="kl", factor=SCALE):
    network = build_autoencoder(replace(RECIPE, family=family), (1, 8, 8)).eval()
    network.register_to_config(scaling_factor=factor)
    return network


def latent(family="kl", **settings):
    return LatentDenoiser(autoencoder(family), unet(), SCALE, **settings)


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_what_is_encoded_and_decoded_is_the_autoencoders_own_reconstruction(family):
    denoiser = latent(family)
    mean, _ = posterior(denoiser.autoencoder, IMAGES)
    assert torch.allclose(denoiser.encode(IMAGES), SCALE * mean, atol=1e-6)
    assert torch.allclose(denoiser.decode(denoiser.encode(IMAGES)), denoiser.autoencoder.decode(mean).sample, atol=1e-5)


def test_it_is_a_denoiser_of_latents():
    denoiser = latent()
    z = torch.randn(5, 4, 4, 4, generator=torch.Generator().manual_seed(0))
    assert isinstance(denoiser, Denoiser)
    assert torch.equal(denoiser.alphas_cumprod, linear_scheduler().alphas_cumprod)
    assert torch.equal(denoiser.predict_noise(z, 50), denoiser.denoiser.predict_noise(z, 50))
    with pytest.raises(ValueError, match=r"x must have shape \(n, 4, 4, 4\), got \(5, 1, 8, 8\)"):
        denoiser.predict_noise(IMAGES, 50)


def test_gradients_pass_through_the_decoder():
    z = torch.zeros(1, 4, 4, 4, requires_grad=True)
    latent().decode(z).sum().backward()
    assert z.grad.abs().sum() > 0


# Samples of the posterior


@torch.inference_mode()
def test_the_draw_of_an_image_depends_on_neither_batch_nor_order():
    denoiser = latent(latents="sample")
    together = denoiser.encode(IMAGES)
    assert torch.allclose(torch.cat([denoiser.encode(IMAGES[i : i + 1]) for i in range(5)]), together, atol=1e-5)
    assert torch.allclose(denoiser.encode(IMAGES.flip(0)).flip(0), together, atol=1e-5)
    assert torch.equal(denoiser.encode(IMAGES), together)


@torch.inference_mode()
def test_images_and_seeds_meet_different_draws():
    mean, spread = posterior(autoencoder(), IMAGES)
    draws = torch.stack([(latent(latents="sample", seed=s).encode(IMAGES) / SCALE - mean) / spread for s in range(3)])
    assert torch.pdist(draws.flatten(0, 1).flatten(1)).min() > 1  # of 64 numbers, so that two draws lie about 11 apart


@torch.inference_mode()
def test_draws_are_standard_normal_around_the_mean():
    denoiser, mean = latent(latents="sample"), latent().encode(IMAGES)
    _, spread = posterior(denoiser.autoencoder, IMAGES)
    samples = []
    for seed in range(150):
        denoiser.seed = seed
        samples.append(denoiser.encode(IMAGES))
    draws = (torch.stack(samples) - mean) / (SCALE * spread)
    assert (draws.mean(0).abs() < 5 / 150**0.5).all()
    assert draws.std().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("family", ["vq", "tiny"])
@torch.inference_mode()
def test_a_family_without_spread_has_the_mean_for_a_sample(family):
    assert torch.equal(latent(family, latents="sample").encode(IMAGES), latent(family).encode(IMAGES))


# New images


def test_new_images_are_in_range_and_follow_the_generator():
    denoiser = latent()
    one, two, other = (denoiser.sample(3, torch.Generator().manual_seed(seed), steps=3) for seed in (0, 0, 1))
    assert one.shape == (3, 1, 8, 8)
    assert one.abs().max() <= 1
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_new_images_are_decoded_latents_that_nobody_clipped():
    denoiser = latent()
    with torch.inference_mode():
        z = denoiser.denoiser.generate(3, torch.Generator().manual_seed(0), steps=3)
        expected = denoiser.decode(z).clamp(-1, 1)
    assert z.abs().max() > 1
    assert torch.equal(denoiser.sample(3, torch.Generator().manual_seed(0), steps=3), expected)


# Errors


def test_another_number_of_latent_channels_is_refused():
    with pytest.raises(ValueError, match="4 latent channels and the denoiser expects 3; they were not trained together"):
        LatentDenoiser(autoencoder(), unet((3, 4, 4)), SCALE)


@pytest.mark.parametrize("own", [None, 1.0, 0.701])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_missing_or_other_scaling_factor_is_refused(family, own):
    with pytest.raises(ValueError, match=rf"latents times 0\.7, the autoencoder says {own}; set it with autoencoder\.register"):
        LatentDenoiser(autoencoder(family, own), unet(), SCALE)


def test_a_scaling_factor_that_differs_by_rounding_is_accepted():
    LatentDenoiser(autoencoder(factor=SCALE * (1 + 1e-6)), unet(), SCALE)


@pytest.mark.parametrize("latents", ["mode", "", None])
def test_latents_that_are_neither_mean_nor_sample_are_refused(latents):
    with pytest.raises(ValueError, match=f'latents must be "mean" or "sample", got {latents!r}'):
        latent(latents=latents)


def test_bad_images_are_refused():
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        latent().encode(IMAGES + 3)


def test_images_whose_latents_have_another_size_are_refused():
    with pytest.raises(ValueError, match=r"images of 16.* pixels have latents of 8.*, the denoiser expects 4.*; resize them"):
        latent().encode(torch.zeros(1, 1, 16, 16))


def test_images_that_are_not_square_are_refused():
    with pytest.raises(ValueError, match="the denoiser expects 4"):
        latent().encode(torch.zeros(1, 1, 16, 8))


# What was encoded before


@pytest.mark.parametrize("latents", ["mean", "sample"])
@torch.inference_mode()
def test_images_that_were_encoded_before_are_not_encoded_again(latents):
    asked, plain = [], latent(latents=latents)
    denoiser = latent(latents=latents, kept=Kept())
    encode = denoiser.autoencoder.encode
    denoiser.autoencoder.encode = lambda x: (asked.append(len(x)), encode(x))[1]
    assert torch.allclose(denoiser.encode(IMAGES[:3]), plain.encode(IMAGES[:3]), atol=1e-6)
    assert torch.allclose(denoiser.encode(IMAGES.flip(0)), plain.encode(IMAGES.flip(0)), atol=1e-5)
    assert torch.allclose(replace(denoiser, seed=0).encode(IMAGES), plain.encode(IMAGES), atol=1e-5)
    assert asked == [3, 2]


@torch.inference_mode()
def test_another_seed_draws_anew():
    denoiser = latent(latents="sample", kept=Kept())
    first = denoiser.encode(IMAGES)
    assert not torch.equal(replace(denoiser, seed=1).encode(IMAGES), first)
    assert torch.equal(denoiser.encode(IMAGES), first)


def test_gradients_reach_images_whose_latents_are_kept():
    denoiser = latent(kept=Kept())
    with torch.no_grad():
        denoiser.encode(IMAGES)
    images = IMAGES.clone().requires_grad_()
    denoiser.encode(images).sum().backward()
    assert images.grad.abs().sum() > 0
