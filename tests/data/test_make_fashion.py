"""The archive of clothes can be made anew, byte for byte, and only from the original files."""

import gzip

import numpy as np
import pytest

from helpers.data.catalogue import load_fashion
from helpers.data.make_fashion import make_fashion


def write_originals(folder, pixels, labels, magic=(2051, 2049)):
    """Two files in the IDX format: magic number, dimensions, bytes."""
    folder.mkdir(exist_ok=True)
    for name, array, number in (("images-idx3", pixels, magic[0]), ("labels-idx1", labels, magic[1])):
        header = b"".join(int(n).to_bytes(4, "big") for n in (number, *array.shape))
        (folder / f"train-{name}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))
    return folder


@pytest.fixture
def originals(tmp_path):
    """Twenty pictures, ten of them twice, and their labels."""
    pixels = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    pixels, labels = np.concatenate([pixels, pixels[:10]]), np.arange(20, dtype=np.uint8)
    return write_originals(tmp_path / "originals", pixels, np.concatenate([labels, labels[:10]]))


def test_the_archive_holds_distinct_originals_with_their_labels(originals, tmp_path):
    make_fashion(originals, tmp_path / "out.npz", images=15)
    pixels = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    with np.load(tmp_path / "out.npz") as archive:
        assert archive["images"].shape == (15, 28, 28)
        assert len(set(archive["labels"].tolist())) == 15
        assert np.array_equal(archive["images"], pixels[archive["labels"]])
    assert [path.name for path in tmp_path.glob("*.npz")] == ["out.npz"]


def test_the_same_originals_give_the_same_bytes_and_the_seed_decides_which(originals, tmp_path):
    for name, seed in (("one", 0), ("two", 0), ("other", 1)):
        make_fashion(originals, tmp_path / f"{name}.npz", images=15, seed=seed)
    one, two, other = ((tmp_path / f"{name}.npz").read_bytes() for name in ("one", "two", "other"))
    assert one == two != other


def test_an_archive_made_anew_can_be_loaded(originals, tmp_path):
    make_fashion(originals, tmp_path / "out.npz")
    split = load_fashion(members=8, held_out=8, size=32, archive=tmp_path / "out.npz")
    assert [len(p) for p in (split.members, split.held_out, split.auxiliary)] == [8, 8, 4]


@pytest.mark.parametrize(("magic", "name"), [((2049, 2049), "images-idx3"), ((2051, 2051), "labels-idx1")])
def test_an_original_with_a_wrong_magic_number_is_refused(tmp_path, magic, name):
    folder = write_originals(tmp_path, np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8), magic)
    with pytest.raises(ValueError, match=rf"train-{name}-ubyte\.gz is no IDX file with magic number \d+; get the original"):
        make_fashion(folder, tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


BROKEN = {
    "empty": b"",
    "another file": b"<html>not found</html>",
    "short": gzip.compress(b"short"),
    "cut": gzip.compress(bytes(900))[:40],
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())  # a name: gzip writes the time into what it writes
def test_what_is_no_original_at_all_is_refused(originals, tmp_path, content):
    (originals / "train-images-idx3-ubyte.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"train-images-idx3-ubyte\.gz is no IDX file with magic number 2051"):
        make_fashion(originals, tmp_path / "out.npz")


def test_a_missing_original_is_reported_by_its_path(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train-images-idx3-ubyte\.gz"):
        make_fashion(tmp_path, tmp_path / "out.npz")
