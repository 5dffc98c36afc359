"""Every attack of the league runs on a latent diffusion model, whatever its autoencoder, as it runs on a pixel model."""

from dataclasses import replace
from functools import cache

import pytest
import torch

from helpers.attacks import GSA, PFAMI, LearnedAttack, LiRA, ReDiffuse, SecMI, ShadowModels, SimA
from helpers.attacks.base import Noise
from helpers.attacks.lira import log_norm
from helpers.attacks.pfami import centre_crop
from helpers.data.catalogue import load_digits
from helpers.experiments import league
from helpers.models.autoencoders import FAMILIES, AutoencoderRecipe, build_autoencoder, encode_all, scaling_factor
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import add_noise, linear_scheduler
from helpers.training.denoiser import train_denoiser
from helpers.training.recipes import Recipe, build_unet

SPLIT = load_digits(members=24, held_out=24)
IMAGES = torch.cat([SPLIT.evaluation.members[:4], SPLIT.evaluation.held_out[:3]])
TRAINED_ON = torch.stack([SPLIT.candidate_half(index) for index in range(2)])
RECIPE = Recipe("tiny", channels=(8, 16), norm_groups=2, steps=4, batch_size=4)


@cache
@torch.inference_mode(False)  # whichever test asks first, the others may take gradients
def model(family, latents="mean"):
    """A latent denoiser on 4 x 4 x 4 latents of the family, untrained but for its scale."""
    autoencoder = build_autoencoder(AutoencoderRecipe("tiny", family=family, channels=(8, 8), norm_groups=2), (1, 8, 8)).eval()
    s = scaling_factor(*encode_all(autoencoder, SPLIT.members))
    autoencoder.register_to_config(scaling_factor=s)
    unet = build_unet(RECIPE, (4, 4, 4)).eval()
    return LatentDenoiser(autoencoder, UNetDenoiser(unet, linear_scheduler()), s, latents)


def shadow_models():
    """Two latent denoisers behind one autoencoder, trained for a moment on the two halves of the candidates."""
    target, denoisers = model("kl"), []
    for seed, rows in enumerate(TRAINED_ON):
        with torch.inference_mode():
            z = target.encode(SPLIT.candidates[rows])
        run = train_denoiser(replace(RECIPE, seed=seed), z, progress=False, spread=torch.zeros_like(z))
        denoisers.append(LatentDenoiser(target.autoencoder, run.denoiser, target.scaling_factor))
    return ShadowModels(denoisers, SPLIT.candidates, TRAINED_ON)


SHADOWS = shadow_models()
with pytest.MonkeyPatch.context() as patch:
    patch.setattr(league, "shadows", lambda dataset: SHADOWS)
    ATTACKS = {name: entry.attack for name, entry in league.entries("digits").items()}


@cache
def ready(name, family):
    """The attack, fitted if it has to be."""
    attack = ATTACKS[name]
    return attack.fit(model(family), SPLIT.calibration) if isinstance(attack, LearnedAttack) else attack


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_of_the_league_scores_every_family(name, family):
    scores = ready(name, family).score(model(family), IMAGES)
    assert scores.shape == (len(IMAGES),)
    assert torch.isfinite(scores).all()
    assert len(scores.unique()) > 1


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 3])
@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.queries])
def test_the_batch_size_changes_nothing(name, batch_size):
    attack = ready(name, "kl")
    for latents in ("mean", "sample"):
        scores = attack.score(model("kl", latents), IMAGES)
        smaller = replace(attack, batch_size=batch_size).score(model("kl", latents), IMAGES)
        assert torch.allclose(smaller, scores, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, attack in ATTACKS.items() if attack.queries])
def test_an_attack_sees_whether_it_is_given_the_mean_or_a_sample(name):
    attack = ready(name, "kl")
    assert not torch.allclose(attack.score(model("kl"), IMAGES), attack.score(model("kl", "sample"), IMAGES), rtol=1e-3)


@torch.inference_mode()
def test_attacks_in_latent_space_are_those_of_the_denoiser_on_the_latents():
    target = model("kl")
    z = target.encode(IMAGES)
    expected = -target.denoiser.predict_noise(z, 50).flatten(1).pow(4).sum(1)
    assert torch.allclose(SimA(50).score(target, IMAGES), expected, rtol=1e-4)
    assert torch.allclose(SecMI(20).score(target, IMAGES), -SecMI(20).difference(target.denoiser, z).square().flatten(1).sum(1))
    average = ReDiffuse(draws=2).average(target.denoiser, z, Noise(0))
    assert torch.allclose(ReDiffuse(draws=2).score(target, IMAGES), -(z - average).flatten(1).norm(dim=1), rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_pfami_crops_the_image_and_not_its_latents(family):
    target, attack = model(family), PFAMI(timesteps=(100,), crops=(0.7,))
    whole = target.encode(IMAGES)
    epsilon = Noise(0)(0, whole)

    def loss(z):
        z_t = add_noise(z, epsilon, 100, target.alphas_cumprod)
        return (epsilon - target.predict_noise(z_t, 100)).square().flatten(1).mean(1)

    scores = attack.score(target, IMAGES)
    image_cropped, latent_cropped = target.encode(centre_crop(IMAGES, 0.7).clamp(-1, 1)), centre_crop(whole, 0.7)
    assert torch.allclose(scores, loss(image_cropped) - loss(whole), rtol=1e-3, atol=1e-5)
    assert not torch.allclose(scores, loss(latent_cropped) - loss(whole), rtol=1e-3, atol=1e-5)


def test_lira_looks_images_up_by_their_pixels_and_names_the_stranger_by_its_place():
    attack = LiRA(shadows=SHADOWS, batch_size=2)
    scores = attack.score(model("kl"), IMAGES)
    assert torch.allclose(attack.score(model("kl"), IMAGES.flip(0)).flip(0), scores, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="image 5 is no candidate of the shadow models"):
        attack.score(model("kl"), torch.cat([IMAGES[:5], SPLIT.auxiliary[:1]]))


def test_lira_compares_norms_in_latent_space():
    """With one model in and one out, the means are the two models' own norms."""
    target, sima = model("kl"), SimA(50)
    observed = log_norm(sima, target, IMAGES)
    norms = torch.stack([log_norm(sima, shadow, IMAGES) for shadow in SHADOWS.denoisers])
    trained_on = TRAINED_ON[:, SHADOWS.rows_of(IMAGES)]
    inside, outside = norms.T[trained_on.T], norms.T[~trained_on.T]
    nearer_to_inside = (observed - inside).abs() < (observed - outside).abs()
    assert torch.equal(LiRA(50, shadows=SHADOWS).score(target, IMAGES) > 0, nearer_to_inside)


@pytest.mark.parametrize("family", FAMILIES)
def test_gsa_takes_gradients_of_the_denoiser_alone(family):
    target, asked = model(family), []
    hook = target.unet.register_forward_hook(lambda unet, arguments, output: asked.append(len(arguments[0])))
    norms = GSA(batch_size=1).gradient_norms(target, IMAGES[:2])
    hook.remove()
    assert norms.shape == (2, len(list(target.unet.parameters())))
    assert asked == [GSA().queries] * 2
    assert all(p.grad is None for network in (target.unet, target.autoencoder) for p in network.parameters())


@pytest.mark.parametrize("name", ATTACKS)
def test_bad_images_are_refused(name):
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        ready(name, "kl").score(model("kl"), IMAGES + 3)
