"""Weights are loaded only if they are whole and the recipe's."""

from dataclasses import replace

import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from helpers import zoo


def test_a_truncated_file_is_refused(folder):
    path = folder / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"tiny\.safetensors are corrupted .*run `make retrain RECIPE=tiny`"):
        zoo.load("tiny", folder)


def test_a_flipped_weight_is_refused(folder):
    path = folder / "tiny.safetensors"
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    tensors = load_file(path)
    next(iter(tensors.values())).view(-1)[0] += 1
    save_file(tensors, path, metadata)
    with pytest.raises(ValueError, match=r"corrupted \(checksum differs\)"):
        zoo.load("tiny", folder)


def test_weights_of_another_recipe_are_refused(folder, monkeypatch, tiny_recipe):
    monkeypatch.setitem(zoo.BOOK_RECIPES, "tiny", replace(tiny_recipe, steps=7))
    with pytest.raises(ValueError, match=r"belong to another recipe \(.*\"steps\": 6"):
        zoo.load("tiny", folder)
