"""Which images are asked about: no image chooses and is reported, none is lost, and what can be seen of them fits them."""

import numpy as np
import pytest

from helpers.audit import selection
from helpers.audit.selection import features_of, select
from helpers.audit.settings import Settings
from helpers.data.catalogue import load_digits
from helpers.data.folders import ImageFolder


def folder(images):
    return ImageFolder(images, [f"{i}.png" for i in range(len(images))], captions=[""] * len(images))


@pytest.fixture
def folders():
    split = load_digits()
    return {"members": folder(split.members[:40]), "held_out": folder(split.held_out[:50])}


def test_calibration_and_evaluation_share_no_image_and_lose_none(folders):
    found = select(folders, Settings())
    for name, of in folders.items():
        assert not set(found.calibration[name]) & set(found.evaluation[name])
        assert set(found.rows[name]) == set(range(len(of.names)))
        assert found.rows[name][found.evaluation_mask[name]].tolist() == found.evaluation[name].tolist()


def test_a_held_out_image_that_is_a_member_is_left_out(folders):
    images = folders["held_out"].images.clone()
    images[3] = folders["members"].images[5]
    found = select(folders | {"held_out": folder(images)}, Settings())
    assert found.identical == ["3.png"]
    assert 3 not in found.rows["held_out"]


def test_one_of_each_group_of_near_copies_is_kept(folders, monkeypatch):
    monkeypatch.setattr(selection, "groups_of", lambda images: np.arange(len(images)) // 2)
    found = select(folders, Settings())
    assert sorted(found.rows["members"]) == list(range(0, 40, 2))
    assert found.copies == {"members": 20, "held_out": 25}


def test_copies_do_not_make_up_for_images(folders, monkeypatch):
    monkeypatch.setattr(selection, "groups_of", lambda images: np.arange(len(images)) // 4)
    with pytest.raises(ValueError, match="members has 10 different usable images; an audit needs at least 20"):
        select(folders, Settings())


def test_captions_that_are_not_there_are_refused(folders):
    with pytest.raises(ValueError, match="members has no captions"):
        select(folders, Settings(prompts="captions"))


def test_features_are_those_of_the_rows_in_their_order(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(selection, "AT_ONCE", 7)
    found = select(folders, Settings())
    features = features_of(folders, {"members": tmp_path, "held_out": tmp_path}, found)
    expected = [folders["members"].images[i].mean() for i in found.rows["members"]]
    assert np.allclose(features["members"]["mean of channel 0"], expected, atol=1e-6)
    assert features["members"].keys() == features["held_out"].keys()
    assert len(features["held_out"]["file format none"]) == 50
