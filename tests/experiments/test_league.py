"""A league computes nothing twice, and takes no scores of other weights, entries or code."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from helpers import zoo
from helpers.attacks import Attack, Loss, SimA
from helpers.data.catalogue import load_digits, load_fashion
from helpers.evaluation.metrics import evaluate
from helpers.evaluation.results import BASELINE
from helpers.evaluation.row import Row
from helpers.experiments import league
from helpers.experiments.contest import Entry, contest
from helpers.training.denoiser import train_denoiser
from helpers.zoo import pixel_models


@pytest.fixture
def cached(tmp_path, monkeypatch, tiny_recipe):
    """A zoo with one model and a league of two attacks: cached() plays it, against a cache of its own, and says who played."""
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", tiny_recipe)
    run = train_denoiser(tiny_recipe, zoo.training_split(tiny_recipe).members, progress=False)
    pixel_models.save(tiny_recipe, run, tmp_path)
    two = {"SimA": Entry(SimA(), (20, 60)), "Loss": Entry(Loss(), ())}

    def play(entries=two, meet=contest):
        played = []

        def watched(entry, denoiser, split):
            played.append(type(entry.attack).__name__)
            return meet(entry, denoiser, split)

        found = league.play(["tiny"], tmp_path / "cache", False, lambda dataset: entries, watched, tmp_path)
        return found, played

    return play


def stored(tmp_path):
    return sorted((tmp_path / "cache").iterdir())


def refuse(*arguments):
    raise AssertionError("there was nothing to compute")


def equal(one, other):
    return all(
        np.array_equal(a.members, b.members)
        and np.array_equal(a.held_out, b.held_out)
        and (a.timestep, a.queries) == (b.timestep, b.queries)
        for a, b in zip(one.rows.values(), other.rows.values(), strict=True)
    )


def test_every_attack_meets_every_model(cached):
    result, played = cached()
    assert played == ["SimA", "Loss"]
    assert list(result.rows) == [("tiny", "SimA"), ("tiny", "Loss")]
    assert result.rows["tiny", "SimA"].timestep in (20, 60)
    assert len(result.rows["tiny", "SimA"].members) == 300


def test_a_league_comes_back_from_its_cache_without_a_contest(cached, tmp_path):
    first, _ = cached()
    assert [path.suffix for path in stored(tmp_path)] == [".npz"] * 2  # and nothing temporary
    second, _ = cached(meet=refuse)
    assert equal(first, second)


def test_a_row_without_a_timestep_comes_back_without_one(cached):
    cached(meet=lambda entry, denoiser, split: Row(np.ones(3), np.zeros(3), None, 0))
    assert {row.timestep for row in cached(meet=refuse)[0].rows.values()} == {None}


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half of one"])
def test_a_corrupted_file_is_computed_again(cached, tmp_path, content):
    first, _ = cached()
    stored(tmp_path)[0].write_bytes(content)
    again, played = cached()
    assert len(played) == 1
    assert equal(first, again)
    assert cached()[1] == []


@pytest.mark.parametrize("where", [0.3, 0.95])
def test_a_truncated_file_is_computed_again(cached, tmp_path, where):
    cached()
    path = stored(tmp_path)[0]
    content = path.read_bytes()
    path.write_bytes(content[: int(where * len(content))])
    assert len(cached()[1]) == 1


@pytest.mark.slow
def test_a_changed_entry_is_computed_again_and_the_others_are_not(cached):
    cached()
    for change in (Entry(SimA(p=2), (20, 60)), Entry(SimA(p=2), (20, 60, 100)), Entry(SimA(p=2), (20, 60), weights=("other",))):
        assert cached({"SimA": change, "Loss": Entry(Loss(), ())})[1] == ["SimA"]


def test_scores_of_other_code_are_not_taken(cached, monkeypatch):
    cached()
    monkeypatch.setattr(league, "fingerprint", lambda *modules: "another")
    assert cached()[1] == ["SimA", "Loss"]
    assert cached()[1] == []


@pytest.mark.slow
def test_the_scores_that_come_with_the_book_are_those_of_its_code():
    assert league.outdated() == []
    assert league.play(progress=False, meet=refuse).attacks == list(league.entries("digits"))


def played_again(attack):
    entry, kept = league.entries("digits")[attack], league.play(["ddpm-digits"], progress=False).rows["ddpm-digits", attack]
    if entry.timestep_of:
        entry = replace(entry, attack=replace(entry.attack, timestep=kept.timestep))
    again = contest(entry, zoo.load("ddpm-digits"), load_digits())
    assert again.timestep == kept.timestep
    return again, kept


@pytest.mark.slow
@pytest.mark.parametrize("attack", ["SimA", "PIA", "data only"])
def test_the_scores_that_come_with_the_book_come_out_again(attack):
    again, kept = played_again(attack)
    assert np.allclose(again.members, kept.members, rtol=1e-3, atol=1e-3)
    assert np.allclose(again.held_out, kept.held_out, rtol=1e-3, atol=1e-3)


@pytest.mark.slow
def test_a_network_that_is_trained_anew_ranks_images_as_the_one_whose_scores_come_with_the_book():
    """Another kind of CPU rounds otherwise, and after some hundred steps of training it shows in every score."""
    again, kept = played_again("SecMI-NN")
    for new, old in ((again.members, kept.members), (again.held_out, kept.held_out)):
        assert spearmanr(new, old).statistic > 0.95
    aucs = [evaluate(row.members, row.held_out, bootstrap=0).auc for row in (again, kept)]
    assert aucs[0] == pytest.approx(aucs[1], abs=0.01)


def test_an_attack_may_take_the_timestep_of_another(cached):
    entries = {"SimA": Entry(SimA(), (20, 60)), "Loss": Entry(Loss(), (), timestep_of="SimA")}
    result, _ = cached(entries)
    assert result.rows["tiny", "Loss"].timestep == result.rows["tiny", "SimA"].timestep
    assert cached(entries)[1] == []


def test_other_weights_are_attacked_again(cached, tmp_path, tiny_recipe):
    cached()
    run = train_denoiser(replace(tiny_recipe, seed=3), zoo.training_split(tiny_recipe).members, progress=False)
    pixel_models.save(tiny_recipe, run, tmp_path)
    assert cached()[1] == ["SimA", "Loss"]


def test_an_unknown_model_is_refused():
    with pytest.raises(ValueError, match="unknown recipe 'nothing'"):
        league.play(["nothing"], progress=False)


def test_what_has_a_timestep_may_choose_it(monkeypatch):
    monkeypatch.setattr(league, "_shadows_or_advice", lambda names: "some")
    entries = league.entries("digits")
    assert BASELINE in entries
    for entry in entries.values():
        assert isinstance(entry.attack, Attack)
        assert bool(entry.timesteps or entry.timestep_of) == ("timestep" in entry.attack.__dataclass_fields__)


def test_shadow_models_come_with_what_they_trained_on(tmp_path, monkeypatch, tiny_recipe):
    recipes = [replace(tiny_recipe, name=f"ddpm-digits-lira-{i}", subset=f"candidates-{i}", seed=i) for i in range(4)]
    for recipe in recipes:
        monkeypatch.setitem(zoo.BOOK_RECIPES, recipe.name, recipe)
        pixel_models.save(
            recipe, train_denoiser(replace(recipe, steps=1), zoo.training_split(recipe).members, progress=False), tmp_path
        )
    shadows = league.shadows("digits", [recipe.name for recipe in recipes], tmp_path)
    assert len(shadows.denoisers) == 4
    for recipe, trained_on in zip(recipes, shadows.trained_on, strict=True):
        assert torch.equal(shadows.candidates[trained_on], zoo.training_split(recipe).members)


@pytest.mark.parametrize(("dataset", "names"), [("digits", []), ("cifar10", None)])
def test_shadow_models_that_are_none_are_refused(dataset, names):
    with pytest.raises(ValueError, match=f"at least one shadow model of '{dataset}', got none"):
        league.shadows(dataset, names)


def test_scores_hold_without_the_shadow_models_that_made_them_and_playing_anew_says_how_to_train_them():
    left_out = league.shadow_names("fashion")
    assert left_out == list(league.LEFT_OUT_SHADOWS)
    entry = league.entries("fashion")["LiRA"]
    assert entry.weights == tuple(league.LEFT_OUT_SHADOWS.values())
    advice = f'run `make retrain RECIPE="{" ".join(left_out)}"` to train them'
    with pytest.raises(FileNotFoundError, match=advice):
        contest(entry, zoo.load("ddpm-fashion"), load_fashion())
    with pytest.raises(FileNotFoundError, match=advice):
        league.shadows("fashion")


def test_scores_are_read_without_their_models_and_missing_ones_are_named(tmp_path):
    read = league.stored(["ddpm-digits"])
    assert {model for model, _ in read.rows} == {"ddpm-digits"}
    assert BASELINE in read.attacks
    with pytest.raises(FileNotFoundError, match=r"no scores of SimA on ddpm-digits in .* maintain league ddpm-digits`"):
        league.stored(["ddpm-digits"], tmp_path)
