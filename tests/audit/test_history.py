"""Tries are counted by what was audited; a damaged history counts from one."""

import pytest

from helpers.audit.history import FILE, note

MODEL = {"sha256": "a", "members": "b", "held_out": "c"}


def test_other_settings_count_and_the_same_do_not(tmp_path):
    assert [note(tmp_path, MODEL, s) for s in ("seed 0", "seed 1", "seed 0", "seed 2")] == [1, 2, 2, 3]


def test_another_model_or_other_images_begin_anew(tmp_path):
    note(tmp_path, MODEL, "seed 0")
    assert note(tmp_path, MODEL | {"sha256": "z"}, "seed 1") == 1
    assert note(tmp_path, MODEL, "seed 1") == 2


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1}', "\x00"])
def test_a_damaged_history_knows_nothing(tmp_path, content):
    (tmp_path / FILE).write_text(content)
    assert note(tmp_path, MODEL, "seed 0") == 1
    assert note(tmp_path, MODEL, "seed 1") == 2
