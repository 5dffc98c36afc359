"""Two folders that are one, or hold the same images, are refused in those words before anything is decoded."""

import os
import shutil

import pytest

from helpers.data.overlap import compare_folders


@pytest.fixture
def two(tmp_path):
    """Two folders of ten files, each of its own content but of one size."""
    for name in ("members", "held-out"):
        (tmp_path / name).mkdir()
        for i in range(10):
            (tmp_path / name / f"{i}.png").write_text(f"{name[0]}{i}")
    return tmp_path / "members", tmp_path / "held-out"


def test_two_folders_are_two(two):
    compare_folders(*two)


@pytest.mark.parametrize("same", ["{0}", "{0}/../members", "{0}/../link"])
def test_one_folder_given_twice_is_called_the_same_folder(two, same):
    (two[0].parent / "link").symlink_to(two[0])
    with pytest.raises(ValueError, match=r"members and held-out are the same folder, .*members; give two different ones"):
        compare_folders(two[0], same.format(two[0]))


def test_a_folder_inside_the_other_is_called_so(two):
    inner = two[0] / "deep" / "inner"
    shutil.copytree(two[1], inner)
    with pytest.raises(ValueError, match=r"held-out \(.*inner\) lies inside members \(.*members\), and so each"):
        compare_folders(two[0], inner)
    with pytest.raises(ValueError, match=r"members \(.*inner\) lies inside held-out"):
        compare_folders(inner, two[0])


def test_copies_of_a_folder_hold_the_same_files_under_whatever_names(two, tmp_path):
    shutil.copytree(two[0], tmp_path / "copy")
    os.rename(tmp_path / "copy" / "3.png", tmp_path / "copy" / "renamed.png")
    with pytest.raises(ValueError, match="members and held-out hold the same 10 files; give two different folders"):
        compare_folders(two[0], tmp_path / "copy")
    shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "copy")
    with pytest.raises(ValueError, match="hold the same 10 files"):
        compare_folders(two[0], tmp_path / "packed.zip")


def test_most_files_in_both_are_counted_and_named(two):
    for i in range(8):
        shutil.copy(two[0] / f"{i}.png", two[1] / f"{i}.png")
    message = r"8 of the 10 files of yours are also in mine \(0.png, 1.png, 2.png and 5 more\); take them out of one"
    (two[0] / "one more.png").touch()
    with pytest.raises(ValueError, match=message):
        compare_folders(*two, names=("mine", "yours"))


def test_a_few_files_in_both_are_left_to_whoever_reads_the_pixels(two):
    for i in range(5):
        shutil.copy(two[0] / f"{i}.png", two[1] / f"{i}.png")
    compare_folders(*two)


def test_empty_files_and_what_cannot_be_read_are_no_error(two, monkeypatch):
    for folder in two:
        for i in range(10):
            (folder / f"{i}.png").write_bytes(b"")
    compare_folders(*two)
    for folder in two:
        for i in range(10):
            (folder / f"{i}.png").write_bytes(b"x")

    def refuse(source):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("helpers.data.overlap._digest", refuse)
    compare_folders(*two)


def test_a_folder_that_is_not_there_is_named(two):
    with pytest.raises(FileNotFoundError, match="no folder"):
        compare_folders(two[0], two[1] / "nowhere")
