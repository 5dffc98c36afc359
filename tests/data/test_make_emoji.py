"""The archives of emoji can be made anew, and only from the packages that they were made from."""

import hashlib
import io
import json
import tarfile

import numpy as np
import pytest
from PIL import Image

from helpers.data import make_emoji as made
from helpers.data.emoji import Archives, load_emoji, load_other_hand

TONES = ("1F3FB", "1F3FF")


def png(colour, size=64):
    """A square of a colour in the middle of a transparent picture."""
    image = Image.new("RGBA", (size, size), (0, 0, 0, 0))
    image.paste(Image.new("RGBA", (size // 2, size // 2), colour), (size // 4, size // 4))
    file = io.BytesIO()
    image.save(file, "png")
    return file.getvalue()


def write_package(path, hand, entries):
    """A package with a picture of random colour for each file that the entries name."""
    rng = np.random.default_rng(len(hand))
    names = [e["image"] for e in entries] + [v["image"] for e in entries for v in e.get("skin_variations", {}).values()]
    files = {"emoji.json": json.dumps(entries).encode()}
    files |= {f"img/{hand}/64/{name}": png((*map(int, rng.integers(0, 256, 3)), 255)) for name in names}
    with tarfile.open(path, "w:gz") as package:
        for name, content in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            package.addfile(info, io.BytesIO(content))
    return path.name, hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """A folder with both packages: 30 emoji, the first with two variants, one flag and one keycap that do not count."""
    entry = {"category": "Objects", "subcategory": "tool"}
    entries = [{"name": f"TOOL {i}", "image": f"{i}.png", "sort_order": 30 - i, **entry} for i in range(30)]
    entries[0] |= {"category": "People & Body"}
    entries[0]["skin_variations"] = {tone: {"image": f"0-{tone}.png"} for tone in ("1F3FB", "1F3FB-1F3FF")}
    unused = [{"name": "FLAG", "image": "f.png", "sort_order": 0, "category": "Flags", "subcategory": "country-flag"}]
    unused += [{"name": "KEYCAP", "image": "k.png", "sort_order": 0, "category": "Symbols", "subcategory": "keycap"}]
    for hand, (name, _) in made.PACKAGES.items():
        monkeypatch.setitem(made.PACKAGES, hand, write_package(tmp_path / name, hand, entries + unused))
    return tmp_path


def archives(folder, name=""):
    return Archives(folder / f"{name}emoji.npz", folder / f"{name}other.npz")


def test_archives_made_anew_can_be_loaded(packages, tmp_path):
    emoji, other = made.make_emoji(packages, archives=archives(tmp_path))
    with np.load(emoji) as archive:
        assert archive["images"].shape == (32, 32, 32, 3)
        assert archive["images"][0, 0, 0].tolist() == [255] * 3
        assert archive["captions"][[0, 29, 30, 31]].tolist() == [
            "tool 29", "tool 0", "tool 0, light skin tone", "tool 0, light skin tone, dark skin tone",
        ]  # fmt: skip
        assert archive["of"].tolist() == [*range(30), 29, 29]
        assert len(set(archive["groups"][[29, 30, 31]])) == 1
    split = load_emoji(members=8, held_out=8, variants="together", archive=emoji)
    assert sum(map(len, split.captions)) == 32
    assert {*split.categories.members, *split.categories.held_out, *split.categories.auxiliary} == {"Objects", "People & Body"}
    assert load_other_hand(other, emoji).captions == tuple(f"tool {i}" for i in range(29, -1, -1))


def test_the_same_packages_give_the_same_bytes(packages, tmp_path):
    one, two = (made.make_emoji(packages, archives=archives(tmp_path, name)) for name in ("one-", "two-"))
    assert one.emoji.read_bytes() == two.emoji.read_bytes()


def test_larger_pictures_are_those_of_the_packages_in_the_groups_of_the_small_ones(packages, tmp_path):
    small = made.make_emoji(packages, archives=archives(tmp_path))
    large = made.make_emoji(packages, 64, archives(tmp_path, "large-"), small.emoji)
    for of_32, of_64 in zip(small, large, strict=True):
        with np.load(of_32) as few, np.load(of_64) as many:
            n = len(few["images"])
            assert many["images"].shape == (n, 64, 64, 3)
            assert (many["images"][:, ::2, ::2] == few["images"]).all()  # squares of one colour, on blocks
            assert set(few.files) == set(many.files)
            assert all((few[name] == many[name]).all() for name in set(few.files) - {"images"})
    splits = [load_emoji(3, 8, 8, archive=archive) for archive in (small.emoji, large.emoji)]
    assert splits[0].captions == splits[1].captions
    assert splits[1].members.shape == (8, 3, 64, 64)


def test_larger_pictures_than_those_whose_groups_are_known_are_refused(packages, tmp_path):
    with pytest.raises(ValueError, match=r"emoji\.npz holds other pictures than the packages, so their groups are not known"):
        made.make_emoji(packages, 64, archives(tmp_path))  # the book's archive has other pictures
    assert not list(tmp_path.glob("*.npz"))


def test_another_package_is_refused_and_one_that_is_missing_is_named(packages, tmp_path):
    name, _ = made.PACKAGES["twitter"]
    (packages / name).write_bytes(b"another")
    with pytest.raises(ValueError, match="is another package than the archives were made from: its SHA-256 is"):
        made.make_emoji(packages, archives=archives(tmp_path))
    (packages / name).unlink()
    with pytest.raises(FileNotFoundError, match=r"npm pack emoji-datasource-twitter@16\.0\.0"):
        made.make_emoji(packages, archives=archives(tmp_path))
    assert not list(tmp_path.glob("*.npz"))
