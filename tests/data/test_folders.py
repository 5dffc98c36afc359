"""Whatever lies in a folder of images is read as the model expects it, or left out with a reason; nothing is fatal."""

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.data.folders import read_folder, read_image


@pytest.fixture
def colours():
    return np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


def test_a_png_of_the_right_size_comes_as_it_is(tmp_path, colours):
    Image.fromarray(colours).save(tmp_path / "a.png")
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    assert torch.equal(found.images[0], torch.from_numpy(colours).permute(2, 0, 1).float() / 127.5 - 1)
    assert found.names == ["a.png"]
    assert found.changed == found.left_out == {}


def test_names_are_sorted_and_go_into_subfolders(tmp_path, colours):
    (tmp_path / "b").mkdir()
    for name in ("c.png", "b/a.png", "a.png"):
        Image.fromarray(colours).save(tmp_path / name)
    (tmp_path / "notes.md").write_text("no image")
    (tmp_path / "a.txt").write_text(" a red coat\n")
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    assert found.names == ["a.png", "b/a.png", "c.png"]
    assert found.captions == ["a red coat", "", ""]


def test_a_large_photograph_is_cut_in_the_middle(tmp_path):
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255
    Image.fromarray(wide).save(tmp_path / "wide.png")
    found = read_folder(tmp_path, (3, 10, 10), progress=False)
    assert found.images[0, :, 2:-2, 2:-2].min() > 0.9
    assert found.changed == {"cut and resized to 10 x 10": 1}


def test_a_turned_photograph_is_turned_back(tmp_path, colours):
    image = Image.fromarray(colours)
    exif = image.getexif()
    exif[0x0112] = 6  # the camera stood on its side
    image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    array, notes = read_image(tmp_path / "turned.png", (3, 8, 8))
    assert np.allclose(array, colours.transpose(2, 0, 1) / 127.5 - 1, atol=1e-6)
    assert notes == ["turned as its EXIF entry says"]


def test_transparent_pixels_lie_on_white(tmp_path):
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    array, notes = read_image(tmp_path / "clear.png", (3, 8, 8))
    assert array.min() == 1
    assert notes == ["laid on white"]


def test_an_animation_gives_its_first_frame(tmp_path):
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 255)]
    frames[0].save(tmp_path / "moves.gif", save_all=True, append_images=frames[1:])
    array, notes = read_image(tmp_path / "moves.gif", (1, 8, 8))
    assert array.max() == -1
    assert "first frame of an animation" in notes


@pytest.mark.parametrize(("channels", "mode", "note"), [(3, "L", "grey, repeated"), (1, "RGB", "colour, turned to grey")])
def test_channels_become_those_of_the_model(tmp_path, channels, mode, note):
    Image.new(mode, (8, 8), 255 if mode == "L" else (255, 255, 255)).save(tmp_path / "a.png")
    array, notes = read_image(tmp_path / "a.png", (channels, 8, 8))
    assert array.shape == (channels, 8, 8)
    assert array.min() == 1
    assert notes[0].startswith(note)


def test_sixteen_bits_keep_their_range(tmp_path):
    values = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    Image.fromarray(values).save(tmp_path / "deep.png")
    array, _ = read_image(tmp_path / "deep.png", (1, 8, 8))
    assert np.allclose(array[0], values / 65535 * 2 - 1, atol=0.01)


def test_broken_empty_and_huge_files_are_left_out_by_name(tmp_path, colours):
    Image.fromarray(colours).save(tmp_path / "good.png")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "empty.png").touch()
    Image.new("L", (200, 200)).save(tmp_path / "huge.png")
    found = read_folder(tmp_path, (3, 8, 8), progress=False, most_pixels=10_000)
    assert found.names == ["good.png"]
    assert set(found.left_out) == {"half.png", "text.jpg", "empty.png", "huge.png"}
    assert found.left_out["huge.png"] == "200 x 200 pixels are more than 10,000"
    assert found.left_out["text.jpg"] == "no image, or a broken one"


def test_a_folder_without_an_image_says_what_was_there(tmp_path):
    (tmp_path / "text.jpg").write_text("not an image")
    with pytest.raises(ValueError, match=r"no readable image in .*text.jpg: no image"):
        read_folder(tmp_path, (3, 8, 8), progress=False)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        read_folder(tmp_path / "nowhere", (3, 8, 8))


def test_channels_that_images_do_not_have_are_refused(tmp_path):
    with pytest.raises(ValueError, match="1 or 3 channels, the model expects 4"):
        read_folder(tmp_path, (4, 8, 8))
