"""Whatever lies in a folder of images is read as the model expects it, or left out with a reason; nothing is fatal."""

import json
import os
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from helpers.data import folders
from helpers.data.folders import read_folder, save_images, shrink
from helpers.data.splits import image_keys

SHAPE = (3, 40, 40)


@pytest.fixture
def colours():
    return np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)


@pytest.fixture
def photos(tmp_path):
    """Seven images of 40 x 40 pixels, and the tensor that they are."""
    images = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (7, *SHAPE), np.uint8)).float() / 127.5 - 1
    save_images(images, tmp_path / "photos")
    return tmp_path / "photos", images


@pytest.fixture(params=[folders.KEPT, 3 * 40 * 40 * 2, 0], ids=["kept", "two kept", "none kept"])
def read(request, photos):
    return read_folder(photos[0], SHAPE, progress=False, kept=request.param)


def test_a_png_of_the_right_size_comes_as_it_is(tmp_path, colours):
    Image.fromarray(colours).save(tmp_path / "a.png")
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    assert torch.equal(found.images[0], torch.from_numpy(colours).permute(2, 0, 1).float() / 127.5 - 1)
    assert found.names == ["a.png"]
    assert found.changed == found.left_out == {}
    assert found.notes == []


@pytest.mark.parametrize(
    "rows",
    [
        slice(None),
        slice(2, 5),
        slice(None, None, -2),
        [3, 0, 3],
        np.array([5, 1]),
        torch.tensor([2, 6]),
        np.arange(7) % 2 == 0,
        [],
    ],
)
def test_rows_are_those_of_the_tensor_whether_they_are_kept_or_decoded_again(read, photos, rows):
    expected = photos[1][rows] if not isinstance(rows, slice) else photos[1][range(*rows.indices(7))]
    assert torch.equal(read.images[rows], expected)
    assert read.images[rows].dtype == torch.float32


def test_a_single_row_is_one_image_and_all_come_in_order(read, photos):
    assert torch.equal(read.images[-1], photos[1][-1])
    assert torch.equal(read.images[np.int64(2)], photos[1][2])
    assert torch.equal(torch.stack([*read.images]), photos[1])
    assert read.images.shape == (7, *SHAPE)
    assert len(read.images) == 7
    with pytest.raises(IndexError):
        read.images[7]


def test_small_images_are_means_over_areas_to_a_grey_level(read, photos):
    assert torch.equal(read.images.small(8), shrink(photos[1], 8))
    assert torch.allclose(read.images.small(), shrink(photos[1], 32), atol=0.51 / 127.5)
    assert torch.equal(read.images.small(64), photos[1])


def test_keys_are_equal_where_the_pixels_are(photos, tmp_path):
    images = photos[1]
    save_images(torch.stack([images[3], images[0], images[3]]), tmp_path / "others")
    keys = read_folder(photos[0], SHAPE, progress=False).images.keys
    assert read_folder(tmp_path / "others", SHAPE, progress=False).images.keys == [keys[3], keys[0], keys[3]]
    assert len(set(keys)) == len(set(image_keys(images))) == 7


def test_some_rows_alone_are_a_folder_of_their_own(read, photos):
    found = read.only([4, 1])
    assert torch.equal(found.images[:], photos[1][[4, 1]])
    assert found.names == ["000004.png", "000001.png"]
    assert found.images.keys == [read.images.keys[4], read.images.keys[1]]
    assert len(found.captions) == len(found.labels) == len(found.files) == 2


def test_no_more_pixels_stay_in_memory_than_may(photos):
    found = read_folder(photos[0], SHAPE, progress=False, kept=3 * 40 * 40 * 2 + 5)
    assert sum(image.pixels is not None for image in found.images._images) == 2


def test_a_file_that_changes_or_goes_while_it_is_in_use_is_named(photos):
    found = read_folder(photos[0], SHAPE, progress=False, kept=0)
    Image.new("RGB", SHAPE[1:]).save(photos[0] / "000002.png")
    (photos[0] / "000003.png").unlink()
    with pytest.raises(ValueError, match=r"000002.png was changed while it was in use"):
        found.images[2]
    with pytest.raises(ValueError, match=r"000003.png could be read before, and no longer: No such file"):
        found.images[3]


def test_names_are_sorted_and_go_into_subfolders(tmp_path, colours):
    (tmp_path / "b").mkdir()
    for name in ("c.png", "b/a.png", "a.png"):
        Image.fromarray(colours).save(tmp_path / name)
    (tmp_path / "notes.md").write_text("no image")
    (tmp_path / "a.txt").write_text(" a red coat\n")
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    assert found.names == ["a.png", "b/a.png", "c.png"]
    assert found.captions == ["a red coat", "", ""]
    assert found.left_out == {"notes.md": "no image"}
    assert found.notes == ["2 of 3 images have no caption: b/a.png, c.png."]


def test_labels_are_the_folders_names_or_the_tables_column(tmp_path, colours):
    for name in ("cat/1.png", "cat/2.png", "dog/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(colours).save(tmp_path / name)
    assert read_folder(tmp_path, (3, 8, 8), progress=False).labels == ["cat", "cat", "dog"]
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "dog/1.png", "label": 7}')
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    assert found.labels == ["", "", "7"]
    assert found.notes == ["2 of 3 images have no label: cat/1.png, cat/2.png."]


def test_five_hundred_files_in_another_format_are_read_not_ignored(tmp_path):
    for i in range(30):
        Image.new("RGB", (8, 8), (i, i, i)).save(tmp_path / f"{i}.avif" if i % 10 else tmp_path / f"{i}.jp2")
    os.rename(tmp_path / "1.avif", tmp_path / "without-suffix")
    os.rename(tmp_path / "2.avif", tmp_path / "wrong.txt")
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    assert len(found.images) == 30
    assert found.left_out == {}
    assert {f.format for f in found.files} == {"AVIF", "JPEG2000"}


def test_broken_empty_and_huge_files_are_left_out_by_name(tmp_path, colours, monkeypatch):
    Image.fromarray(colours).save(tmp_path / "good.png")
    whole = (tmp_path / "good.png").read_bytes()
    (tmp_path / "half.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.jpg").write_text("not an image")
    (tmp_path / "empty.png").touch()
    (tmp_path / "long.png").write_bytes(whole + bytes(1 << 20))
    Image.new("L", (200, 200)).save(tmp_path / "huge.png")
    monkeypatch.setattr(folders, "MOST_BYTES", 1 << 20)
    found = read_folder(tmp_path, (3, 8, 8), progress=False, most_pixels=10_000)
    assert found.names == ["good.png"]
    assert set(found.left_out) == {"half.png", "text.jpg", "empty.png", "huge.png", "long.png"}
    assert found.left_out["huge.png"] == "200 x 200 pixels are more than 10,000"
    assert found.left_out["text.jpg"] == "no image, or a broken one"
    assert found.left_out["empty.png"] == "empty"
    assert found.left_out["long.png"] == "1 MB are more than 1"


def test_a_caption_of_what_is_left_out_is_left_out_too(tmp_path, colours):
    Image.fromarray(colours).save(tmp_path / "good.png")
    for name in ("good.txt", "bad.png", "bad.txt", "README", "README.txt"):
        (tmp_path / name).write_text("words")
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    described = {"bad.txt": "it describes bad.png, which was left out", "README.txt": "it describes README, which was left out"}
    assert found.left_out == {"bad.png": "no image, or a broken one", "README": "no image"} | described


def test_names_that_are_no_text_can_be_hashed_and_written(tmp_path, colours):
    for name in (b"r\xe9.png", b"r\xe8.png"):
        Image.fromarray(colours).save(tmp_path / "a.png")
        os.rename(tmp_path / "a.png", tmp_path / os.fsdecode(name))
    (tmp_path / os.fsdecode(b"r\xe9.txt")).write_text("coffee")
    found = read_folder(tmp_path, (3, 8, 8), progress=False)
    assert found.names == [r"r\xe8.png", r"r\xe9.png"]
    assert found.captions == ["", "coffee"]
    assert json.dumps(found.names).encode()


@pytest.mark.parametrize("kept", [folders.KEPT, 0])
def test_a_zip_is_read_as_the_folder(photos, tmp_path, kept):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as out:
        for path in photos[0].iterdir():
            out.write(path, path.name)
    found, expected = (read_folder(place, SHAPE, False, kept=kept) for place in (tmp_path / "photos.zip", photos[0]))
    assert found.names == expected.names
    assert torch.equal(found.images[:], photos[1])


def test_broken_members_of_a_zip_are_left_out(tmp_path, colours):
    Image.fromarray(colours).save(tmp_path / "a.png")
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as out:
        for name in ("a.png", "broken.png"):
            out.write(tmp_path / "a.png", name)
    content = bytearray((tmp_path / "z.zip").read_bytes())
    at = content.rindex(b"IDAT", 0, content.index(b"PK\x01\x02"))
    content[at + 20] ^= 255
    (tmp_path / "z.zip").write_bytes(content)
    found = read_folder(tmp_path / "z.zip", (3, 8, 8), False)
    assert found.names == ["a.png"]
    assert "CRC" in found.left_out["broken.png"]


def test_a_folder_without_an_image_says_what_was_there(tmp_path):
    with pytest.raises(ValueError, match=r"no readable image in .* \(it is empty\)"):
        read_folder(tmp_path, (3, 8, 8), progress=False)
    (tmp_path / "text.jpg").write_text("not an image")
    with pytest.raises(ValueError, match=r"no readable image in .*text.jpg: no image"):
        read_folder(tmp_path, (3, 8, 8), progress=False)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        read_folder(tmp_path / "nowhere", (3, 8, 8))


def test_channels_that_images_do_not_have_are_refused(tmp_path):
    with pytest.raises(ValueError, match="1 or 3 channels, the model expects 4"):
        read_folder(tmp_path, (4, 8, 8))
