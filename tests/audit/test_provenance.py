"""A report names the model as it was given, and of the folders their names alone."""

import torch

from helpers import __version__, zoo
from helpers.audit.provenance import provenance


def test_where_figures_come_from_is_said_in_words(tmp_path):
    paths = {"model": "models/mine", "members": tmp_path / "private" / "train", "held_out": tmp_path / "test"}
    found = provenance(paths, zoo.load("ddpm-digits"), "cpu", 61.4)
    assert (found["model"], found["members"], found["held-out"]) == ("models/mine", "train", "test")
    assert (found["device"], found["precision"], found["duration"]) == ("cpu", "float32", "61 s")
    assert __version__ in found["software"]
    assert torch.__version__ in found["software"]
    assert found["date"].endswith("UTC")
    assert str(tmp_path) not in str(found)
