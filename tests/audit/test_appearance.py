"""What can be seen of an image moves when the image is changed, each number by what it is named after."""

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.audit.appearance import appearance, file_features, tabulated
from helpers.audit.innocents.scenes import leaves
from helpers.audit.innocents.shifts import SHIFTS


@pytest.fixture(scope="module")
def images():
    return leaves(12, np.random.default_rng(0))[0]


@pytest.mark.parametrize(
    ("shift", "feature", "more"),
    [
        ("compression", "blocks across", True),
        ("sensor noise", "noise level", True),
        ("blur", "band 5 of the spectrum", False),
        ("sharpening", "peaks beside a blur of 1", True),
        ("colour cast", "mean of channel 0", True),
        ("gamma", "median", True),
        ("watermark", "step at the border", True),
        ("bit depth", "grey levels", False),
    ],
)
def test_a_shift_moves_what_is_named_after_it(images, shift, feature, more):
    before, after = appearance(images)[feature], appearance(SHIFTS[shift](images, 1.0))[feature]
    assert np.mean(after > before if more else after < before) > 0.8


@pytest.mark.parametrize("shape", [(3, 1, 8, 8), (2, 3, 5, 9), (1, 1, 64, 64)])
def test_every_shape_has_finite_features(shape):
    found = appearance(torch.zeros(shape))
    assert all(value.shape == (shape[0],) and np.isfinite(value).all() for value in found.values())


def test_features_do_not_depend_on_the_batch(images, monkeypatch):
    whole = appearance(images)
    monkeypatch.setattr("helpers.audit.appearance.AT_ONCE", 1)
    assert all(np.allclose(whole[name], value) for name, value in appearance(images).items())


def test_values_outside_the_range_are_refused():
    with pytest.raises(ValueError, match=r"must lie in \[-1, 1\]"):
        appearance(torch.full((2, 1, 8, 8), 2.0))


def test_headers_of_files_tell_formats_and_qualities_apart(tmp_path):
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (16, 16, 3), np.uint8))
    picture.save(tmp_path / "a.png")
    picture.save(tmp_path / "b.jpg", quality=50)
    picture.save(tmp_path / "c.jpg", quality=95)
    (tmp_path / "d.jpg").write_text("no image")
    found = file_features([tmp_path / name for name in ("a.png", "b.jpg", "c.jpg", "d.jpg", "nowhere.png")])
    assert found["file format PNG"].tolist() == [1, 0, 0, 0, 0]
    assert found["file format JPEG"].tolist() == [0, 1, 1, 0, 0]
    assert found["file format none"].tolist() == [0, 0, 0, 1, 1]
    assert found["file quantisation"][1] > found["file quantisation"][2] > 0
    assert found["file width"].tolist() == [16, 16, 16, 0, 0]


def test_texts_become_columns_and_what_is_missing_zero():
    found = tabulated([{"kind": "a", "size": 2.0}, {"kind": "b"}])
    assert {name: column.tolist() for name, column in found.items()} == {"kind a": [1, 0], "kind b": [0, 1], "size": [2, 0]}
