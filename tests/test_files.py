"""Nobody reads half a file, and a pixel becomes 8 bits in one way."""

import numpy as np
import pytest
import torch

from helpers.files import folded, replacing, to_8_bits


def test_a_file_is_there_only_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "folder" / "scores.txt"
    with replacing(path) as temporary:
        assert temporary.parent == path.parent  # a rename across disks would copy
        assert temporary.suffix == ".txt"
        assert temporary.name.startswith(".")
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert [p.name for p in path.parent.iterdir()] == ["scores.txt"]


def test_until_then_the_old_content_is_there(tmp_path):
    path = tmp_path / "scores.txt"
    path.write_text("old")
    with replacing(str(path)) as temporary:
        temporary.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_writer_that_fails_leaves_the_old_content_and_nothing_else(error, tmp_path):
    path = tmp_path / "scores.txt"
    path.write_text("old")

    def write_half():
        with replacing(path) as temporary:
            temporary.write_text("hal")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["scores.txt"]


def test_a_writer_that_writes_nothing_is_an_error_and_makes_no_file(tmp_path):
    def write_nothing():
        with replacing(tmp_path / "scores.txt"):
            pass

    with pytest.raises(FileNotFoundError):
        write_nothing()
    assert list(tmp_path.iterdir()) == []


def test_pixels_are_rounded_to_the_nearest_of_256_levels():
    levels = np.arange(256, dtype=np.uint8)
    exact = torch.from_numpy(levels).float() / 127.5 - 1
    assert np.array_equal(to_8_bits(exact), levels)
    assert np.array_equal(to_8_bits(exact + 0.49 / 127.5), levels)
    assert np.array_equal(to_8_bits(exact[:-1] + 0.51 / 127.5), levels[1:])


def test_what_lies_outside_is_clamped_and_the_shape_stays():
    image = torch.tensor([[-3.0, -1.0], [1.0, 2.5]], requires_grad=True)
    found = to_8_bits(image)
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, 0], [255, 255]]


def test_a_long_list_fits_one_line():
    assert folded([]) == ""
    assert folded(["a", 2]) == "a, 2"
    assert folded(["a", "b", "c"]) == "a, b, c"
    assert folded([str(i) for i in range(5525)]) == "0, 1, 2 and 5,522 more"
    assert folded("abcd", most=2) == "a, b and 2 more"
