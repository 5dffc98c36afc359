"""Every experiment has a name, three seeds that draw everything, and networks that fit together."""

import json
import re
from dataclasses import replace

import pytest
import torch

from helpers.models.autoencoders import build_autoencoder, posterior
from helpers.training.experiment_recipes import (
    BETAS,
    EXPERIMENT_GROUPS,
    EXPERIMENTS,
    SEEDS,
    STEPS,
    TRAINING_SETTINGS,
    beta_name,
    experiment,
)
from helpers.training.paper_recipes import PAPER_RECIPES
from helpers.training.recipes import build_unet


def test_no_two_experiments_share_a_name_or_a_recipe():
    everything = [e for group in EXPERIMENT_GROUPS.values() for e in group]
    assert len({e.name for e in everything}) == len({replace(e, name="").to_json() for e in everything}) == len(everything)
    assert all(EXPERIMENTS[e.name] == e for e in everything)


@pytest.mark.parametrize("group", EXPERIMENT_GROUPS)
def test_every_setting_is_repeated_over_the_seeds(group):
    runs: dict[str, list[int]] = {}
    for e in EXPERIMENT_GROUPS[group]:
        runs.setdefault(re.sub(r"-seed-\d+$", "", e.name), []).append(e.seed)
    assert len(SEEDS) == 3
    assert all(sorted(seeds) == sorted(SEEDS) for seeds in runs.values())


def test_a_seed_draws_the_split_the_first_weights_and_every_step_of_both_networks():
    for e in EXPERIMENTS.values():
        recipes = [e.denoiser, *([e.autoencoder] if e.autoencoder else [])]
        assert {seed for r in recipes for seed in (r.seed, r.split_seed)} == {e.seed}
        assert {r.dataset for r in recipes} == {"digits" if e in EXPERIMENT_GROUPS["settings"] else "fashion"}


def test_the_seeds_of_a_setting_differ_in_nothing_else():
    def without_seed(e):
        nothing = {"seed": 0, "split_seed": 0}
        autoencoder = replace(e.autoencoder, **nothing) if e.autoencoder else None
        return replace(e, name="", denoiser=replace(e.denoiser, **nothing), autoencoder=autoencoder)

    for e in EXPERIMENTS.values():
        first = EXPERIMENTS[e.name.replace(f"-seed-{e.seed}", "-seed-0")]
        assert without_seed(e) == without_seed(first)


@pytest.mark.parametrize(
    "name", sorted({e.name for e in EXPERIMENTS.values() if e.seed == 0 and "x" in e.name and e.autoencoder})
)
def test_the_latents_of_a_family_have_the_shape_of_its_name_and_fit_the_denoiser(name):
    e = experiment(name)
    shape = e.autoencoder.latent_shape(16)
    if match := re.search(r"-(\d+)x(\d+)x(\d+)-", name):
        assert shape == tuple(map(int, match.groups()))
    with torch.inference_mode():
        mean, _ = posterior(build_autoencoder(e.autoencoder, (1, 16, 16)), torch.zeros(1, 1, 16, 16))
        assert mean.shape[1:] == shape
        assert build_unet(e.denoiser, shape)(mean, 0).sample.shape == mean.shape


def test_the_betas_rise_and_have_names_of_their_own():
    assert list(BETAS) == sorted(set(BETAS))
    assert len({beta_name(beta) for beta in BETAS}) == len(BETAS)
    assert [e.autoencoder.beta for e in EXPERIMENT_GROUPS["beta"] if e.seed == 1] == list(BETAS)


@pytest.mark.parametrize(("beta", "name"), [(1e-4, "1e-4"), (10**-0.5, "3.2e-1"), (1.0, "1e0"), (10.0, "1e1"), (0.25, "2.5e-1")])
def test_a_beta_is_written_short(beta, name):
    assert beta_name(beta) == name


def test_points_of_one_run_differ_in_their_length_alone():
    for seed in SEEDS:
        recipes = [e.denoiser for e in EXPERIMENT_GROUPS["pixels"] if e.seed == seed]
        assert [r.steps for r in recipes] == list(STEPS)
        assert len({r.trajectory() for r in recipes}) == 1


@pytest.mark.parametrize("name", TRAINING_SETTINGS)
def test_a_setting_of_the_papers_changes_one_thing_and_is_the_papers(name):
    plain, changed = (experiment(f"digits-{n}-seed-0").denoiser for n in ("plain", name))
    different = {f for f in plain.__dataclass_fields__ if f != "name" and getattr(plain, f) != getattr(changed, f)}
    assert len(different) == (name != "plain")
    assert all(getattr(changed, f) == getattr(PAPER_RECIPES["cifar10"], f) for f in different)


def test_a_discriminator_has_a_weight_and_a_warm_up_and_nobody_else_has():
    for e in EXPERIMENTS.values():
        if e.autoencoder:
            adversarial = e in EXPERIMENT_GROUPS["adversaries"]
            assert bool(e.autoencoder.discriminator) == adversarial
            assert (e.autoencoder.discriminator_weight > 0) == adversarial
            assert (0 < e.autoencoder.warm_up < e.autoencoder.steps) == adversarial


def test_the_text_of_an_experiment_holds_both_recipes():
    e = EXPERIMENT_GROUPS["mean"][0]
    stored = json.loads(e.to_json())
    assert stored["latents"] == "mean"
    assert stored["denoiser"] == json.loads(e.denoiser.to_json())
    assert stored["autoencoder"] == json.loads(e.autoencoder.to_json())
    assert json.loads(EXPERIMENT_GROUPS["pixels"][0].to_json())["autoencoder"] is None


def test_an_unknown_experiment_is_refused():
    with pytest.raises(ValueError, match=r"unknown experiment 'beta-2'; there are the groups beta, mean, .* beta-1e-4-seed-0"):
        experiment("beta-2")
