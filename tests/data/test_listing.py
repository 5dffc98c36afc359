"""All files below a folder or in an archive are listed once, under names that can be shown; nothing is unpacked."""

import io
import os
import socket
import tarfile
import zipfile

import pytest

from helpers.data import listing
from helpers.data.listing import Source, is_archive, list_archive, list_folder, printable, unique


def test_files_come_sorted_with_their_content_and_size(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("c", "b/a.png", "a.png"):
        (tmp_path / name).write_text(name)
    found = list_folder(tmp_path)
    assert [*found.files] == ["a.png", "b/a.png", "c"]
    assert [(source.read().decode(), source.size) for source in found.files.values()] == [("a.png", 5), ("b/a.png", 7), ("c", 1)]
    assert found.left_out == {}


def test_hidden_files_are_named_on_one_line(tmp_path):
    for name in (".DS_Store", "Thumbs.db", "a.png", ".cache/deep/b.png", "__MACOSX/._a.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = list_folder(tmp_path)
    assert [*found.files] == ["a.png"]
    assert found.left_out == {"4 hidden": "hidden: .DS_Store, .cache, Thumbs.db and 1 more"}


def test_links_to_files_and_folders_are_followed_but_not_in_a_circle(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "z").mkdir(parents=True)
    outside.mkdir()
    (inside / "z" / "real.png").touch()
    (outside / "far.png").touch()
    (inside / "a").symlink_to(outside)
    (inside / "circle").symlink_to(inside)
    (inside / "again").symlink_to(inside / "z")
    (inside / "one.png").symlink_to(outside / "far.png")
    (outside / "back").symlink_to(inside)
    (inside / "broken.png").symlink_to(outside / "nowhere")
    (inside / "itself").symlink_to(inside / "itself")
    found = list_folder(inside)
    assert [*found.files] == ["a/far.png", "one.png", "z/real.png"]
    again = "a folder that is read under another name"
    link = "a broken link"
    assert found.left_out == {"a/back": again, "again": again, "circle": again, "broken.png": link, "itself": link}


def test_what_is_no_file_is_named(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(tmp_path) if len(str(tmp_path)) > 90 else None
        server.bind(os.path.relpath(tmp_path / "s.png"))
        assert set(list_folder(tmp_path).left_out.values()) == {"no file, but a device, a pipe or a socket"}


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.png").touch()
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = list_folder(tmp_path)
    assert [*found.files] == ["a.png"]
    assert found.left_out == {"closed": "a folder that cannot be listed: Permission denied"}


def test_names_that_are_no_text_become_text_that_is_unique(tmp_path):
    for name in (b"r\xe9.png", b"r\\xe9.png", b"new\nline.png", b"escape\x1b[31m.png", "Grüße 図.png".encode()):
        (tmp_path / os.fsdecode(name)).touch()
    names = [*list_folder(tmp_path).files]
    assert len(set(names)) == 5
    assert {"Grüße 図.png", r"new\x0aline.png", r"escape\x1b[31m.png", r"r\xe9.png"} < set(names)
    assert all(name.isprintable() and name.encode() for name in names)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a b", "a b"), ("\udcff", r"\xff"), ("\u202e", r"\u202e"), ("\U000e0001", r"\U000e0001"), ("\0", r"\x00")],
)
def test_invisible_characters_are_shown_by_their_number(name, shown):
    assert printable(name) == shown


def test_a_name_that_is_taken_gets_a_number():
    taken = {"a/b.png": Source(io.BytesIO)}
    other = unique("a/b.png", taken)
    assert other not in taken
    assert other.startswith("a/b (")
    assert other.endswith(").png")


@pytest.fixture(params=["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"])
def archive(request, tmp_path):
    path = tmp_path / f"photos.{request.param}"
    members = {"z/a.png": b"one", "b.png": b"two", "../../up.png": b"three", "/root.png": b"four", "__MACOSX/._b.png": b""}
    if request.param == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in members.items():
                out.writestr(name, content)
        return path
    with tarfile.open(path, "w:" + request.param[4:]) as out:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return path


def test_an_archive_is_read_as_the_folder_would_be_and_unpacked_nowhere(archive):
    assert is_archive(archive)
    found = list_archive(archive)
    content = {name: source.read() for name, source in found.files.items()}
    assert content == {"../../up.png": b"three", "/root.png": b"four", "b.png": b"two", "z/a.png": b"one"}
    assert found.left_out == {"1 hidden": "hidden: __MACOSX/._b.png"}
    assert [p.name for p in archive.parent.iterdir()] == [archive.name]


def test_a_member_beyond_the_limit_is_refused_when_it_is_opened(archive, monkeypatch):
    monkeypatch.setattr(listing, "MOST_BYTES", 3)
    with pytest.raises(ValueError, match="more than 0 MB"):
        list_archive(archive).files["../../up.png"].read(3)


def test_what_is_cut_off_a_tar_is_noted_and_the_rest_read(tmp_path):
    with tarfile.open(tmp_path / "t.tar", "w") as out:
        for name in ("a.png", "b.png"):
            info = tarfile.TarInfo(name)
            info.size = 2000
            out.addfile(info, io.BytesIO(bytes(2000)))
    content = (tmp_path / "t.tar").read_bytes()
    (tmp_path / "t.tar").write_bytes(content[:3500])
    found = list_archive(tmp_path / "t.tar")
    assert "a.png" in found.files
    assert found.notes[0].startswith("t.tar breaks off after")


def test_links_inside_a_tar_are_followed_and_devices_named(tmp_path):
    with tarfile.open(tmp_path / "t.tar", "w") as out:
        info = tarfile.TarInfo("a.png")
        info.size = 3
        out.addfile(info, io.BytesIO(b"one"))
        for name, kind, target in (
            ("l.png", tarfile.SYMTYPE, "a.png"),
            ("x.png", tarfile.SYMTYPE, "gone"),
            ("p", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            out.addfile(info)
    found = list_archive(tmp_path / "t.tar")
    assert found.files["l.png"].read() == b"one"
    assert found.left_out == {"p": "no file, but a device, a pipe or a socket"}
    with pytest.raises(ValueError, match="a broken link"):
        found.files["x.png"].read()


def test_a_tar_that_unpacks_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "MOST_UNPACKED", 1000)
    with tarfile.open(tmp_path / "t.tar.gz", "w:gz") as out:
        info = tarfile.TarInfo("a.png")
        info.size = 2000
        out.addfile(info, io.BytesIO(bytes(2000)))
    with pytest.raises(ValueError, match=r"t.tar.gz unpacks to more than"):
        list_archive(tmp_path / "t.tar.gz")


@pytest.mark.parametrize(
    ("name", "head"), [("a.zip", b"PK\x05\x06" + bytes(18)), ("b.tar", b"\x1f\x8b\x08\0nonsense"), ("c.tar", b"text")]
)
def test_what_is_no_archive_is_no_error(tmp_path, name, head):
    (tmp_path / name).write_bytes(head)
    assert is_archive(tmp_path / name) == (name == "a.zip")
    if name != "a.zip":
        with pytest.raises(ValueError, match=f"{name} is no readable tar"):
            list_archive(tmp_path / name)


def test_a_broken_zip_is_refused_by_name(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"\0" * 100 + b"PK\x05\x06" + b"\xff" * 18)
    if is_archive(tmp_path / "a.zip"):
        with pytest.raises(ValueError, match=r"a\.zip is no readable zip"):
            list_archive(tmp_path / "a.zip")
