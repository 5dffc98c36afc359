"""A data set is read from every format on disk, with the same split; no test needs the network."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from datasets import Dataset, Image
from PIL import Image as Pillow

from helpers.data.catalogue import FASHION_ARCHIVE
from helpers.data.public import load_public, open_images, read_split_file
from helpers.data.row_order import TORCHVISION, RowOrder

COUNT = 24


@pytest.fixture(scope="module")
def pictures():
    generator = np.random.default_rng(0)
    return [Pillow.fromarray(generator.integers(0, 256, (32, 32, 3), np.uint8)) for _ in range(COUNT)]


@pytest.fixture(scope="module", params=["saved", "parquet", "folder"])
def copy(request, pictures, tmp_path_factory):
    """The same images on disk in three formats, in the same order."""
    path = tmp_path_factory.mktemp(request.param) / "data"
    rows = Dataset.from_dict({"img": pictures, "label": list(range(COUNT))})
    rows = rows.cast_column("img", Image())
    if request.param == "saved":
        rows.save_to_disk(path)
    elif request.param == "parquet":
        path.mkdir()
        rows.to_parquet(path / "train-00000.parquet")
    else:
        path.mkdir()
        for i, picture in enumerate(pictures):
            picture.save(path / f"{i:03}.png")
    return path


def test_every_format_gives_the_split_of_the_seed(copy, pictures):
    split = load_public("mine", 10, 8, seed=3, path=copy, progress=False)
    order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(3)).tolist()
    for images, rows in ((split.members, order[:10]), (split.held_out, order[10:18])):
        expected = torch.stack([torch.from_numpy(np.array(pictures[i])).permute(2, 0, 1) for i in rows])
        assert torch.equal(images, expected.float() / 127.5 - 1)


def test_a_split_file_of_the_field_is_followed(copy, pictures, tmp_path):
    np.savez(tmp_path / "split.npz", mia_train_idxs=np.arange(0, 20, 2), mia_eval_idxs=np.arange(1, 21, 2))
    settings = {"split_file": tmp_path / "split.npz", "split_order": "copy"}
    split = load_public("mine", 4, 4, path=copy, progress=False, **settings)
    for images, rows in ((split.members, (0, 2, 4, 6)), (split.held_out, (1, 3, 5, 7))):
        expected = torch.stack([torch.from_numpy(np.array(pictures[i])).permute(2, 0, 1) for i in rows])
        assert torch.equal(images, expected.float() / 127.5 - 1)


@pytest.mark.slow
def test_thousands_of_real_pictures_are_read_from_parquet_and_resized(tmp_path):
    with np.load(FASHION_ARCHIVE) as stored:
        pixels = stored["images"]
    rows = Dataset.from_dict({"image": [Pillow.fromarray(p) for p in pixels]}).cast_column("image", Image())
    rows.to_parquet(tmp_path / "test.parquet")
    split = load_public("fashion", 3000, 3000, path=tmp_path, channels=1, progress=False)
    assert split.members.shape == split.held_out.shape == (3000, 1, 32, 32)
    everything = torch.cat([split.members, split.held_out])
    assert everything.mean() == pytest.approx(pixels.mean() / 127.5 - 1, abs=0.01)
    first = torch.randperm(len(pixels), generator=torch.Generator().manual_seed(0))[0]
    expected = Pillow.fromarray(pixels[first]).resize((32, 32), Pillow.Resampling.BILINEAR)
    assert torch.equal(split.members[0, 0], torch.from_numpy(np.array(expected)).float() / 127.5 - 1)


def test_a_crop_is_taken_from_the_middle_before_resizing(tmp_path):
    picture = np.zeros((218, 178, 3), np.uint8)
    picture[39:179, 19:159] = 255
    for i in range(4):
        shade = picture.copy()
        shade[39:179, 19:159] = 200 + i
        Pillow.fromarray(shade).save(tmp_path / f"{i}.png")
    split = load_public("celeba", 2, 2, path=tmp_path, progress=False)
    assert split.members.shape == (2, 3, 32, 32)
    assert torch.cat([split.members, split.held_out]).min() > 200 / 127.5 - 1 - 1e-4


def test_grey_images_may_be_asked_for(copy):
    assert load_public("mine", 2, 2, path=copy, size=16, channels=1, progress=False).members.shape == (2, 1, 16, 16)


def test_only_the_rows_of_the_split_are_read(pictures, tmp_path):
    for i, picture in enumerate(pictures):
        picture.save(tmp_path / f"{i:03}.png")
    wanted = torch.randperm(COUNT, generator=torch.Generator().manual_seed(0)).tolist()[:5]
    for i in set(range(COUNT)) - set(wanted):
        (tmp_path / f"{i:03}.png").write_text("whoever reads this fails")
    split = load_public("mine", 3, 2, path=tmp_path, progress=False)
    assert (len(split.members), len(split.held_out)) == (3, 2)
    with pytest.raises(OSError, match="cannot identify"):
        load_public("mine", 3, 3, path=tmp_path, progress=False)


@pytest.mark.parametrize(("members", "held_out", "short"), [(30, 2, "30 members"), (10, 20, "20 held_out")])
def test_more_images_than_there_are_is_an_error(copy, members, held_out, short):
    with pytest.raises(ValueError, match=f"{short} are wanted"):
        load_public("mine", members, held_out, path=copy, progress=False)


def test_a_hub_that_cannot_be_reached_is_named_with_a_way_out():
    def unreachable(*arguments, **settings):
        raise ConnectionError("no route")

    with pytest.raises(ConnectionError, match=r"could not get uoft-cs/cifar10 from the hub \(no route\); a copy"):
        load_public("cifar10", 1, 1, ask_hub=unreachable)


def test_a_hub_is_asked_for_the_part_of_the_catalogue(pictures):
    asked = []

    def hub(name, split):
        asked.append((name, split))
        return Dataset.from_dict({"img": pictures}).cast_column("img", Image())

    assert len(load_public("stl10u", 3, 2, progress=False, ask_hub=hub).members) == 3
    assert asked == [("tanganke/stl10", "unlabeled")]


def test_a_split_file_does_not_meet_rows_in_another_order_and_nothing_is_fetched(tmp_path):
    def never(*arguments, **settings):
        pytest.fail("the hub was asked")

    with pytest.raises(ValueError, match="in torchvision's order, the hub has cifar10 in another"):
        load_public("cifar10", 1, 1, split_file=tmp_path / "split.npz", ask_hub=never)


@pytest.mark.parametrize("dataset", ["cifar100", "stl10u", "celeba", "mine"])
def test_a_split_file_is_refused_where_the_order_of_rows_cannot_be_shown(dataset, copy, tmp_path):
    np.savez(tmp_path / "split.npz", mia_train_idxs=np.arange(4), mia_eval_idxs=np.arange(4, 8))
    with pytest.raises(ValueError, match=f"can show that order for {dataset}; if the file was made for this very copy, say so"):
        load_public(dataset, 4, 4, path=copy, split_file=tmp_path / "split.npz", progress=False)


def test_a_split_file_meets_a_copy_that_shows_its_order_and_no_other(copy, pictures, tmp_path, monkeypatch):
    np.savez(tmp_path / "split.npz", mia_train_idxs=np.arange(4), mia_eval_idxs=np.arange(4, 8))
    lines = {i: np.array(pictures[i])[0].tolist() for i in (0, COUNT - 1)}
    right = RowOrder(COUNT, {i: (line[:3], line[-3:]) for i, line in lines.items()})
    monkeypatch.setitem(TORCHVISION, "cifar10", right)
    read = {"path": copy, "split_file": tmp_path / "split.npz", "progress": False}
    assert len(load_public("cifar10", 4, 4, **read).members) == 4
    monkeypatch.setitem(TORCHVISION, "cifar10", replace(right, lines={1: right.lines[0]}))
    with pytest.raises(ValueError, match="its row 1 is another image than torchvision's"):
        load_public("cifar10", 4, 4, **read)
    assert len(load_public("cifar10", 4, 4, split_order="copy", **read).members) == 4


def test_an_order_that_nobody_knows_is_an_error(copy):
    with pytest.raises(ValueError, match="split_order must be one of torchvision, copy, got 'hub'"):
        load_public("mine", 1, 1, path=copy, split_order="hub")


def test_held_out_pictures_that_are_members_are_left_out(pictures, tmp_path):
    rows = {"img": [*pictures[:10], *pictures[:2], *pictures[12:]]}
    Dataset.from_dict(rows).cast_column("img", Image()).to_parquet(tmp_path / "twins.parquet")
    np.savez(tmp_path / "split.npz", mia_train_idxs=np.arange(10), mia_eval_idxs=np.arange(10, 20))
    given = {"split_file": tmp_path / "split.npz", "split_order": "copy"}
    with pytest.warns(UserWarning, match="2 held-out images are members, pixel for pixel"):
        split = load_public("mine", 10, 10, path=tmp_path, progress=False, **given)
    assert (len(split.members), len(split.held_out)) == (10, 8)


def test_an_unknown_name_without_a_path_is_an_error():
    with pytest.raises(ValueError, match="dataset must be one of cifar10, cifar100, stl10u, celeba"):
        load_public("mnist", 2, 2)


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no data set at"):
        open_images(tmp_path)


def test_a_table_without_images_is_an_error(tmp_path):
    Dataset.from_dict({"text": ["a", "b"]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ValueError, match="no column of the data set holds images; there are text"):
        load_public("mine", 1, 1, path=tmp_path)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"train": [0]}, "has no mia_train_idxs, mia_eval_idxs; it holds train"),
        ({"mia_train_idxs": [0, 1], "mia_eval_idxs": [1, 2]}, "1 rows in both parts, such as 1"),
        ({"mia_train_idxs": [0, 99], "mia_eval_idxs": [1, 2]}, "rows beyond the 24 images"),
    ],
)
def test_a_split_file_that_does_not_fit_is_an_error(tmp_path, arrays, message):
    np.savez(tmp_path / "split.npz", **{name: np.array(rows) for name, rows in arrays.items()})
    with pytest.raises(ValueError, match=message):
        read_split_file(tmp_path / "split.npz", COUNT)
