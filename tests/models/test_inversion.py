"""Inversion finds what is known of a linear decoder, and never does worse than where it started."""

import math
from types import SimpleNamespace

import pytest
import torch

from helpers.models.autoencoders import FAMILIES, AutoencoderRecipe, build_autoencoder
from helpers.models.denoisers import UNetDenoiser
from helpers.models.inversion import Inversions, invert
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet

UNET = UNetDenoiser(build_unet(Recipe("tiny", channels=(8, 8), norm_groups=2), (2, 2, 2)).eval(), linear_scheduler())
# Of moderate condition, so that Adam gets there in a few hundred steps.
MATRIX = torch.linalg.qr(torch.randn(16, 8, generator=torch.Generator().manual_seed(0)))[0] * torch.linspace(0.1, 0.2, 8)
TRUE = torch.randn(5, 2, 2, 2, generator=torch.Generator().manual_seed(1))


class Linear(torch.nn.Module):
    """An autoencoder whose decoder is a matrix, and whose encoder is wrong by a constant."""

    def __init__(self, matrix=MATRIX, shift=0.5):
        super().__init__()
        self.config = SimpleNamespace(latent_channels=2, scaling_factor=1.0)
        self.device = torch.device("cpu")
        self.matrix, self.shift = torch.nn.Parameter(matrix.clone()), shift
        self.images = 0

    def encode(self, images):
        latents = images.flatten(1) @ torch.linalg.pinv(self.matrix).T + self.shift
        return SimpleNamespace(latents=latents.reshape(-1, 2, 2, 2))

    def decode(self, z):
        self.images += len(z)
        return SimpleNamespace(sample=(z.flatten(1) @ self.matrix.T).reshape(-1, 1, 4, 4))


def linear_denoiser(**settings):
    return LatentDenoiser(Linear(**settings), UNET, 1.0)


DENOISER = linear_denoiser()
IMAGES = DENOISER.decode(TRUE).detach()


def network(family="kl"):
    recipe = AutoencoderRecipe("tiny", family=family, channels=(8, 8), norm_groups=2, latent_channels=2)
    unet = build_unet(Recipe("tiny", channels=(8, 8), norm_groups=2), (2, 4, 4)).eval()
    autoencoder = build_autoencoder(recipe, (1, 8, 8)).eval()
    autoencoder.register_to_config(scaling_factor=0.5)
    return LatentDenoiser(autoencoder, UNetDenoiser(unet, linear_scheduler()), 0.5)


def quiet(denoiser, images, **settings):
    return invert(denoiser, images, progress=False, **settings)


def loss(denoiser, images, z, prior):
    with torch.no_grad():
        return (denoiser.decode(z) - images).square().flatten(1).mean(1) + prior * z.square().flatten(1).mean(1)


# What is known


@pytest.mark.parametrize("encoder_start", [True, False])
def test_a_linear_decoder_without_a_prior_gives_its_latent_back(encoder_start):
    found = quiet(DENOISER, IMAGES, prior=0, steps=300, encoder_start=encoder_start)
    assert torch.allclose(found.latents, TRUE, atol=0.01)
    assert found.error.max() < 1e-6


@pytest.mark.parametrize("prior", [1e-3, 1e-2])
def test_a_linear_decoder_with_a_prior_gives_the_ridge_solution(prior):
    # The gradient of ||A z - x||² / 16 + λ ||z||² / 8 is zero where (AᵀA + 2 λ) z = Aᵀ x.
    ridge = torch.linalg.solve(MATRIX.T @ MATRIX + 2 * prior * torch.eye(8), MATRIX.T @ IMAGES.flatten(1).T).T
    found = quiet(DENOISER, IMAGES, prior=prior, steps=300)
    assert torch.allclose(found.latents.flatten(1), ridge, atol=0.01)
    assert (found.latents.flatten(1).norm(dim=1) < TRUE.flatten(1).norm(dim=1)).all()


def test_the_error_is_that_of_the_latents_without_the_prior():
    found = quiet(DENOISER, IMAGES, prior=0.1, steps=20)
    assert torch.allclose(found.error, loss(DENOISER, IMAGES, found.latents, 0))
    assert found.start.shape == (5,)


def test_the_prior_takes_over_where_the_decoder_says_nothing():
    denoiser = linear_denoiser(matrix=MATRIX * (torch.arange(8) < 6))
    found = quiet(denoiser, denoiser.decode(TRUE).detach(), prior=1e-3, steps=300, encoder_start=False)
    assert found.latents.flatten(1)[:, 6:].abs().max() < 0.02


# Starts


def test_no_start_ends_worse_than_it_began_even_when_the_steps_overshoot():
    denoiser, images = network(), torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    for learning_rate in (0.05, 50):
        found = quiet(denoiser, images, starts=1, steps=3, learning_rate=learning_rate)
        assert (loss(denoiser, images, found.latents, 1e-3) <= loss(denoiser, images, denoiser.encode(images), 1e-3) + 1e-6).all()


@pytest.mark.slow
def test_more_starts_and_more_steps_do_no_harm():
    denoiser, images = network(), torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    one, three, longer = (
        loss(denoiser, images, quiet(denoiser, images, starts=starts, steps=steps).latents, 1e-3)
        for starts, steps in ((1, 10), (3, 10), (3, 60))
    )
    assert (three <= one + 1e-6).all()
    assert longer.mean() < three.mean()


def test_each_image_keeps_its_own_best_start():
    images = DENOISER.decode(torch.randn(40, 2, 2, 2, generator=torch.Generator().manual_seed(2))).detach()
    generator = torch.Generator().manual_seed(0)
    starts = torch.stack([torch.randn(2, 2, 2, generator=generator) for _ in range(3)])
    nearest = torch.cdist(DENOISER.decode(starts).detach().flatten(1), images.flatten(1)).argmin(0)
    found = quiet(DENOISER, images, steps=1, learning_rate=1e-6, prior=0, encoder_start=False)
    assert len(nearest.unique()) == 3
    assert torch.equal(found.start, nearest)
    assert torch.allclose(found.latents, starts[nearest], atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_autoencoders_can_be_inverted(family):
    denoiser, images = network(family), torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    found = quiet(denoiser, images, starts=2, steps=5)
    assert found.latents.shape == (2, 2, 4, 4)
    assert torch.isfinite(found.latents).all()


# Determinism


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_the_batch_size_changes_nothing(batch_size):
    denoiser, images = network(), torch.rand(5, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    whole, cut = quiet(denoiser, images, steps=10), quiet(denoiser, images, steps=10, batch_size=batch_size)
    assert torch.allclose(whole.latents, cut.latents, atol=1e-2)
    assert torch.equal(whole.start, cut.start)


def test_the_seed_decides_the_random_starts_and_the_place_of_an_image_nothing():
    first, again, other = (quiet(DENOISER, IMAGES, steps=5, encoder_start=False, seed=seed) for seed in (0, 0, 1))
    turned = quiet(DENOISER, IMAGES.flip(0), steps=5, encoder_start=False)
    assert torch.equal(first.latents, again.latents)
    assert not torch.allclose(first.latents, other.latents, atol=1e-2)
    assert torch.allclose(turned.latents.flip(0), first.latents, atol=1e-5)


def test_it_works_in_inference_mode_and_leaves_weights_and_the_global_generator_alone():
    denoiser, state = network(), torch.get_rng_state()
    images = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        inside = quiet(denoiser, 1.0 * images, steps=3)
    outside = quiet(denoiser, images, steps=3)
    assert torch.equal(inside.latents, outside.latents)
    assert not outside.latents.requires_grad
    assert all(p.grad is None for p in denoiser.autoencoder.parameters())
    assert torch.equal(torch.get_rng_state(), state)


def test_a_bar_counts_the_steps_unless_it_is_switched_off(capsys):
    invert(DENOISER, IMAGES, starts=2, steps=5, batch_size=2)
    assert "30" in capsys.readouterr().err
    quiet(DENOISER, IMAGES, starts=2, steps=5)
    assert capsys.readouterr().err == ""


# Memory


def test_what_was_inverted_is_not_inverted_again():
    denoiser, known = linear_denoiser(), Inversions(progress=False)
    first = known.latents(denoiser, IMAGES[:3], steps=5)
    asked = denoiser.autoencoder.images
    assert torch.equal(known.latents(denoiser, IMAGES[[2, 0, 0]], steps=5), first[[2, 0, 0]])
    assert denoiser.autoencoder.images == asked
    known.latents(denoiser, IMAGES, steps=5)
    assert denoiser.autoencoder.images - asked == 2 * 3 * 6  # two new images, three starts, five steps and a last look
    assert repr(known) == "Inversions(5 latents)"


def test_what_is_remembered_is_what_would_be_found_anew():
    known = Inversions(progress=False)
    known.latents(DENOISER, IMAGES[2:4], steps=5)
    assert torch.allclose(known.latents(DENOISER, IMAGES, steps=5), quiet(DENOISER, IMAGES, steps=5).latents, atol=1e-5)


def test_another_denoiser_and_another_setting_are_remembered_apart():
    known, other = Inversions(progress=False), linear_denoiser(matrix=2 * MATRIX)
    plain = known.latents(DENOISER, IMAGES, steps=50)
    assert not torch.allclose(known.latents(other, IMAGES, steps=50), plain, atol=0.1)
    assert not torch.allclose(known.latents(DENOISER, IMAGES, steps=50, prior=0.1), plain, atol=0.1)


# Errors


@pytest.mark.parametrize("argument", ["starts", "steps", "batch_size"])
def test_counts_below_one_are_refused(argument):
    for number in (0, -2):
        with pytest.raises(ValueError, match=f"{argument} must be at least 1, got {number}"):
            quiet(DENOISER, IMAGES, **{argument: number})


@pytest.mark.parametrize("wrong", [{"learning_rate": 0}, {"prior": -1}, {"learning_rate": math.nan}, {"prior": math.nan}])
def test_a_learning_rate_or_a_prior_out_of_range_is_refused(wrong):
    [value] = wrong.values()
    with pytest.raises(ValueError, match=f"learning_rate must be positive and prior at least 0, got .*{value:g}"):
        quiet(DENOISER, IMAGES, **wrong)


@pytest.mark.parametrize(
    ("bad", "message"),
    [(IMAGES[0], r"must have shape \(n, c, h, w\)"), (IMAGES[:0], "is empty"), (IMAGES + 3, r"must lie in \[-1, 1\]")],
    ids=["shape", "none", "range"],
)
def test_bad_images_are_refused(bad, message):
    with pytest.raises(ValueError, match="images " + message):
        quiet(DENOISER, bad)


def test_images_of_another_size_are_refused():
    with pytest.raises(
        ValueError, match="images of 12 x 12 pixels have latents of 6 x 6, the denoiser expects 4 x 4; resize them"
    ):
        quiet(network(), torch.zeros(2, 1, 12, 12))
    with pytest.raises(ValueError, match=r"the decoder makes images \(1, 4, 4\), got \(1, 2, 8\); resize them"):
        quiet(DENOISER, torch.zeros(2, 1, 2, 8))
