"""A table's images are read row by row, as the folder they were made from would be."""

import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, Features, Image, Value
from PIL import Image as Pillow
from pyarrow import parquet

from helpers.data.tables import is_parquet, is_saved, parquet_images, paths_in, saved_images


def png(seed):
    file = io.BytesIO()
    Pillow.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)).save(file, "PNG")
    return file.getvalue()


PNGS = [png(seed) for seed in range(5)]


@pytest.fixture
def data():
    """As `datasets` holds images: bytes and the name of a file; captions and a class beside them."""
    images = [{"bytes": content, "path": f"{i}.png"} for i, content in enumerate(PNGS)]
    features = Features({"image": Image(), "text": Value("string"), "label": ClassLabel(names=["cat", "dog"])})
    return Dataset.from_dict({"image": images, "text": list("abcde"), "label": [0, 1, 0, 1, 0]}, features=features)


def contents(rows):
    return {name: source.read() for name, source in rows.files.items()}


NAMED = {f"{i}.png": content for i, content in enumerate(PNGS)}


def test_a_parquet_of_datasets_gives_images_captions_and_classes(data, tmp_path):
    data.to_parquet(tmp_path / "a.parquet", batch_size=2)
    found = parquet_images(tmp_path / "a.parquet")
    assert is_parquet(tmp_path / "a.parquet")
    assert contents(found) == NAMED
    assert found.captions == dict(zip(NAMED, "abcde", strict=True))
    assert found.labels == dict(zip(NAMED, "01010", strict=True))


def test_row_groups_are_read_as_they_are_asked_for(data, tmp_path):
    parquet.write_table(pa.table({"jpg": PNGS}), tmp_path / "a.parquet", row_group_size=2)
    found = parquet_images(tmp_path / "a.parquet")
    assert [*found.files] == ["0", "1", "2", "3", "4"]
    assert [found.files[name].read() for name in ("4", "0", "3")] == [PNGS[4], PNGS[0], PNGS[3]]


def test_a_saved_data_set_gives_the_same(data, tmp_path):
    data.save_to_disk(tmp_path / "saved")
    found = saved_images(tmp_path / "saved")
    assert is_saved(tmp_path / "saved")
    assert not is_saved(tmp_path)
    assert contents(found) == NAMED
    assert found.captions == dict(zip(NAMED, "abcde", strict=True))
    assert found.labels == dict(zip(NAMED, "01010", strict=True))


def test_a_selection_that_was_saved_is_read_as_selected(data, tmp_path):
    data.select([3, 1]).save_to_disk(tmp_path / "saved")
    assert contents(saved_images(tmp_path / "saved")) == {"3.png": PNGS[3], "1.png": PNGS[1]}


def test_a_row_without_a_picture_says_so_when_it_is_opened(tmp_path):
    rows = [{"bytes": None, "path": None}, {"bytes": PNGS[0], "path": None}, None, {"bytes": None, "path": "beside.png"}]
    (tmp_path / "beside.png").write_bytes(PNGS[1])
    parquet.write_table(pa.table({"image": rows}), tmp_path / "a.parquet")
    found = parquet_images(tmp_path / "a.parquet").files
    assert found["1"].read() == PNGS[0]
    assert found["beside.png"].read() == PNGS[1]
    for name in ("0", "2"):
        with pytest.raises(ValueError, match="no picture in this row"):
            found[name].read()


def test_rows_of_one_name_are_told_apart(tmp_path):
    parquet.write_table(pa.table({"image": [{"bytes": b, "path": "x.png"} for b in PNGS]}), tmp_path / "a.parquet")
    found = parquet_images(tmp_path / "a.parquet").files
    assert len(found) == 5
    assert [source.read() for source in found.values()] == PNGS


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" * 100])
def test_a_broken_parquet_is_refused(tmp_path, content):
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(ValueError, match=r"a\.parquet is no readable parquet: "):
        parquet_images(tmp_path / "a.parquet")


def test_a_table_without_images_says_what_it_has(data, tmp_path):
    pd.DataFrame({"words": ["a"], "n": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match=r"a\.parquet has no column of images .* it has words, n"):
        parquet_images(tmp_path / "a.parquet")
    data.remove_columns(["image"]).save_to_disk(tmp_path / "saved")
    with pytest.raises(ValueError, match=r"saved has no column of images .* it has text, label"):
        saved_images(tmp_path / "saved")


def test_a_broken_saved_data_set_is_refused(data, tmp_path):
    data.save_to_disk(tmp_path / "saved")
    (tmp_path / "saved" / "state.json").write_text("{}")
    with pytest.raises(ValueError, match="saved is no readable data set: "):
        saved_images(tmp_path / "saved")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "caption,file_name\na,0.png\nb,deep/1.png\n"),
        ("t.csv", "where,caption\n0.png,a\ndeep/1.png,b\n"),
        ("t.tsv", "path\tcaption\n0.png\ta\ndeep/1.png\tb\n"),
        ("t.jsonl", '{"file_name": "0.png", "text": "a"}\n{"file_name": "deep/1.png", "text": "b"}\n'),
    ],
)
def test_paths_in_a_table_are_relative_to_it(tmp_path, name, text):
    (tmp_path / "deep").mkdir()
    for path, content in (("0.png", PNGS[0]), ("deep/1.png", PNGS[1])):
        (tmp_path / path).write_bytes(content)
    (tmp_path / name).write_text(text)
    found = paths_in(tmp_path / name)
    assert contents(found) == {"0.png": PNGS[0], "deep/1.png": PNGS[1]}
    assert found.captions == {"0.png": "a", "deep/1.png": "b"}


def test_a_bare_list_of_paths_needs_no_header(tmp_path):
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(PNGS[i])
    (tmp_path / "t.csv").write_text("0.png\n1.png\n2.png\n")
    assert [*paths_in(tmp_path / "t.csv").files] == ["0.png", "1.png", "2.png"]


def test_lines_without_a_file_are_left_out_by_name(tmp_path):
    (tmp_path / "0.png").write_bytes(PNGS[0])
    (tmp_path / "t.csv").write_text(f"path,text\n0.png,a\ngone.png,b\n,c\n{'x' * 5000},d\n\0,e\n")
    found = paths_in(tmp_path / "t.csv")
    assert [*found.files] == ["0.png"]
    assert found.left_out["gone.png (line 3)"] == "no such file"
    assert found.left_out["line 4"] == "names no file"
    assert len(found.left_out) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [("", r"t\.csv has no rows"), ("a,b\n1,2\n", r"no column of t\.csv names files that are there, relative to it; it has a, b")],
)
def test_a_table_that_names_no_files_is_refused(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        paths_in(tmp_path / "t.csv")
