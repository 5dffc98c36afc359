"""Which images are asked about: no image chooses and is reported, none is lost, and what can be seen of them fits them."""

import numpy as np
import pytest

from helpers.audit import selection
from helpers.audit.selection import features_of, select
from helpers.audit.settings import Settings
from helpers.data.catalogue import load_digits
from helpers.data.folders import read_folder


@pytest.fixture
def folders(tmp_path, save_images):
    split = load_digits()
    parts = {"members": split.members[:40], "held_out": split.held_out[:50]}
    return {name: read_folder(save_images(images, tmp_path / name), (1, 8, 8), False) for name, images in parts.items()}


def test_calibration_and_evaluation_share_no_image_and_lose_none(folders):
    found = select(folders, Settings())
    for name, of in folders.items():
        assert not set(found.calibration[name]) & set(found.evaluation[name])
        assert set(found.rows[name]) == set(range(len(of.names)))
        assert found.rows[name][found.evaluation_mask[name]].tolist() == found.evaluation[name].tolist()


def test_a_held_out_image_that_is_a_member_is_left_out(folders, tmp_path, save_images):
    save_images(load_digits().members[5:6], tmp_path / "held_out", "a-member-")
    folders["held_out"] = read_folder(tmp_path / "held_out", (1, 8, 8), False)
    found = select(folders, Settings())
    assert found.identical == ["a-member-0000.png"]
    assert folders["held_out"].names.index("a-member-0000.png") not in found.rows["held_out"]


def test_one_of_each_group_of_near_copies_is_kept(folders, monkeypatch):
    monkeypatch.setattr(selection, "groups_of_copies", lambda images, *_: np.arange(len(images)) // 2)
    found = select(folders, Settings())
    assert sorted(found.rows["members"]) == list(range(0, 40, 2))
    assert found.copies == {"members": 20, "held_out": 25}


def test_copies_do_not_make_up_for_images(folders, monkeypatch):
    monkeypatch.setattr(selection, "groups_of_copies", lambda images, *_: np.arange(len(images)) // 4)
    with pytest.raises(ValueError, match="members has 10 different usable images; an audit needs at least 20"):
        select(folders, Settings())


def test_features_are_those_of_the_rows_in_their_order(folders, monkeypatch):
    monkeypatch.setattr(selection, "AT_ONCE", 7)
    found = select(folders, Settings())
    features = features_of(folders, found)
    expected = [folders["members"].images[i].mean() for i in found.rows["members"]]
    assert np.allclose(features["members"]["mean of channel 0"], expected, atol=1e-6)
    assert features["members"].keys() == features["held_out"].keys()
    assert features["held_out"]["file format PNG"].tolist() == [1] * 50
