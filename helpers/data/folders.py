"""Which images are in this folder, and what had to be done to them?

Photographs come turned, grey, transparent, animated, far too large or broken. Each is brought to what the model was trained
on, or left out; either way it is named.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from tqdm.auto import tqdm

from helpers.errors import InvalidInput, MissingFile
from helpers.files import to_8_bits

SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"}
MOST_PIXELS = 50_000_000  # of one file; a larger one is left out, since a few bytes can unpack to gigabytes


@dataclass(frozen=True)
class ImageFolder:
    """The readable images of a folder.

    Args:
        images: float32 (n, c, h, w) in [-1, 1].
        names: of the files, relative to the folder: n.
        left_out: file -> why it could not be read.
        changed: what was done -> how many files it was done to.
        captions: what the files show, where the folder says it; "" elsewhere: n.
    """

    images: Tensor
    names: list[str]
    left_out: dict[str, str] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    captions: list[str] = field(default_factory=list)


def read_folder(
    folder: str | Path, image_shape: tuple[int, int, int], progress: bool = True, most_pixels: int = MOST_PIXELS
) -> ImageFolder:
    """All images below a folder, sorted by name, as a model with images (c, h, w) expects them.

    The largest centred part of the right proportions is cut out and resized (Lanczos). A caption is the text in a
    file of the same name ending in .txt.

    Args:
        image_shape: c is 1 or 3.
        most_pixels: of one file; a larger one is left out.

    Raises:
        FileNotFoundError: no such folder.
        ValueError: no readable image in it, or a number of channels that images do not have.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MissingFile(f"no folder {folder}")
    if image_shape[0] not in (1, 3):
        raise InvalidInput(f"images have 1 or 3 channels, the model expects {image_shape[0]}")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    arrays, names, captions = [], [], []
    left_out: dict[str, str] = {}
    changed: dict[str, int] = {}
    for path in tqdm(paths, desc=f"reading {folder.name}", disable=not progress, leave=False):
        name = path.relative_to(folder).as_posix()
        try:
            array, notes = read_image(path, image_shape, most_pixels)
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            left_out[name] = _reason(error)
            continue
        arrays.append(array)
        names.append(name)
        caption = path.with_suffix(".txt")
        captions.append(caption.read_text(errors="replace").strip() if caption.exists() else "")
        for note in notes:
            changed[note] = changed.get(note, 0) + 1
    if not arrays:
        reasons = (
            "; ".join(f"{name}: {why}" for name, why in [*left_out.items()][:3]) or f"looked for {', '.join(sorted(SUFFIXES))}"
        )
        raise InvalidInput(f"no readable image in {folder} ({reasons})")
    return ImageFolder(torch.from_numpy(np.stack(arrays)), names, left_out, changed, captions)


def read_image(path: Path, image_shape: tuple[int, int, int], most_pixels: int = MOST_PIXELS) -> tuple[np.ndarray, list[str]]:
    """One image as float32 (c, h, w) in [-1, 1], and what was done to it.

    Raises:
        OSError, ValueError, SyntaxError: no image, a broken one, or one of more than `most_pixels`.
    """
    channels, height, width = image_shape
    with warnings.catch_warnings(), Image.open(path) as opened:
        warnings.simplefilter("ignore")  # that a file is large is said below
        if opened.width * opened.height > most_pixels:
            raise InvalidInput(f"{opened.width} x {opened.height} pixels are more than {most_pixels:,}")
        notes = list(_notes(opened, channels, (width, height)))
        opened.load()
        image = ImageOps.exif_transpose(opened)
        if image.mode in ("I;16", "I;16B", "I", "F"):
            image = _eight_bits(image)
        if image.has_transparency_data:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("L" if channels == 1 else "RGB")
        if image.size != (width, height):
            image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    pixels = np.asarray(image, np.float32).reshape(height, width, channels)
    return pixels.transpose(2, 0, 1) / 127.5 - 1, notes


def _notes(image: Image.Image, channels: int, size: tuple[int, int]) -> Iterator[str]:
    if getattr(image, "n_frames", 1) > 1:
        yield "first frame of an animation"
    turned = image.getexif().get(0x0112, 1) != 1
    if turned:
        yield "turned as its EXIF entry says"
    if image.has_transparency_data:
        yield "laid on white"
    if channels == 3 and image.mode in ("1", "L", "LA", "I", "F", "I;16", "I;16B"):
        yield "grey, repeated in three channels"
    if channels == 1 and image.mode not in ("1", "L", "LA", "I", "F", "I;16", "I;16B"):
        yield "colour, turned to grey"
    if image.size != size:
        yield f"cut and resized to {size[0]} x {size[1]}"


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit and floating-point grey values, stretched from their own range to 0 ... 255."""
    values = np.asarray(image, np.float64)
    top = 65535 if image.mode.startswith("I;16") or values.max() > 255 else 255 if values.max() > 1 else 1
    return Image.fromarray((values / top * 255).clip(0, 255).astype(np.uint8))


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "no image, or a broken one"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def save_images(images: Tensor, folder: Path) -> None:
    """Images (n, c, h, w) in [-1, 1] as PNG, as `read_folder` reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, image in enumerate(tqdm(images, desc=f"writing {folder.name}", unit=" images", mininterval=1)):
        pixels = to_8_bits(image).transpose(1, 2, 0).squeeze(-1)
        Image.fromarray(pixels).save(folder / f"{i:06}.png")
