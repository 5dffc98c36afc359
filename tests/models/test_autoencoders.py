"""Three families of autoencoders behind one description: shapes as promised, latents brought to unit variance."""

import json
from dataclasses import replace

import pytest
import torch

from helpers.models.autoencoders import (
    FAMILIES,
    AutoencoderRecipe,
    build_autoencoder,
    decode,
    encode_all,
    posterior,
    scaling_factor,
)

TINY = AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=2, latent_channels=3)
IMAGES = torch.rand(6, 1, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1


def weights(autoencoder):
    return torch.cat([p.detach().flatten() for p in autoencoder.parameters()])


@pytest.mark.parametrize(("channels", "side"), [((16, 32), 8), ((8, 16), 8), ((8, 8, 16), 4)])
@pytest.mark.parametrize("family", FAMILIES)
def test_latents_have_the_promised_shape_and_decode_to_images(family, channels, side):
    recipe = replace(TINY, family=family, channels=channels)
    autoencoder = build_autoencoder(recipe, (1, 16, 16))
    assert recipe.latent_shape(16) == (3, side, side)
    with torch.inference_mode():
        mean, spread = posterior(autoencoder, IMAGES)
        assert mean.shape == spread.shape == (6, 3, side, side)
        assert decode(autoencoder, mean).shape == IMAGES.shape


@pytest.mark.parametrize("family", FAMILIES)
def test_images_may_have_colours(family):
    autoencoder, images = build_autoencoder(replace(TINY, family=family), (3, 8, 8)), IMAGES[:, :, :8, :8].expand(-1, 3, -1, -1)
    with torch.inference_mode():
        assert decode(autoencoder, posterior(autoencoder, images)[0]).shape == (6, 3, 8, 8)


def test_only_the_variational_family_has_a_spread():
    for family in FAMILIES:
        _, spread = encode_all(build_autoencoder(replace(TINY, family=family), (1, 16, 16)), IMAGES)
        assert (spread > 0).all() if family == "kl" else (spread == 0).all()


@torch.inference_mode()
def test_mean_and_spread_are_those_of_the_posterior():
    autoencoder = build_autoencoder(TINY, (1, 16, 16))
    mean, logvar = autoencoder.encode(IMAGES).latent_dist.parameters.chunk(2, dim=1)
    assert torch.equal(posterior(autoencoder, IMAGES)[0], mean)
    assert torch.allclose(posterior(autoencoder, IMAGES)[1], logvar.exp().sqrt())


@pytest.mark.parametrize("family", FAMILIES)
def test_the_seed_decides_the_first_weights_and_nothing_else_changes(family):
    state = torch.get_rng_state()
    one, two, other = (weights(build_autoencoder(replace(TINY, family=family, seed=s), (1, 8, 8))) for s in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)


def test_encoding_in_batches_changes_nothing():
    autoencoder = build_autoencoder(TINY, (1, 16, 16))
    for whole, parts in zip(encode_all(autoencoder, IMAGES), encode_all(autoencoder, IMAGES, batch_size=4), strict=True):
        assert torch.allclose(whole, parts, atol=1e-5)


# The scaling factor


def test_the_scaling_factor_brings_latents_to_unit_variance():
    draw = torch.Generator().manual_seed(0)
    mean = 3 + 2 * torch.randn(4000, 2, 2, 2, generator=draw)
    spread = torch.full_like(mean, 1.5)
    latents = scaling_factor(mean, spread) * (mean + spread * torch.randn(mean.shape, generator=draw))
    assert latents.var().item() == pytest.approx(1, abs=0.02)
    assert scaling_factor(mean, torch.zeros_like(mean)) == pytest.approx(1 / mean.std().item())


def test_noise_counts_for_the_scale_even_where_the_means_are_all_the_same():
    assert scaling_factor(torch.ones(5, 1, 2, 2), torch.full((5, 1, 2, 2), 0.25)) == pytest.approx(4)


@pytest.mark.parametrize("value", [0.0, 0.7, torch.nan])
def test_latents_of_a_collapsed_autoencoder_are_refused(value):
    mean = torch.full((5, 1, 2, 2), value)
    with pytest.raises(ValueError, match=r"the latents do not vary \(standard deviation .*smaller beta"):
        scaling_factor(mean, torch.zeros_like(mean))


# Recipes


def test_a_weight_below_zero_is_refused():
    with pytest.raises(ValueError, match=r"beta and discriminator_weight must be at least 0, got -0\.1 and 0"):
        replace(TINY, beta=-0.1)
    with pytest.raises(ValueError, match=r"beta and discriminator_weight must be at least 0, got 0\.01 and -3"):
        replace(TINY, discriminator_weight=-3)
    assert replace(TINY, beta=0).beta == 0


@pytest.mark.parametrize("wrong", [{"family": "vae"}, {"discriminator": "patches"}, {"subset": "held_out"}])
def test_an_unknown_family_discriminator_or_subset_is_refused_with_those_there_are(wrong):
    [got] = wrong.values()
    message = rf"family must be one of \('kl', 'vq', 'tiny'\), discriminator of .*, subset of .*; got .*'{got}'"
    with pytest.raises(ValueError, match=message):
        replace(TINY, **wrong)


@pytest.mark.parametrize("change", [{"beta": 0.1}, {"steps": 7}, {"seed": 3}, {"channels": (8, 16)}, {"subset": "both"}])
def test_what_changes_the_weights_changes_recipe_and_trajectory(change):
    assert replace(TINY, **change).to_json() != TINY.to_json()
    assert replace(TINY, **change).trajectory() != TINY.trajectory()


def test_name_and_checkpoints_change_the_recipe_alone():
    for change in ({"name": "other"}, {"checkpoint_every": 1}):
        assert replace(TINY, **change).to_json() != TINY.to_json()
        assert replace(TINY, **change).trajectory() == TINY.trajectory()


def test_a_recipe_comes_back_from_its_text():
    stored = json.loads(TINY.to_json())
    assert AutoencoderRecipe(**stored | {"channels": tuple(stored["channels"])}) == TINY
