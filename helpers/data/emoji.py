"""Pictures in colour, each with a caption: which are members, and where are their near copies?

1,623 pictures of Noto Emoji and 1,875 variants of them in other skin tones, brought to 32 x 32 RGB on white; and the same 1,623
concepts in another hand, Twemoji's. A caption is a picture's Unicode name in small letters, a variant's also says its tones. The
book comes with these; at 64 x 64, the same pictures in the same groups, they can be made.

Pictures that differ in skin tone, or are near copies by `helpers.data.near_copies.find_copies`, are one *group*, and a group
lies in one part of a split: a near copy of a member in the held-out part would carry the wrong label.

Source: Noto Emoji 2.048 (Google, Apache License 2.0), Twemoji 16.0.1 (CC BY 4.0); `helpers.data.make_emoji` made the archives.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch
from torch import Tensor

from helpers.data.splits import MembershipSplit, draw_order, image_keys
from helpers.errors import InvalidInput, MissingFile

EMOJI_ARCHIVE = Path(__file__).parent / "emoji.npz"
OTHER_HAND_ARCHIVE = Path(__file__).parent / "twemoji.npz"


class Archives(NamedTuple):
    """The files of pictures of one size: Noto Emoji, and the same concepts in another hand."""

    emoji: Path
    other_hand: Path


# By the side of the pictures in pixels; those of 64 are local, and nothing of them is committed.
ARCHIVES = {
    32: Archives(EMOJI_ARCHIVE, OTHER_HAND_ARCHIVE),
    64: Archives(Path("_build/emoji-64/emoji.npz"), Path("_build/emoji-64/twemoji.npz")),
}
Variants = Literal["out", "together", "apart"]


class Words(NamedTuple):
    """A caption, or the name of a category, for each image of each part of a split, in its order."""

    members: tuple[str, ...]
    held_out: tuple[str, ...]
    auxiliary: tuple[str, ...]


NOTHING = Words((), (), ())


@dataclass(frozen=True)
class CaptionedSplit(MembershipSplit):
    """A split whose images have captions and categories.

    Raises:
        ValueError: as `MembershipSplit`, or another number of captions or categories than of images in a part.
    """

    captions: Words = NOTHING
    categories: Words = NOTHING

    def __post_init__(self):
        super().__post_init__()
        for words in (self.captions, self.categories):
            for part, found in words._asdict().items():
                images = getattr(self, part)
                wanted = 0 if images is None else len(images)
                if len(found) != wanted:
                    raise InvalidInput(f"{part} has {wanted} images and {len(found)} captions or categories; each needs one")


def archives_of(size: int) -> Archives:
    """The archives of pictures of `size` x `size` pixels.

    Raises:
        ValueError: another size than those of `ARCHIVES`.
        FileNotFoundError: they have not been made; the message says how to.
    """
    if size not in ARCHIVES:
        raise InvalidInput(f"there are emoji of {' and '.join(map(str, ARCHIVES))} pixels a side, got {size}")
    for archive in ARCHIVES[size]:
        if not archive.is_file():
            raise MissingFile(
                f"no emoji of {size} x {size} at {archive}; run `npm pack emoji-datasource-google@16.0.0 "
                f"emoji-datasource-twitter@16.0.0`, then `python -m helpers maintain make-emoji . --size {size}`"
            )
    return ARCHIVES[size]


def load_emoji(
    seed: int = 0,
    members: int = 500,
    held_out: int = 500,
    variants: Variants = "out",
    archive: Path = EMOJI_ARCHIVE,
    auxiliary_seed: int | None = None,
) -> CaptionedSplit:
    """Pictures (3, 32, 32) in [-1, 1], or of the archive's size, with captions; all that is left over is auxiliary.

    Args:
        seed: of the permutation that draws the split.
        auxiliary_seed: keeps the auxiliary part as that seed draws it, so that one model of public pictures serves several
            splits; `seed` then draws members and held-out images out of the rest.
        members, held_out: how many images of each.
        variants: "out": only the 1,623 pictures in their usual tone; "together": variants, too, each in the part of its
            picture; "apart": variants, too, each for itself, so that near copies of members are held out (equal ones once).
        archive: the .npz file with the originals; see `archives_of`.

    Raises:
        ValueError: fewer than 2 of either, more than there are, or another word for `variants`.
    """
    if variants not in get_args(Variants):
        raise InvalidInput(f"variants must be one of {', '.join(get_args(Variants))}, got {variants!r}")
    stored = _read(archive)
    usual = np.flatnonzero(stored.of == np.arange(len(stored.of)))
    rows = {"out": usual, "together": np.arange(len(stored.of)), "apart": stored.different}[variants]
    groups = np.arange(len(rows)) if variants == "apart" else stored.groups[rows]
    parts = draw_groups(groups, seed if auxiliary_seed is None else auxiliary_seed, members, held_out)
    if auxiliary_seed is not None:
        private = np.sort(np.concatenate(parts[:2]))
        parts = [*(private[part] for part in draw_groups(groups[private], seed, members, held_out)[:2]), parts[2]]
    parts = [rows[part] for part in parts]
    images = [stored.images[part] for part in parts]
    captions, categories = (
        Words(*(tuple(names[part].tolist()) for part in parts)) for names in (stored.captions, stored.categories)
    )
    return CaptionedSplit(images[0], images[1], images[2] if len(images[2]) else None, captions, categories)


class Tones(NamedTuple):
    """One picture in other skin tones: images (v, 3, 32, 32) in [-1, 1], or of the archive's size, with a caption each."""

    images: Tensor
    captions: tuple[str, ...]


def other_tones(images: Tensor, archive: Path = EMOJI_ARCHIVE) -> dict[int, Tones]:
    """Those of the images (n, 3, h, w) of which the archive has other skin tones, by their row; not tones that look the same.

    Raises:
        ValueError: an image that is not one of the archive's pictures in their usual tone.
    """
    stored = _read(archive)
    usual = np.flatnonzero(stored.of == np.arange(len(stored.of)))
    known = dict(zip(image_keys(stored.images[usual]), usual.tolist(), strict=True))
    differs = np.array([key not in known for key in image_keys(stored.images)])
    found = {}
    for row, key in enumerate(image_keys(images)):
        if key not in known:
            raise InvalidInput(f"image {row} is none of the archive's pictures in their usual tone; take those of load_emoji")
        variants = np.flatnonzero((stored.of == known[key]) & differs)
        if len(variants):
            found[row] = Tones(stored.images[variants], tuple(stored.captions[variants].tolist()))
    return found


class OtherHand(NamedTuple):
    """Images (1623, 3, 32, 32) in [-1, 1], or of the archive's size, with a caption and a category each."""

    images: Tensor
    captions: tuple[str, ...]
    categories: tuple[str, ...]


def load_other_hand(archive: Path = OTHER_HAND_ARCHIVE, captions_from: Path = EMOJI_ARCHIVE) -> OtherHand:
    """The same concepts as Twemoji draws them."""
    with np.load(archive, allow_pickle=False) as stored:
        images = _in_range(stored["images"])
    named = _read(captions_from)
    return OtherHand(images, *(tuple(words[: len(images)].tolist()) for words in (named.captions, named.categories)))


def draw_groups(groups: np.ndarray, seed: int, members: int, held_out: int) -> list[np.ndarray]:
    """Rows of members, of held-out and of auxiliary images, in random order, with no group (n,) in two of them.

    A group that would make a part too large goes to the next one.

    Raises:
        ValueError: fewer than 2 members or held-out images, or groups that do not fill both parts.
    """
    if members < 2 or held_out < 2 or members + held_out > len(groups):
        raise InvalidInput(
            f"members and held_out must be at least 2 and at most {len(groups)} together, got {members} and {held_out}"
        )
    sizes = members, held_out, len(groups)
    parts: tuple[list[int], ...] = ([], [], [])
    names, inverse = np.unique(groups, return_inverse=True)
    by_group = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
    for group in draw_order(len(names), seed).tolist():
        rows = by_group[group]
        part = next(part for part, size in zip(parts, sizes, strict=True) if len(part) + len(rows) <= size)
        part.extend(rows)
    if (len(parts[0]), len(parts[1])) != (members, held_out):
        raise InvalidInput(f"groups of near copies do not fill {members} members and {held_out} held-out images; ask for fewer")
    return [np.array(part, dtype=int) for part in parts]


class _Stored(NamedTuple):
    """An archive: of each picture its pixels, the row that it is a variant of, its group, its caption and its category."""

    images: Tensor
    of: np.ndarray
    groups: np.ndarray
    captions: np.ndarray
    categories: np.ndarray

    @property
    def different(self) -> np.ndarray:
        """Rows of all pictures, of equal ones the first."""
        first = {key: row for row, key in reversed([*enumerate(image_keys(self.images))])}
        return np.sort([*first.values()])


@lru_cache(maxsize=2)
def _read(archive: Path) -> _Stored:
    with np.load(archive, allow_pickle=False) as stored:
        categories = stored["category_names"][stored["categories"]]
        return _Stored(_in_range(stored["images"]), stored["of"], stored["groups"], stored["captions"], categories)


def _in_range(pixels: np.ndarray) -> Tensor:
    """(n, h, w, 3) of 8 bits as float32 (n, 3, h, w) in [-1, 1]."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1
