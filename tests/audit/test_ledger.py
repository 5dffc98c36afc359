"""A ledger knows what was measured under its key, and nothing else."""

import numpy as np
import pytest

from helpers.audit.ledger import Ledger, hash_model
from helpers.models.pretrained import load_pipeline


@pytest.fixture
def path(tmp_path):
    """Of a ledger that knows one array."""
    ledger = Ledger(tmp_path / "scores.npz", {"attack": "SimA"})
    ledger.get("members", lambda: np.arange(3.0))
    ledger.save()
    return ledger.path


def nothing_to_measure():
    raise AssertionError("it was known")


def test_what_is_known_is_not_measured_again_and_nothing_temporary_is_left(path):
    found = Ledger(path, {"attack": "SimA"}).get("members", nothing_to_measure)
    assert found.tolist() == [0, 1, 2]
    assert [p.name for p in path.parent.iterdir()] == ["scores.npz"]


def test_a_ledger_with_another_key_begins_anew(path):
    assert Ledger(path, {"attack": "PIA"}).get("members", lambda: np.zeros(2)).tolist() == [0, 0]


@pytest.mark.parametrize("share", [0, 0.5, 0.95])
def test_what_a_damaged_file_held_is_measured_again(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert Ledger(path, {"attack": "SimA"}).get("members", lambda: np.zeros(2)).tolist() == [0, 0]


@pytest.mark.parametrize("array", [np.zeros(2), np.array([0, np.nan, 1]), np.array(["a", "b", "c"]), np.zeros((3, 1))])
def test_an_array_that_cannot_be_it_is_measured_again(path, array):
    ledger = Ledger(path, {"attack": "SimA"})
    ledger.known["members"] = array
    assert ledger.get("members", lambda: np.ones(3), 3).tolist() == [1, 1, 1]


def test_every_byte_that_was_read_of_a_model_is_in_its_hash(disk):
    before = hash_model(load_pipeline(disk / "model"))
    for path in load_pipeline(disk / "model").files:
        content = path.read_bytes()
        path.write_bytes(content + b" " if path.suffix == ".json" else content[:-1] + bytes([content[-1] ^ 1]))
        assert hash_model(load_pipeline(disk / "model")) != before, path
        path.write_bytes(content)
    assert hash_model(load_pipeline(disk / "model")) == before


def test_a_file_that_is_not_read_is_not_in_the_hash(disk):
    before = hash_model(load_pipeline(disk / "model"))
    extra = disk / "model" / "extra.json"
    extra.write_text("{}")
    assert hash_model(load_pipeline(disk / "model")) == before
    extra.unlink()


def test_how_a_model_is_read_is_in_its_hash(disk):
    assert hash_model(load_pipeline(disk / "model", size=16)) != hash_model(load_pipeline(disk / "model"))
