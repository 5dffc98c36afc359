"""One command trains what comes with the book: a recipe, an experiment, a group, or all; and says first what it writes."""

import json
from dataclasses import replace

import pytest

from helpers import zoo
from helpers.experiments.retrain import experiments_named, planned, retrain, rewritten
from helpers.training.book_recipes import BOOK_RECIPES
from helpers.training.experiment_recipes import EXPERIMENT_GROUPS, EXPERIMENTS, experiment


@pytest.mark.parametrize(
    ("names", "trained"),
    [
        (["ddpm-fashion"], ["ddpm-fashion"]),
        (["beta-1e-3-seed-1", "ddpm-digits"], ["beta-1e-3-seed-1", "ddpm-digits"]),
        (["adversaries"], [e.name for e in EXPERIMENT_GROUPS["adversaries"]]),
        (
            ["beta-1e-3-seed-0", "beta"],
            ["beta-1e-3-seed-0", *(e.name for e in EXPERIMENT_GROUPS["beta"] if e.name != "beta-1e-3-seed-0")],
        ),
        (["sweeps"], list(EXPERIMENTS)),
    ],
)
def test_a_name_leads_to_what_is_trained_each_once(names, trained):
    assert [wanted.name for wanted in planned(names)] == trained


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        (BOOK_RECIPES["ddpm-fashion"], ["committed/ddpm-fashion.safetensors"]),
        (BOOK_RECIPES["ddpm-digits"], ["committed/ddpm-digits.safetensors", "onnx/ddpm-digits.onnx"]),
        (experiment("beta-1e-3-seed-1"), ["scores/beta-1e-3-seed-1.npz"]),
        (experiment("mean-beta-1e1-seed-0"), ["scores/mean-beta-1e1-seed-0.npz", "latent/mean-beta-1e1-seed-0.safetensors"]),
        (
            experiment("beta-1e-3-seed-0"),
            ["scores/beta-1e-3-seed-0.npz", "latent/beta-1e-3-seed-0.safetensors", "onnx/beta-1e-3-seed-0.onnx"],
        ),
    ],
)
def test_what_is_rewritten_is_known_beforehand(wanted, files):
    found = rewritten(wanted)
    assert ["/".join(path.parts[-2:]) for path in found] == files
    assert all(path.exists() for path in found)


def test_an_unknown_name_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(ValueError, match=r"unknown recipe nothing; there are ddpm-digits-early, .* the groups beta, "):
        next(retrain(["ddpm-digits", "nothing"], tmp_path))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="unknown recipe ddpm-digits"):
        experiments_named("ddpm-digits")


def test_retraining_saves_and_goes_on_from_the_shorter_run(tiny_recipe, tmp_path, monkeypatch):
    for steps in (3, 6):
        recipe = replace(tiny_recipe, name=f"tiny-{steps}", steps=steps)
        monkeypatch.setitem(BOOK_RECIPES, recipe.name, recipe)
    assert len(list(retrain(["tiny-3", "tiny-6"], tmp_path / "runs", tmp_path))) == 2
    assert zoo.load("tiny-6", tmp_path).unet.config.block_out_channels == (8, 8)
    assert json.loads(zoo.provenance("tiny-6", tmp_path)["recipe"])["steps"] == 6
