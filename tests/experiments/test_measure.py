"""An experiment goes from images to kept scores, comes out the same after an interruption, and says so where it failed."""

import json
from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest
import torch

from helpers.attacks import PIA, SimA
from helpers.data import catalogue
from helpers.data.catalogue import load_fashion
from helpers.evaluation.quality import SampleQuality
from helpers.experiments import measure, train
from helpers.experiments.contest import Entry
from helpers.experiments.outcomes import Outcome, load_outcome, save_outcome
from helpers.models.autoencoders import FAMILIES, AutoencoderRecipe, build_autoencoder, encode_all
from helpers.models.latent import LatentDenoiser
from helpers.training import autoencoder, denoiser, experiment_recipes
from helpers.training.autoencoder import learning_rate
from helpers.training.experiment_recipes import Experiment
from helpers.training.recipes import Recipe
from helpers.zoo import latent_models

pytestmark = pytest.mark.slow

STEPS = {"steps": 6, "batch_size": 4, "checkpoint_every": 2, "channels": (8, 8), "norm_groups": 2}
AUTOENCODER = AutoencoderRecipe("tiny", latent_channels=3, **STEPS)
LATENT = Experiment("tiny", Recipe("tiny-6", "fashion", **STEPS), AUTOENCODER)
PIXELS = Experiment("tiny-pixels", Recipe("tiny-6", "fashion", **STEPS))
FAILING = replace(
    LATENT,
    name="tiny-failing",
    autoencoder=replace(AUTOENCODER, discriminator="patch", discriminator_weight=1, learning_rate=1e30),
)
OF_SAMPLES = {f.name for f in fields(SampleQuality)}
SPLIT = load_fashion(0, members=40, held_out=40, size=8)


@pytest.fixture(scope="module", autouse=True)
def small():
    """Forty members of 8 x 8 pixels."""
    with pytest.MonkeyPatch.context() as patch:
        small = partial(load_fashion, members=40, held_out=40, size=8)
        patch.setitem(catalogue.DATASETS, "fashion", replace(catalogue.DATASETS["fashion"], load=small))
        for e in (LATENT, PIXELS, FAILING):
            patch.setitem(experiment_recipes.EXPERIMENTS, e.name, e)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the runs of this module live; what one test trained the next finds."""
    return tmp_path_factory.mktemp("runs")


ATTACKS = {"SimA": Entry(SimA(), (20, 60)), "PIA": Entry(PIA(), (20, 60))}


def measured(e, folder, attacks=ATTACKS, progress=False):
    """What comes out with two attacks at two timesteps, short samples and classifiers that hardly learned."""
    return measure.measure_experiment(e, folder, progress, attacks, sampling_steps=3, classifier_steps=10)


@pytest.fixture(scope="module")
def finished(folder):
    return measured(LATENT, folder)


class Interrupt(Exception):
    pass


def interrupt(*arguments, **settings):
    raise Interrupt


def refuse(*arguments, **settings):
    raise AssertionError("there was nothing to measure")


class Interrupting(SimA):
    def score(self, denoiser, x):
        raise Interrupt


def same(one, other):
    """Are these the same measurements, whatever time they took?"""
    rows = [
        np.array_equal(row.members, other.rows[key].members) and np.array_equal(row.held_out, other.rows[key].held_out)
        for key, row in one.rows.items()
    ]
    return all(rows) and one.rows.keys() == other.rows.keys() and one.quality == other.quality


# One experiment


def test_an_experiment_goes_from_images_to_scores_that_come_back(finished, tmp_path):
    outcome, denoiser = finished
    save_outcome(LATENT.name, outcome, tmp_path)
    loaded = load_outcome(LATENT.name, tmp_path)
    assert list(loaded.rows) == [("SimA", "mean"), ("PIA", "mean"), ("SimA", "sample")]
    for key, row in outcome.rows.items():
        assert row.timestep in (20, 60)
        assert len(row.members) == len(row.held_out) == 20  # the evaluation part
        assert np.allclose(loaded.rows[key].members, row.members, rtol=1e-6)
    assert loaded.quality == outcome.quality
    assert loaded.about == outcome.about
    assert (json.loads(loaded.about["experiment"]), loaded.failed) == (json.loads(LATENT.to_json()), "")
    assert loaded.about["final_loss"] > 0
    assert isinstance(denoiser, LatentDenoiser)


def test_its_quality_is_that_of_reconstructions_samples_and_latents(finished):
    outcome, _ = finished
    reconstructions = {"psnr", "ssim", "member_psnr", "member_ssim"}
    assert outcome.quality.keys() == reconstructions | OF_SAMPLES | {"noise_share", "kl"}
    assert np.isfinite(list(outcome.quality.values())).all()


def test_its_pictures_are_held_out_images_and_their_reconstructions(finished):
    outcome, denoiser = finished
    assert {kind: x.shape for kind, x in outcome.pictures.items()} == dict.fromkeys(
        ("originals", "reconstructions", "samples"), (measure.SHOWN, 8, 8)
    )
    with torch.inference_mode():
        decoded = denoiser.decode(denoiser.encode(SPLIT.held_out)).clamp(-1, 1)
    for kind, images in (("originals", SPLIT.held_out), ("reconstructions", decoded)):
        shown = outcome.pictures[kind] / 127.5 - 1
        assert np.abs(shown - images[: measure.SHOWN, 0].numpy()).max() < 0.51 / 127.5


def test_the_scores_are_those_of_the_weights_that_would_be_kept(finished, tmp_path):
    outcome, denoiser = finished
    latent_models.save(LATENT, denoiser, tmp_path)
    kept = latent_models.load(LATENT.name, tmp_path)
    row = outcome.rows["SimA", "mean"]
    scores = SimA(row.timestep).score(kept, SPLIT.evaluation.members)
    assert np.allclose(scores.numpy(), row.members, rtol=1e-5)
    sampled = outcome.rows["SimA", "sample"]
    assert not np.allclose(sampled.members, SimA(sampled.timestep).score(kept, SPLIT.evaluation.members).numpy(), rtol=1e-3)


@pytest.mark.parametrize("latents", ["sample", "mean", "unscaled"])
def test_the_denoiser_trains_on_latents_of_members_with_unit_variance_unless_they_are_left_unscaled(
    latents, finished, folder, monkeypatch
):
    given, original = [], train.train_denoiser

    def record(recipe, images, *rest, **more):
        given.append((images, more["spread"]))
        return original(recipe, images, *rest, **more)

    monkeypatch.setattr(train, "train_denoiser", record)
    _, denoiser = measured(replace(LATENT, latents=latents), folder)
    [(scaled, noise)] = given
    mean, spread = encode_all(denoiser.autoencoder, SPLIT.members)
    s = denoiser.scaling_factor
    assert s == denoiser.autoencoder.config.scaling_factor
    if latents == "unscaled":
        assert s == 1
    else:
        assert (scaled.var() + noise.square().mean()).item() == pytest.approx(1, rel=1e-4)
    assert torch.allclose(scaled, s * mean, atol=1e-5)
    assert torch.allclose(noise, s * spread if latents == "sample" else torch.zeros_like(spread), atol=1e-5)


@pytest.mark.parametrize("family", ["vq", "tiny"])
def test_a_family_without_noise_is_attacked_at_the_mean_alone(folder, family):
    outcome, _ = measured(replace(LATENT, autoencoder=replace(AUTOENCODER, family=family)), folder)
    assert list(outcome.rows) == [("SimA", "mean"), ("PIA", "mean")]
    assert outcome.quality["noise_share"] == 0
    assert "kl" not in outcome.quality


def test_a_pixel_model_has_no_autoencoder_to_judge(folder):
    outcome, denoiser = measured(PIXELS, folder)
    assert list(outcome.rows) == [("SimA", "mean"), ("PIA", "mean")]
    assert outcome.quality.keys() == OF_SAMPLES
    assert outcome.pictures.keys() == {"originals", "samples"}
    row = outcome.rows["SimA", "mean"]
    assert np.allclose(SimA(row.timestep).score(denoiser, SPLIT.evaluation.held_out).numpy(), row.held_out, rtol=1e-5)


def test_a_failed_discriminator_leaves_its_reason_and_no_scores(folder, tmp_path):
    outcome, denoiser = measured(FAILING, folder)
    assert outcome.failed == "the discriminator's loss is not finite"
    assert denoiser is None
    save_outcome(FAILING.name, outcome, tmp_path)
    loaded = load_outcome(FAILING.name, tmp_path)
    assert (loaded.failed, loaded.rows, loaded.quality, loaded.pictures) == (outcome.failed, {}, {}, {})


# Interruptions


def test_an_interrupted_experiment_ends_with_the_same_scores(finished, tmp_path, monkeypatch):
    def stop(recipe, step):
        return interrupt() if step == 5 else learning_rate(recipe, step)

    for place, name, broken in (
        (autoencoder, "learning_rate", stop),
        (train, "train_denoiser", interrupt),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, broken)
            with pytest.raises(Interrupt):
                measured(LATENT, tmp_path)
    with pytest.raises(Interrupt):
        measured(LATENT, tmp_path, ATTACKS | {"PIA": Entry(Interrupting(), (20,))})
    assert same(measured(LATENT, tmp_path)[0], finished[0])


def test_what_is_trained_is_not_trained_again(finished, folder):
    before = written(folder)
    assert len(before) > 2 + measure.CLASSIFIERS - 1
    assert same(measured(LATENT, folder)[0], finished[0])
    assert written(folder) == before


def written(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.safetensors")}


def test_a_changed_recipe_of_the_same_name_does_not_meet_the_old_run(finished, folder):
    changed = replace(LATENT, autoencoder=replace(AUTOENCODER, beta=1.0))
    assert not same(measured(changed, folder)[0], finished[0])


def test_a_longer_run_goes_on_from_the_shorter(finished, folder, tmp_path, monkeypatch):
    longer = replace(LATENT, denoiser=replace(LATENT.denoiser, name="tiny-8", steps=8))
    straight, _ = measured(longer, tmp_path)
    step, steps = denoiser._training_step, []
    monkeypatch.setattr(denoiser, "_training_step", lambda recipe, k, *rest: steps.append(k) or step(recipe, k, *rest))
    resumed, _ = measured(longer, folder)
    assert steps == [6, 7]
    assert same(resumed, straight)
    assert not same(resumed, finished[0])


# What a latent holds


@pytest.mark.parametrize("family", FAMILIES)
def test_information_is_the_divergence_from_a_standard_normal(family):
    autoencoder = build_autoencoder(replace(AUTOENCODER, family=family), (1, 8, 8))
    mean, spread = encode_all(autoencoder, SPLIT.held_out)
    holds = measure.information(autoencoder, SPLIT.held_out)
    if family == "kl":
        normal = torch.distributions.Normal(torch.zeros_like(mean), 1)
        nats = torch.distributions.kl_divergence(torch.distributions.Normal(mean, spread), normal).sum((1, 2, 3)).mean()
        assert holds["kl"] == pytest.approx(nats.item(), rel=1e-4)
        assert holds["noise_share"] == pytest.approx((spread.square().mean() / (mean.var() + spread.square().mean())).item())
    else:
        assert holds == {"noise_share": 0}


# The sweep


def nothing_found(e, folder, progress):
    return Outcome({"experiment": e.to_json(), "failed": ""}), None


def test_a_sweep_keeps_the_scores_of_a_group_and_repeats_nothing(folder, tmp_path, capsys):
    measure.sweep([PIXELS, FAILING], folder=folder, scores=tmp_path, measure=measured)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny-failing.npz", "tiny-pixels.npz"]
    assert load_outcome(PIXELS.name, tmp_path).rows.keys() == {("SimA", "mean"), ("PIA", "mean")}
    assert load_outcome(FAILING.name, tmp_path).failed
    assert "tiny-failing failed: the discriminator's loss is not finite" in "".join(capsys.readouterr())
    measure.sweep([PIXELS, FAILING], folder=folder, scores=tmp_path, measure=refuse)


def test_a_sweep_runs_what_is_missing_and_nothing_else_if_it_is_told_so(tmp_path):
    played = []

    def play(e, folder, progress):
        played.append(e.name)
        return nothing_found(e, folder, progress)

    def sweep(experiments, runs, missing=False):
        measure.sweep(experiments, missing, tmp_path / runs, tmp_path / "scores", play)

    sweep([LATENT], "one")
    sweep([LATENT, PIXELS], "other", missing=True)
    assert played == ["tiny", "tiny-pixels"]
    sweep([LATENT], "other")
    assert played == ["tiny", "tiny-pixels", "tiny"]


def test_scores_that_were_lost_come_back_from_the_run_that_made_them(tmp_path):
    for _ in range(2):
        measure.sweep([LATENT], folder=tmp_path / "runs", scores=tmp_path / "scores", measure=nothing_found)
        (tmp_path / "scores" / "tiny.npz").unlink()
    measure.sweep([LATENT], folder=tmp_path / "runs", scores=tmp_path / "scores", measure=nothing_found)
    assert load_outcome("tiny", tmp_path / "scores").about["experiment"] == LATENT.to_json()


def test_splits_of_one_seed_and_of_other_sizes_have_classifiers_of_their_own(tmp_path):
    recipe = Recipe("tiny")
    for sizes in ((600, 600), (1200, 300)):
        split = catalogue.load_digits(0, *sizes)
        for _ in range(2):
            classifiers = measure.classifiers_for(recipe, split, tmp_path, progress=False, steps=2)
        assert len(classifiers) == measure.CLASSIFIERS
    names = {path.stem for path in tmp_path.iterdir()}
    assert names == {f"classifier-digits{of}-0-{i}" for of in ("", "-1200-300") for i in range(measure.CLASSIFIERS)}
