"""The same images are found in whatever holds them, and a place that holds none says why."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from datasets import Dataset, DatasetDict, Image
from PIL import Image as Pillow

from helpers.data.containers import contents


@pytest.fixture
def photos(tmp_path):
    """Three images with captions, one of them in metadata."""
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for i, name in enumerate(("a.png", "b.png", "deep/c.png")):
        Pillow.fromarray(np.random.default_rng(i).integers(0, 256, (8, 8, 3), np.uint8)).save(folder / name)
    (folder / "a.txt").write_text("first")
    (folder / "metadata.jsonl").write_text('{"file_name": "deep/c.png", "text": "third", "label": "x"}')
    (folder / "notes.md").write_text("no image")
    return folder


def packed(folder, kind):
    """The folder in an archive, or its images in a table."""
    path = folder.parent / f"packed.{kind}"
    if kind == "csv":
        path.write_text("path,text\nphotos/a.png,first\nphotos/b.png,\nphotos/deep/c.png,third\n")
        return path
    if kind in ("parquet", "saved"):
        names = ["a.png", "b.png", "deep/c.png"]
        images = [{"bytes": (folder / name).read_bytes(), "path": name} for name in names]
        data = Dataset.from_dict({"image": images, "text": ["first", "", "third"]}).cast_column("image", Image())
        data.to_parquet(path) if kind == "parquet" else data.save_to_disk(path)
        return path
    formats = {"zip": "zip", "tar": "tar", "tar.gz": "gztar"}
    return shutil.make_archive(str(folder.parent / "packed"), formats[kind], folder)


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "parquet", "saved", "csv"])
def test_every_container_gives_what_the_folder_gives(photos, kind):
    here, there = contents(photos), contents(Path(packed(photos, kind)))
    assert [*here.files] == ["a.png", "b.png", "deep/c.png", "notes.md"]
    images = [name for name in there.files if name.endswith(".png")]
    assert [there.files[name].read() for name in images] == [here.files[name].read() for name in here.files][:3]
    assert [there.captions.get(name, "") for name in images] == ["first", "", "third"]
    assert here.captions == {"a.png": "first", "deep/c.png": "third"}
    assert here.labels == {"deep/c.png": "x"}
    assert here.beside == {"a.png": "a.txt"}
    assert here.left_out == there.left_out == {}


def test_archives_in_a_folder_of_images_are_named(photos):
    packed(photos, "zip")
    shutil.move(photos.parent / "packed.zip", photos / "old.zip")
    found = contents(photos)
    assert found.left_out == {"old.zip": "an archive or a table in a folder of images; give it by itself to have it read"}


def test_a_folder_of_shards_is_read_as_all_of_them(photos, tmp_path):
    shards = tmp_path / "shards"
    shards.mkdir()
    for name in ("0.zip", "1.zip"):
        with zipfile.ZipFile(shards / name, "w") as out:
            out.write(photos / "a.png", "a.png")
            out.write(photos / "a.txt", "a.txt")
    packed(photos, "parquet")
    shutil.copy(photos.parent / "packed.parquet", shards / "2.parquet")
    (shards / "README").touch()
    found = contents(shards)
    assert [*found.files] == ["0.zip/a.png", "1.zip/a.png", "2.parquet/a.png", "2.parquet/b.png", "2.parquet/deep/c.png"]
    assert found.captions["1.zip/a.png"] == found.captions["2.parquet/a.png"] == "first"
    assert found.beside["0.zip/a.png"] == "0.zip/a.txt"
    assert found.left_out == {"README": "no image"}


def test_several_saved_data_sets_are_named(photos, tmp_path):
    packed(photos, "saved")
    data = Dataset.load_from_disk(tmp_path / "packed.saved")
    DatasetDict({"train": data, "test": data}).save_to_disk(tmp_path / "both")
    with pytest.raises(ValueError, match=r"both holds several data sets \(train, test\); give the folder of one"):
        contents(tmp_path / "both")
    assert len(contents(tmp_path / "both" / "test").files) == 3
    (tmp_path / "both" / "dataset_dict.json").write_text("{")
    with pytest.raises(ValueError, match="cannot be read"):
        contents(tmp_path / "both")


def test_what_is_not_there_or_of_another_kind_is_refused(photos):
    with pytest.raises(FileNotFoundError, match="no folder"):
        contents(photos / "nowhere")
    for name in ("a.png", "notes.md"):
        with pytest.raises(ValueError, match=f"{name} is no folder, zip, tar, parquet, csv, tsv or jsonl"):
            contents(photos / name)


def test_what_may_not_be_read_is_refused_in_one_line(photos, monkeypatch):
    def refuse(*args):
        raise PermissionError(13, "Permission denied", "x")

    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(ValueError, match="photos cannot be read: Permission denied"):
        contents(photos)
