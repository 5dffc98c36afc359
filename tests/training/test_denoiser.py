"""Training learns, and repeats itself exactly."""

from dataclasses import asdict, replace

import pytest
import torch
from diffusers import DDPMScheduler

from helpers.training.class_recipe import ClassRecipe
from helpers.training.denoiser import train_denoiser


def weights(run):
    return torch.cat([p.detach().flatten() for p in run.denoiser.unet.parameters()])


@pytest.mark.slow
def test_the_loss_falls(tiny_recipe, tiny_images):
    run = train_denoiser(replace(tiny_recipe, steps=60, batch_size=32), tiny_images, progress=False)
    assert len(run.losses) == 60
    assert sum(run.losses[-10:]) < 0.8 * sum(run.losses[:10])


def test_the_seed_decides_the_weights(tiny_recipe, tiny_images):
    one, two, other = (train_denoiser(replace(tiny_recipe, seed=s), tiny_images, progress=False) for s in (0, 0, 1))
    assert torch.equal(weights(one), weights(two))
    assert not torch.equal(weights(one), weights(other))


def test_probes_see_each_checkpoint_and_change_nothing(tiny_recipe, tiny_images):
    probe = lambda denoiser: {"norm": denoiser.predict_noise(tiny_images, 50).norm().item()}  # noqa: E731
    watched = train_denoiser(tiny_recipe, tiny_images, probe=probe, progress=False)
    alone = train_denoiser(tiny_recipe, tiny_images, progress=False)
    assert [p["step"] for p in watched.probes] == [2, 4, 6]
    assert torch.equal(weights(watched), weights(alone))
    with torch.inference_mode():
        final = watched.denoiser.predict_noise(tiny_images, 50).norm().item()
    assert watched.probes[-1]["norm"] == pytest.approx(final, rel=1e-5)


def test_bad_images_are_refused(tiny_recipe):
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\], got \[0, 255\]"):
        train_denoiser(tiny_recipe, torch.tensor([0.0, 255.0]).reshape(2, 1, 1, 1).expand(2, 1, 8, 8), progress=False)


# Classes

KNOWN = torch.tensor([0, 1, 0, 1, 0, 1])


def with_classes(recipe, **more):
    return ClassRecipe(**asdict(recipe), classes=2, **more)


def test_classes_change_what_is_learned_where_they_are_told(tiny_recipe, tiny_images):
    def run(labels, **more):
        return train_denoiser(with_classes(tiny_recipe, **more), tiny_images, progress=False, labels=labels)

    assert not torch.equal(weights(run(KNOWN)), weights(run(1 - KNOWN)))
    silent = run(KNOWN, no_label=1.0)
    assert torch.equal(weights(silent), weights(run(1 - KNOWN, no_label=1.0)))
    assert silent.denoiser.unet.class_embedding.weight.shape[0] == 3


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (None, r"labels must be 6 whole numbers in \[0, 2\), one for each image, got none"),
        (KNOWN[:5], r"got \(5,\) of torch.int64 in \[0, 1\]"),
        (KNOWN + 1, r"got \(6,\) of torch.int64 in \[1, 2\]"),
        (KNOWN / 1, r"got \(6,\) of torch.float32"),
        (KNOWN[:0], r"got none"),
    ],
)
def test_labels_that_are_no_classes_are_refused(tiny_recipe, tiny_images, labels, message):
    with pytest.raises(ValueError, match=message):
        train_denoiser(with_classes(tiny_recipe), tiny_images, progress=False, labels=labels)


def test_labels_for_a_recipe_without_classes_are_refused(tiny_recipe, tiny_images):
    with pytest.raises(ValueError, match="only a ClassRecipe trains with labels"):
        train_denoiser(tiny_recipe, tiny_images, progress=False, labels=KNOWN)


# Latents that are drawn anew in each step


def spread(tiny_images, value):
    return torch.full_like(tiny_images, value)


def test_without_spread_latents_are_trained_on_as_images_are(tiny_recipe, tiny_images):
    plain = train_denoiser(tiny_recipe, tiny_images, progress=False)
    latents = train_denoiser(tiny_recipe, tiny_images, progress=False, spread=spread(tiny_images, 0))
    assert torch.equal(weights(plain), weights(latents))
    assert plain.losses == latents.losses


def test_a_spread_changes_what_is_learned_and_the_seed_decides_the_draws(tiny_recipe, tiny_images):
    runs = [train_denoiser(tiny_recipe, tiny_images, progress=False, spread=spread(tiny_images, s)) for s in (0, 0.5, 0.5)]
    assert not torch.equal(weights(runs[0]), weights(runs[1]))
    assert torch.equal(weights(runs[1]), weights(runs[2]))


def test_latents_are_drawn_around_their_means_anew_in_each_step(tiny_recipe, tiny_images, monkeypatch):
    seen, add_noise = [], DDPMScheduler.add_noise
    record = lambda self, clean, noise, timestep: seen.append(clean) or add_noise(self, clean, noise, timestep)  # noqa: E731
    monkeypatch.setattr(DDPMScheduler, "add_noise", record)
    means, deviations = torch.full((1, 1, 8, 8), 5.0), torch.linspace(0, 2, 64).reshape(1, 1, 8, 8)
    train_denoiser(replace(tiny_recipe, batch_size=200, steps=2), means, progress=False, spread=deviations)
    drawn = torch.cat(seen)
    assert len(drawn.flatten(1).unique(dim=0)) == 400
    assert torch.allclose(drawn.mean(0, keepdim=True), means, atol=5 * 2 / 400**0.5)
    assert torch.allclose(drawn.std(0, keepdim=True), deviations, rtol=0.25)


def test_an_interrupted_run_on_latents_ends_with_the_same_weights(tiny_recipe, tiny_images, tmp_path):
    wide = spread(tiny_images, 0.5)
    train_denoiser(replace(tiny_recipe, steps=4), tiny_images, tmp_path, progress=False, spread=wide)
    resumed = train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False, spread=wide)
    straight = train_denoiser(tiny_recipe, tiny_images, progress=False, spread=wide)
    assert torch.equal(weights(resumed), weights(straight))


def test_latents_may_leave_the_range_of_images(tiny_recipe, tiny_images):
    run = train_denoiser(tiny_recipe, 3 * tiny_images, progress=False, spread=spread(tiny_images, 0))
    assert torch.tensor(run.losses).isfinite().all()
    with pytest.raises(ValueError, match=r"images must lie in \[-1, 1\]"):
        train_denoiser(tiny_recipe, 3 * tiny_images, progress=False)


@pytest.mark.parametrize("value", [-0.1, torch.nan, torch.inf])
def test_a_spread_that_is_no_deviation_is_refused(tiny_recipe, tiny_images, value):
    with pytest.raises(ValueError, match="must be finite, the spread not negative"):
        train_denoiser(tiny_recipe, tiny_images, progress=False, spread=spread(tiny_images, value))
