"""What a reader has to know stands in sentences: sizes that do not fit, a model that does not denoise, tries, copies."""

import pytest
import torch

from helpers import zoo
from helpers.audit.control import Control
from helpers.audit.remarks import about_images, about_model, about_run, about_sizes
from helpers.data.folders import read_folder, save_images
from helpers.models.pretrained import LoadedModel


@pytest.fixture
def model():
    return LoadedModel(zoo.load("ddpm-digits"), "DDPMPipeline", (1, 8, 8))


def folders(tmp_path, *sizes):
    """Images of these sides, as a model with 8 x 8 pixels gets them."""
    for i, size in enumerate(sizes):
        save_images(torch.rand(1, 1, size, size) * 2 - 1, tmp_path / str(i))
    return {"members": read_folder(tmp_path, (1, 8, 8), False), "held_out": read_folder(tmp_path, (1, 8, 8), False)}


@pytest.mark.parametrize(
    ("sizes", "warns"), [((16, 16, 16, 8), True), ((8, 8, 8, 16), False), ((9, 12, 17, 30), False), ((16, 16, 8, 8), False)]
)
def test_images_of_one_size_that_is_not_the_models_are_a_warning(tmp_path, model, sizes, warns):
    found = about_sizes(folders(tmp_path, *sizes), model)
    assert len(found) == warns
    assert all("6 of the 8 images have 16 x 16 pixels" in text and "--size 16x16" in text for text in found)


def test_a_model_that_denoises_badly_and_several_tries_are_warnings():
    bad, poor, good = (Control({50: loss}, {50: 0.9}) for loss in (1.2, 0.95, 0.1))
    assert "does not denoise these images" in about_run(bad, 1)[0]
    assert "no better than shrinking" in about_run(poor, 1)[0]
    assert about_run(good, 1) == []
    assert "one of 3 audits" in about_run(good, 3)[0]


def test_notes_name_what_was_not_read_and_count_copies(tmp_path, model):
    model.unread, model.notes = [f"{i}.pt" for i in range(30)], ["half precision"]
    notes = about_model(model)
    assert notes[0] == "About the model: half precision."
    assert "0.pt" in notes[1]
    assert "more" in notes[1]
    notes = about_images(folders(tmp_path, 8, 8), {"members": 1, "held_out": 2})
    assert "1 of the members images is a near copy of others" in notes[-2]
    assert "2 of the held-out images are near copies of others" in notes[-1]
