"""An autoencoder pays for what the equation says, survives being interrupted, and a useless discriminator stops the run."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from helpers.models.autoencoders import FAMILIES, AutoencoderRecipe, build_autoencoder
from helpers.training import autoencoder
from helpers.training.autoencoder import learning_rate, objective, train_autoencoder
from helpers.training.discriminator import build_discriminator

TINY = AutoencoderRecipe("tiny", channels=(8, 8), norm_groups=2, latent_channels=2, steps=6, batch_size=4, checkpoint_every=2)
CRITIC = {"discriminator": "patch", "discriminator_weight": 0.1, "warm_up": 2}
IMAGES = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1


def train(recipe, images=IMAGES, folder=None, **settings):
    return train_autoencoder(recipe, images, folder, progress=False, **settings)


def weights(run):
    return torch.cat([p.detach().flatten() for p in run.autoencoder.parameters()])


# What it pays for


@pytest.mark.parametrize("beta", [0.0, 0.1, 30.0])
def test_the_variational_family_pays_for_error_and_divergence_per_pixel(beta):
    recipe = replace(TINY, beta=beta)
    autoencoder = build_autoencoder(recipe, (1, 8, 8))
    noise = torch.randn(6, *recipe.latent_shape(8), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        loss, error, reconstruction = objective(recipe, autoencoder, IMAGES, noise)
        mean, logvar = autoencoder.encode(IMAGES).latent_dist.parameters.chunk(2, dim=1)
        expected = autoencoder.decode(mean + (logvar / 2).exp() * noise).sample
    squares = (expected - IMAGES).square().flatten(1).sum(1)
    divergence = ((mean.square() + logvar.exp() - 1 - logvar) / 2).flatten(1).sum(1)
    assert torch.allclose(reconstruction, expected, atol=1e-6)
    assert error.item() == pytest.approx((squares / 64).mean().item(), rel=1e-5)
    assert loss.item() == pytest.approx(((squares + beta * divergence) / 64).mean().item(), rel=1e-5)


def test_the_vector_quantised_family_pays_for_the_distance_to_its_codebook():
    recipe = replace(TINY, family="vq")
    autoencoder = build_autoencoder(recipe, (1, 8, 8))
    with torch.inference_mode():
        loss, error, _ = objective(recipe, autoencoder, IMAGES, torch.zeros(()))
        latents = autoencoder.encode(IMAGES).latents.permute(0, 2, 3, 1).reshape(-1, 2)
        nearest = torch.cdist(latents, autoencoder.quantize.embedding.weight).amin(1)
    # The codebook moves to the latents and the latents, a quarter as eagerly, to the codebook.
    assert (loss - error).item() == pytest.approx(1.25 * nearest.square().mean().item() / 2, rel=1e-3)


def test_the_plain_family_pays_for_the_error_alone_and_beta_is_without_effect():
    for beta in (0.0, 10.0):
        recipe = replace(TINY, family="tiny", beta=beta)
        loss, error, _ = objective(recipe, build_autoencoder(recipe, (1, 8, 8)), IMAGES, torch.zeros(()))
        assert torch.equal(loss, error)


@pytest.mark.slow
def test_a_larger_beta_buys_a_smaller_divergence():
    divergences = []
    for beta in (0.0, 10.0):
        run = train(replace(TINY, beta=beta, steps=40))
        with torch.inference_mode():
            divergences.append(run.autoencoder.encode(IMAGES).latent_dist.kl().mean().item())
    assert divergences[1] < 0.5 * divergences[0]


# Learning


@pytest.mark.parametrize("steps", [10, 100, 1200])
def test_the_learning_rate_rises_in_the_first_tenth_then_falls_almost_to_zero(steps):
    recipe = replace(TINY, steps=steps)
    rates = [learning_rate(recipe, step) for step in range(steps)]
    top = steps // 10
    assert all(0 < rate <= recipe.learning_rate for rate in rates)
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)
    assert rates[top] == pytest.approx(recipe.learning_rate)
    assert rates[-1] < recipe.learning_rate * (3 / steps) ** 2


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_the_error_falls(family):
    run = train(replace(TINY, family=family, steps=60, batch_size=16, learning_rate=5e-3))
    assert len(run.losses) == 60
    assert sum(run.losses[-5:]) < 0.8 * sum(run.losses[:5])
    assert not run.autoencoder.training
    assert run.failed == ""


@pytest.mark.parametrize("changes", [{}, CRITIC], ids=["alone", "critic"])
def test_the_seed_decides_the_weights(changes):
    one, two, other = (weights(train(replace(TINY, seed=seed, **changes))) for seed in (0, 0, 1))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_bad_images_are_refused():
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        train(TINY, IMAGES + 3)
    with pytest.raises(ValueError, match=r"images must have shape \(n, c, h, w\)"):
        train(TINY, IMAGES[0])


# The discriminator


@pytest.mark.parametrize("architecture", ["patch", "image"])
def test_the_warm_up_delays_the_discriminator(architecture):
    alone, judged = train(TINY), train(replace(TINY, **CRITIC | {"discriminator": architecture, "warm_up": 4}))
    assert len(judged.losses) == 6
    assert len(judged.critic_losses) == len(judged.critic_gaps) == 2
    assert judged.losses[:5] == alone.losses[:5]  # the fifth error is measured before the first judged step
    assert not torch.equal(weights(judged), weights(alone))


def test_without_weight_the_discriminator_watches_and_changes_nothing():
    watched = train(replace(TINY, discriminator="patch", discriminator_weight=0.0))
    assert len(watched.critic_losses) == 6
    assert torch.equal(weights(watched), weights(train(TINY)))


@pytest.mark.slow
def test_the_discriminator_learns_to_tell_images_from_reconstructions():
    run = train(replace(TINY, **CRITIC | {"warm_up": 0}, steps=60, learning_rate=0.0))
    assert sum(run.critic_losses[-5:]) < 0.9 * sum(run.critic_losses[:5])
    assert sum(run.critic_gaps[-5:]) > sum(run.critic_gaps[:5])


def bright_critic():
    """Likes an image the more the brighter it is."""
    critic = torch.nn.Conv2d(1, 1, 1)
    torch.nn.init.ones_(critic.weight)
    return critic


def test_the_autoencoder_learns_to_please_the_discriminator():
    brightness = []
    for weight in (0.0, 10.0):
        run = train(replace(TINY, steps=20, discriminator="patch", discriminator_weight=weight), critic=bright_critic())
        with torch.inference_mode():
            brightness.append(run.autoencoder(IMAGES).sample.mean().item())
    assert brightness[1] > brightness[0] + 0.2


def constant_critic():
    critic = build_discriminator("image", (1, 8, 8), 0)
    for p in critic[-1].parameters():
        torch.nn.init.zeros_(p)
        p.requires_grad_(False)
    return critic


def test_a_discriminator_that_tells_nothing_apart_fails_the_run():
    run = train(replace(TINY, **CRITIC), critic=constant_critic(), window=3)
    assert run.failed == "the discriminator tells nothing apart (largest gap 0 in 3 steps)"
    assert (len(run.losses), run.critic_losses) == (5, [2.0] * 3)  # two steps of warm-up, and then the window


@pytest.mark.slow
def test_a_discriminator_that_knows_every_image_fails_the_run():
    bright = torch.ones_like(IMAGES)  # and an autoencoder that does not learn to be bright
    run = train(replace(TINY, **CRITIC, steps=300, learning_rate=0.0), bright, window=3)
    assert run.failed.startswith("the discriminator knows every image")
    assert len(run.losses) < 300


def test_a_discriminator_whose_loss_is_not_finite_fails_the_run():
    run = train(replace(TINY, **CRITIC, learning_rate=1e30))
    assert run.failed == "the discriminator's loss is not finite"


def test_a_failed_run_stays_failed_when_it_is_asked_for_again(tmp_path):
    recipe = replace(TINY, **CRITIC, learning_rate=1e30)
    failed, again = train(recipe, folder=tmp_path), train(recipe, folder=tmp_path)
    assert again.failed == failed.failed != ""
    assert len(again.losses) == len(failed.losses) < recipe.steps


# Interruptions


@pytest.mark.parametrize(
    "changes",
    [{}, {"family": "vq"}, {"family": "tiny"}, CRITIC, CRITIC | {"warm_up": 5}],
    ids=["kl", "vq", "tiny", "critic", "before the critic"],
)
def test_an_interrupted_run_ends_with_the_same_weights(changes, tmp_path, monkeypatch):
    class Interrupt(Exception):
        pass

    def stop(recipe, step):
        if step == 5:
            raise Interrupt
        return learning_rate(recipe, step)

    recipe = replace(TINY, **changes)
    with monkeypatch.context() as patch:
        patch.setattr(autoencoder, "learning_rate", stop)
        with pytest.raises(Interrupt):
            train(recipe, folder=tmp_path)
    [path] = tmp_path.iterdir()
    with safe_open(path, "pt") as file:
        assert len(json.loads(file.metadata()["history"])["losses"]) == 4
    resumed, straight = train(recipe, folder=tmp_path), train(recipe)
    assert torch.equal(weights(resumed), weights(straight))
    assert resumed.losses == straight.losses
    assert (resumed.critic_losses, resumed.critic_gaps) == (straight.critic_losses, straight.critic_gaps)


def test_a_finished_run_comes_back_at_once(tmp_path):
    first = train(replace(TINY, **CRITIC), folder=tmp_path)
    [path] = tmp_path.iterdir()
    written = path.stat().st_mtime_ns
    again = train(replace(TINY, **CRITIC), folder=tmp_path)
    assert torch.equal(weights(first), weights(again))
    assert again.history() == first.history()  # the seconds included
    assert path.stat().st_mtime_ns == written
    assert not again.autoencoder.training


def test_a_corrupted_checkpoint_is_refused_with_its_path(tmp_path):
    path = tmp_path / "tiny.checkpoint.safetensors"
    train(TINY, folder=tmp_path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"tiny\.checkpoint\.safetensors is corrupted .* delete it to start over"):
        train(TINY, folder=tmp_path)


@pytest.mark.parametrize("change", [{"seed": 7}, {"beta": 0.5}, {"steps": 8}, {"family": "vq"}, CRITIC])
def test_a_checkpoint_of_another_recipe_is_refused(change, tmp_path):
    train(replace(TINY, steps=2), folder=tmp_path)
    train(replace(TINY, steps=2, checkpoint_every=7), folder=tmp_path)  # which is no other
    with pytest.raises(ValueError, match=r"belongs to another recipe \(.*; delete it or use another folder"):
        train(replace(TINY, **{"steps": 2} | change), folder=tmp_path)


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    save_file({"stray": torch.zeros(1)}, tmp_path / "tiny.checkpoint.safetensors")
    with pytest.raises(ValueError, match="belongs to another recipe"):
        train(TINY, folder=tmp_path)
