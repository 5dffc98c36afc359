"""Training learns, repeats itself exactly, and survives being killed."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch
from diffusers import DDPMScheduler
from safetensors import safe_open
from safetensors.torch import save_file

from helpers import zoo
from helpers.evaluation.denoising_loss import denoising_loss
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training.denoiser import train_denoiser
from helpers.training.recipes import build_unet


def weights(run):
    return torch.cat([p.detach().flatten() for p in run.denoiser.unet.parameters()])


def test_the_loss_falls(tiny_recipe, tiny_images):
    run = train_denoiser(replace(tiny_recipe, steps=60, batch_size=32), tiny_images, progress=False)
    assert len(run.losses) == 60
    assert sum(run.losses[-10:]) < 0.8 * sum(run.losses[:10])


def test_the_seed_decides_the_weights(tiny_recipe, tiny_images):
    one, two, other = (train_denoiser(replace(tiny_recipe, seed=s), tiny_images, progress=False) for s in (0, 0, 1))
    assert torch.equal(weights(one), weights(two))
    assert not torch.equal(weights(one), weights(other))


@pytest.mark.parametrize("recipe", zoo.BOOK_RECIPES.values(), ids=zoo.BOOK_RECIPES)
def test_every_block_sees_the_timestep(recipe):
    """With one channel a group, normalisation takes away what the time embedding adds, and its gradient is rounding."""
    unet = build_unet(recipe, tuple(zoo.split_for(recipe).members.shape[1:]))
    noisy = torch.randn(2, *zoo.split_for(recipe).members.shape[1:], generator=torch.Generator().manual_seed(0))
    unet(noisy, torch.tensor([50, 500])).sample.square().sum().backward()
    gradients = {name: p.grad.norm().item() for name, p in unet.named_parameters() if "time_emb_proj.weight" in name}
    assert len(gradients) >= 6
    assert min(gradients.values()) > 1e-3 * max(gradients.values())


def test_probes_see_each_checkpoint_and_change_nothing(tiny_recipe, tiny_images):
    probe = lambda denoiser: {"norm": denoiser.predict_noise(tiny_images, 50).norm().item()}  # noqa: E731
    watched = train_denoiser(tiny_recipe, tiny_images, probe=probe, progress=False)
    alone = train_denoiser(tiny_recipe, tiny_images, progress=False)
    assert [p["step"] for p in watched.probes] == [2, 4, 6]
    assert torch.equal(weights(watched), weights(alone))
    with torch.inference_mode():
        final = watched.denoiser.predict_noise(tiny_images, 50).norm().item()
    assert watched.probes[-1]["norm"] == pytest.approx(final, rel=1e-5)


def test_an_interrupted_run_ends_with_the_same_weights(tiny_recipe, tiny_images, tmp_path):
    class Interrupt(Exception):
        pass

    def probe(denoiser):
        if interrupting and len(seen) == 2:
            raise Interrupt
        seen.append(1)
        return {}

    interrupting, seen = True, []
    with pytest.raises(Interrupt):
        train_denoiser(tiny_recipe, tiny_images, tmp_path, probe, progress=False)
    interrupting = False
    resumed = train_denoiser(tiny_recipe, tiny_images, tmp_path, probe, progress=False)
    straight = train_denoiser(tiny_recipe, tiny_images, progress=False)
    assert torch.equal(weights(resumed), weights(straight))
    assert resumed.losses == straight.losses
    assert [p["step"] for p in resumed.probes] == [2, 4, 6]


KILLED = """
import sys, torch
from helpers.training.recipes import Recipe
from helpers.training.denoiser import train_denoiser
recipe = Recipe("tiny", channels=(8, 8), norm_groups=2, steps=int(sys.argv[2]), batch_size=4, checkpoint_every=5)
images = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
train_denoiser(recipe, images, sys.argv[1], progress=False)
"""


@pytest.mark.slow
def test_a_killed_process_loses_at_most_one_checkpoint_interval(tiny_recipe, tiny_images, tmp_path):
    path = tmp_path / "tiny.checkpoint.safetensors"
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), "100000"])
    first = None
    while first is None or path.stat().st_mtime_ns == first:  # until the checkpoint was written twice
        assert process.poll() is None, "it ended before it was killed"
        if first is None and path.exists():
            first = path.stat().st_mtime_ns
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with safe_open(path, "pt") as file:
        done = len(json.loads(file.metadata()["history"])["losses"])
    assert done >= 10
    assert done % 5 == 0
    recipe = replace(tiny_recipe, steps=100_000, checkpoint_every=5)
    stop = type("Stop", (Exception,), {})

    def probe(denoiser):
        raise stop

    with pytest.raises(stop):
        train_denoiser(recipe, tiny_images, tmp_path, probe, progress=False)
    with safe_open(path, "pt") as file:  # the next probe comes at the next checkpoint, and the old one still stands
        assert len(json.loads(file.metadata()["history"])["losses"]) == done
    assert len(list(tmp_path.glob(".*.tmp.*"))) <= 1  # at most the one that it died writing


def test_a_finished_run_comes_back_at_once(tiny_recipe, tiny_images, tmp_path):
    first = train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    again = train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    assert torch.equal(weights(first), weights(again))
    assert again.losses == first.losses


def test_a_corrupted_checkpoint_is_refused_with_its_path(tiny_recipe, tiny_images, tmp_path):
    path = tmp_path / "tiny.checkpoint.safetensors"
    train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"tiny\.checkpoint\.safetensors is corrupted .* delete it to start over"):
        train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)


def test_a_checkpoint_of_another_recipe_is_refused(tiny_recipe, tiny_images, tmp_path):
    train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)
    with pytest.raises(ValueError, match="belongs to another recipe"):
        train_denoiser(replace(tiny_recipe, seed=7), tiny_images, tmp_path, progress=False)
    save_file({"stray": torch.zeros(1)}, tmp_path / "tiny.checkpoint.safetensors")
    with pytest.raises(ValueError, match="belongs to another recipe"):
        train_denoiser(tiny_recipe, tiny_images, tmp_path, progress=False)


def test_bad_images_are_refused(tiny_recipe):
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\], got \[0, 255\]"):
        train_denoiser(tiny_recipe, torch.tensor([0.0, 255.0]).reshape(2, 1, 1, 1).expand(2, 1, 8, 8), progress=False)


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


# The loss on images


class Silent:
    """Predicts no noise at all."""

    alphas_cumprod = linear_scheduler().alphas_cumprod

    def predict_noise(self, x, timestep):
        return torch.zeros_like(x)


def test_the_loss_of_a_denoiser_that_predicts_nothing_is_the_variance_of_the_noise(tiny_images):
    assert denoising_loss(Silent(), tiny_images, draws=200) == pytest.approx(1, abs=0.03)


def test_the_optimal_denoiser_has_a_smaller_loss_on_its_training_images(tiny_images):
    others = torch.rand(6, 1, 8, 8, generator=torch.Generator().manual_seed(1)) * 2 - 1
    denoiser = EmpiricalDenoiser(tiny_images)
    assert denoising_loss(denoiser, tiny_images) < 0.5 * denoising_loss(denoiser, others)
    assert denoising_loss(denoiser, others, seed=1) == denoising_loss(denoiser, others, seed=1)


def test_a_loss_over_no_draw_or_bad_images_is_refused(tiny_images):
    with pytest.raises(ValueError, match="draws must be at least 1, got 0"):
        denoising_loss(Silent(), tiny_images, draws=0)
    with pytest.raises(ValueError, match="NaN or infinite"):
        denoising_loss(Silent(), tiny_images * torch.nan)


def test_building_a_network_leaves_the_global_generator_alone(tiny_recipe):
    state = torch.get_rng_state()
    build_unet(tiny_recipe, (1, 8, 8))
    assert torch.equal(torch.get_rng_state(), state)
