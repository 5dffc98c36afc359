"""Where do the pictures of emoji.npz and twemoji.npz come from?

The packages ``emoji-datasource-google`` and ``emoji-datasource-twitter`` 16.0.0 of the npm registry hold Noto Emoji and Twemoji
at 64 x 64. Flags, keycaps and components are left out; each picture is laid on white and averaged over blocks of 2 x 2 pixels.
The same packages give the same archives:

    npm pack emoji-datasource-google@16.0.0 emoji-datasource-twitter@16.0.0
    python -m helpers maintain make-emoji .

With ``--size 64`` nothing is averaged, and the archives are local ones: whoever has a GPU trains on them.
"""

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers.data.emoji import ARCHIVES, EMOJI_ARCHIVE, Archives
from helpers.data.near_copies import find_copies
from helpers.errors import InvalidInput, MissingFile
from helpers.files import replacing

PACKAGES = {
    "google": ("emoji-datasource-google-16.0.0.tgz", "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438"),
    "twitter": ("emoji-datasource-twitter-16.0.0.tgz", "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877"),
}
LEFT_OUT = ("Flags", "Component")
TONES = {"1F3FB": "light", "1F3FC": "medium-light", "1F3FD": "medium", "1F3FE": "medium-dark", "1F3FF": "dark"}


def make_emoji(folder: Path, size: int = 32, archives: Archives | None = None, small: Path = EMOJI_ARCHIVE) -> Archives:
    """Write both archives of pictures of `size` x `size` pixels, 32 or 64, from the packages in `folder`.

    Args:
        archives: where to write; by default where `helpers.data.emoji.archives_of` finds them.
        small: the archive of 32 x 32, whose groups of near copies larger pictures share, so that a seed draws the same split.

    Raises:
        FileNotFoundError: a package is not there.
        ValueError: a package is another than the one that the archives were made from, or `small` holds other pictures.
    """
    archives = archives or ARCHIVES[size]
    files = {hand: read_package(folder / name, sha256) for hand, (name, sha256) in PACKAGES.items()}
    entries = entries_of(files["google"])
    variants = [(i, tones, v) for i, e in enumerate(entries) for tones, v in (e.get("skin_variations") or {}).items()]
    names = [*(e["image"] for e in entries), *(v["image"] for _, _, v in variants)]
    images = np.stack([picture(files["google"][f"img/google/64/{name}"], size) for name in names])
    of = np.array([*range(len(entries)), *(i for i, _, _ in variants)])
    captions = [e["name"].lower() for e in entries]
    captions += [f"{captions[i]}, {in_words(tones)}" for i, tones, _ in variants]
    category_names = sorted({e["category"] for e in entries})
    groups = groups_of(images, of) if size == 32 else known_groups(small, captions)
    with replacing(archives.emoji) as temporary:
        np.savez_compressed(
            temporary, images=images, of=of, groups=groups, captions=np.array(captions),
            categories=np.array([category_names.index(entries[i]["category"]) for i in of], np.uint8),
            category_names=np.array(category_names),
        )  # fmt: skip
    with replacing(archives.other_hand) as temporary:
        pictures = [picture(files["twitter"][f"img/twitter/64/{e['image']}"], size) for e in entries]
        np.savez_compressed(temporary, images=np.stack(pictures))
    return archives


def read_package(path: Path, sha256: str) -> dict[str, bytes]:
    """The content of each file of a package, by its path inside.

    Raises:
        FileNotFoundError, ValueError: as `make_emoji`.
    """
    if not path.is_file():
        raise MissingFile(f"no package {path}; get it with: npm pack {path.name.removesuffix('.tgz').replace('-16', '@16')}")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InvalidInput(f"{path} is another package than the archives were made from: its SHA-256 is {found}, not {sha256}")
    with tarfile.open(fileobj=io.BytesIO(content)) as package:
        members = [member for member in package if member.isfile()]
        return {m.name.removeprefix("package/"): package.extractfile(m).read() for m in members}  # type: ignore[union-attr]


def entries_of(files: dict[str, bytes]) -> list[dict[str, Any]]:
    """What the package says of each emoji that is used, in the order of the Unicode charts."""
    entries = json.loads(files["emoji.json"])
    used = [e for e in entries if e["category"] not in LEFT_OUT and e["subcategory"] != "keycap"]
    return sorted(used, key=lambda e: e["sort_order"])


def picture(png: bytes, size: int) -> np.ndarray:
    """A picture of 64 x 64 on white, averaged over blocks to (size, size, 3) of 8 bits; at 64 a block is one pixel."""
    with Image.open(io.BytesIO(png)) as image:
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image.convert("RGBA"))
    pixels = np.asarray(white.convert("RGB"), dtype=np.float64)
    block = 64 // size
    return pixels.reshape(size, block, size, block, 3).mean((1, 3)).round().astype(np.uint8)


def in_words(tones: str) -> str:
    """The skin tones of a variant, of one person or of two: "1F3FB" is "light skin tone"."""
    return ", ".join(f"{TONES[tone]} skin tone" for tone in tones.split("-"))


def known_groups(archive: Path, captions: list[str]) -> np.ndarray:
    """The groups (n,) that an archive gives to the pictures of these captions.

    Raises:
        ValueError: the archive holds other pictures, or holds them in another order.
    """
    with np.load(archive, allow_pickle=False) as stored:
        if stored["captions"].tolist() != captions:
            raise InvalidInput(f"{archive} holds other pictures than the packages, so their groups are not known; make it anew")
        return stored["groups"]


def groups_of(images: np.ndarray, of: np.ndarray) -> np.ndarray:
    """The group of each picture (n,): of one picture in several tones, or near copies; linked by a chain of either.

    Args:
        of: the row of the picture that each is a variant of; its own for those that are none.
    """
    pixels, rows = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1, np.arange(len(of))
    # Among so many variants images lie closer together, so that fewer of the usual ones would count as copies.
    usual = np.flatnonzero(of == rows)
    among_all, among_usual = find_copies(pixels, progress=True), find_copies(pixels[usual], progress=True)
    links = np.concatenate([among_all.pairs, usual[among_usual.pairs], np.stack([of, rows], 1)])
    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), (len(of), len(of)))
    return connected_components(graph, directed=False)[1]
