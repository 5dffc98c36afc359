"""Which images are in this folder, and what had to be done to them?

Photographs come turned, grey, transparent, animated, far too large or broken; and in folders, archives and tables. Each is
brought to what the model was trained on, or left out; either way it is named.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from tqdm.auto import tqdm

from helpers.data.captions import folder_labels
from helpers.data.containers import Contents, contents
from helpers.data.decoding import MOST_BYTES, MOST_PIXELS, FileFacts, Picture, decode, reason
from helpers.data.listing import Source
from helpers.errors import InvalidInput
from helpers.files import folded, to_8_bits

KEPT = 1 << 29  # bytes of pixels that stay in memory; what goes beyond is decoded again whenever it is asked for
SMALL = 32  # pixels; near copies are looked for among pictures of this size


@dataclass(frozen=True)
class KeptImage:
    """One image of `Images`: pixels uint8 (c, h, w), where they are kept; small: the same of at most SMALL x SMALL."""

    key: str
    small: np.ndarray
    decode: Callable[[], np.ndarray]
    pixels: np.ndarray | None = None


class _Store:
    """Where pixels stay, in blocks that are taken once.

    Many arrays of an image's size that come and go between small ones that stay leave gaps that nothing fits: 3 MB an image.
    """

    def __init__(self, n: int, image_shape: tuple[int, int, int], kept: int):
        channels, height, width = image_shape
        self.scratch = torch.empty(1, *image_shape)
        self.small = np.empty((n, *_pooled(self.scratch).shape[1:]), np.uint8)
        self.whole = np.empty((min(n, kept // (channels * height * width)), *image_shape), np.uint8)
        if self.small.shape[1:] == image_shape:
            self.whole = self.small
        self.row = 0

    def add(self, pixels: np.ndarray, read: Callable[[], Picture], name: str) -> KeptImage:
        row, self.row = self.row, self.row + 1
        self.scratch[0] = torch.tensor(pixels)
        self.small[row] = _pooled(self.scratch)[0].round().numpy()
        key = _key(pixels)
        again = partial(_decode_again, read, key, name)
        if row >= len(self.whole):
            return KeptImage(key, self.small[row], again)
        self.whole[row] = pixels
        return KeptImage(key, self.small[row], again, self.whole[row])


class Images:
    """Images of a folder, decoded when they are asked for: ``images[rows]`` is float32 (n, c, h, w) in [-1, 1].

    Rows are an int (then the result is one image, (c, h, w)), a slice, or integers or booleans in a list, an array or a tensor.

    Example:
        >>> from helpers.data.folders import read_folder  # doctest: +SKIP
        >>> images = read_folder("photos", (3, 64, 64)).images  # doctest: +SKIP
        >>> images[:8].shape  # doctest: +SKIP
        torch.Size([8, 3, 64, 64])
    """

    def __init__(self, images: Sequence[KeptImage], image_shape: tuple[int, int, int]):
        self._images, self.image_shape = list(images), image_shape

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, rows: int | slice | Sequence[int] | np.ndarray | Tensor) -> Tensor:
        if isinstance(rows, int | np.integer):
            return _scaled(self._pixels(self._images[rows]))
        chosen = np.arange(len(self))[rows if isinstance(rows, slice) else np.asarray(rows, None if len(rows) else int)]
        if not len(chosen):
            return torch.empty(0, *self.image_shape)
        return _scaled(np.stack([self._pixels(self._images[row]) for row in chosen]))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[row] for row in range(len(self)))

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(n, c, h, w)"""
        return len(self), *self.image_shape

    @property
    def keys(self) -> list[str]:
        """SHA-256 of the pixels of each image, in hexadecimal digits: what tells images apart."""
        return [image.key for image in self._images]

    def small(self, side: int = SMALL) -> Tensor:
        """All images as float32 (n, c, h', w') in [-1, 1], means over areas where one has more than `side` pixels a side.

        Up to `SMALL` this needs no second look at the files, and 4 bytes a value: 120 MB for 10,000 colour images.
        """
        if side == SMALL:
            return _scaled(np.stack([image.small for image in self._images]))
        return torch.cat([shrink(self[start : start + 64], side) for start in range(0, len(self), 64)])

    def only(self, rows: Sequence[int] | np.ndarray) -> "Images":
        """The images of these rows, in this order; nothing is decoded."""
        return Images([self._images[row] for row in rows], self.image_shape)

    @staticmethod
    def _pixels(image: KeptImage) -> np.ndarray:
        return image.decode() if image.pixels is None else image.pixels


@dataclass(frozen=True)
class ImageFolder:
    """The readable images of a folder.

    Args:
        images: n of them.
        names: of the files, relative to the folder, each once and printable: n.
        left_out: file -> why it could not be used.
        changed: what was done -> how many files it was done to.
        captions: what the images show, where the folder says it; "" elsewhere: n.
        labels: their classes, from a table's column or the folder's name; "" elsewhere: n.
        files: what the files were before they were read: n.
        notes: what there is to know about the whole, in sentences.
    """

    images: Images
    names: list[str]
    left_out: dict[str, str] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    captions: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    files: list[FileFacts] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def only(self, rows: Sequence[int] | np.ndarray) -> "ImageFolder":
        """The folder with these rows alone, in this order."""
        return replace(
            self,
            images=self.images.only(rows),
            names=[self.names[row] for row in rows],
            captions=[self.captions[row] for row in rows] if self.captions else [],
            labels=[self.labels[row] for row in rows] if self.labels else [],
            files=[self.files[row] for row in rows] if self.files else [],
        )


def read_folder(
    folder: str | Path, image_shape: tuple[int, int, int], progress: bool = True, most_pixels: int = MOST_PIXELS, kept: int = KEPT
) -> ImageFolder:
    """All images below a folder, sorted by name, as a model with images (c, h, w) expects them.

    Instead of a folder: what `helpers.data.containers.contents` reads. Each file is opened and decoded once, so that what is
    wrong with any is known before a model is asked.

    Args:
        image_shape: c is 1 or 3.
        most_pixels: of one file; a larger one is left out.
        kept: bytes of pixels that stay in memory.

    Raises:
        FileNotFoundError: no such folder.
        ValueError: no readable image in it, or a number of channels that images do not have.
    """
    folder = Path(folder)
    if image_shape[0] not in (1, 3):
        raise InvalidInput(f"images have 1 or 3 channels, the model expects {image_shape[0]}")
    found = contents(folder)
    store = _Store(len(found.files), image_shape, kept)
    images: dict[str, KeptImage] = {}
    files: list[FileFacts] = []
    changed: dict[str, int] = {}
    bar = tqdm(found.files.items(), desc=f"reading {folder.name}", disable=not progress, leave=False)
    for name, source in bar:
        try:
            picture = _read(name, source, image_shape, most_pixels)
        except InvalidInput as error:
            found.left_out[name] = str(error)
            continue
        images[name] = store.add(picture.pixels, partial(_read, name, source, image_shape, most_pixels), name)
        files.append(picture.file)
        for change in picture.changes:
            changed[change] = changed.get(change, 0) + 1
    if not images:
        reasons = "; ".join(f"{name}: {why}" for name, why in [*found.left_out.items()][:3]) or "it is empty"
        raise InvalidInput(f"no readable image in {folder} ({reasons})")
    _name_idle_captions(found, images)
    labels = found.labels or folder_labels(images)
    return ImageFolder(
        Images([*images.values()], image_shape),
        [*images],
        found.left_out,
        changed,
        [found.captions.get(name, "") for name in images],
        [labels.get(name, "") for name in images],
        files,
        [*found.notes, *_missing("caption", found.captions, images), *_missing("label", found.labels, images)],
    )


def shrink(images: Tensor, side: int = SMALL) -> Tensor:
    """Images (n, c, h, w) of at most side x side pixels, means over areas."""
    return _pooled(images, side).clamp(-1, 1)


def save_images(images: Tensor, folder: Path) -> None:
    """Images (n, c, h, w) in [-1, 1] as PNG, as `read_folder` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(tqdm(images, desc=f"writing {folder.name}", unit=" images", mininterval=1)):
        pixels = to_8_bits(image).transpose(1, 2, 0)
        Image.fromarray(pixels[..., 0] if len(image) == 1 else pixels).save(folder / f"{i:06}.png")


def _pooled(images: Tensor, side: int = SMALL) -> Tensor:
    if max(images.shape[2:]) <= side:
        return images
    return torch.nn.functional.interpolate(images, (side, side), mode="area")


def _read(name: str, source: Source, image_shape: tuple[int, int, int], most_pixels: int) -> Picture:
    if source.size > MOST_BYTES:
        raise InvalidInput(f"{source.size >> 20:,} MB are more than {MOST_BYTES >> 20}")
    try:
        with source.open() as file:
            return decode(file, image_shape, PurePosixPath(name).suffix, most_pixels)
    except InvalidInput:
        raise
    except Exception as error:  # of a disk, of a decompressor, of pyarrow
        raise InvalidInput(reason(error)) from error


def _decode_again(read: Callable[[], Picture], key: str, name: str) -> np.ndarray:
    try:
        pixels = read().pixels
    except InvalidInput as error:
        raise InvalidInput(f"{name} could be read before, and no longer: {error}") from error
    if _key(pixels) != key:
        raise InvalidInput(f"{name} was changed while it was in use; begin again")
    return pixels


def _key(pixels: np.ndarray) -> str:
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(pixels.data)
    return digest.hexdigest()


def _scaled(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels).float().div_(127.5).sub_(1)


def _name_idle_captions(found: Contents, images: dict[str, KeptImage]) -> None:
    """A text beside a file that turned out to be no image is left out, too."""
    used = {found.beside[name] for name in images if name in found.beside}
    for name, text in found.beside.items():
        if text not in used:
            found.left_out[text] = f"it describes {name}, which was left out" if name in found.left_out else "no image"


def _missing(what: str, values: dict[str, str], images: dict[str, KeptImage]) -> Iterator[str]:
    without = [name for name in images if not values.get(name)]
    if values and without:
        yield f"{len(without):,} of {len(images):,} images have no {what}: {folded(without)}."
