"""Which picture does a file hold, as a model with images (c, h, w) expects it, and what had to be done to it?

What a file is, its content says and not its name. Whatever is wrong with it becomes one sentence, never another error.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers.errors import InvalidInput

MOST_PIXELS = 50_000_000  # of one file; a larger one is left out, since a few bytes can unpack to gigabytes
MOST_BYTES = 1 << 28  # of one file
PROGRAMS = ("EPS", "WMF")  # Pillow would hand these to another program, which runs what they say
ORIENTATION = 0x0112  # of the EXIF entries


@dataclass(frozen=True)
class FileFacts:
    """What a file was before anything was done to it.

    Args:
        format: as Pillow calls it: "JPEG", "PNG", ...
        mode: as Pillow calls it: "RGB", "L", "P", ...
        width: in pixels, as stored: before it was turned, cut and resized.
        size: in bytes.
        quantization: mean of a JPEG's first quantisation table, higher for a stronger compression; 0 elsewhere.
        exif: whether it has EXIF entries.
    """

    format: str
    mode: str
    width: int
    height: int
    size: int
    quantization: float = 0.0
    exif: bool = False


@dataclass(frozen=True)
class Picture:
    """pixels: uint8 (c, h, w); changes: what was done to it; file: what it was before."""

    pixels: np.ndarray
    changes: list[str]
    file: FileFacts


def decode(file: BinaryIO, image_shape: tuple[int, int, int], suffix: str = "", most_pixels: int = MOST_PIXELS) -> Picture:
    """The picture of an open file: its largest centred part of the right proportions, resized (Lanczos).

    Args:
        image_shape: (c, h, w), c is 1 or 3.
        suffix: of the file's name, such as ".tga"; only formats without a signature of their own are known by it.
        most_pixels: of one file; a larger one is refused before it is decoded.

    Raises:
        ValueError: no image, a broken one, one of too many pixels, or one whose values have no known range. Nothing else,
            whatever the file holds.
    """
    try:
        size = file.seek(0, 2)
        file.seek(0)
        with warnings.catch_warnings(action="ignore"), Image.open(file, formats=_formats(suffix.lower())) as opened:
            if opened.width * opened.height > most_pixels:
                raise InvalidInput(f"{opened.width} x {opened.height} pixels are more than {most_pixels:,}")
            facts = _facts(opened, size)
            changes = list(_changes(opened, image_shape))
            opened.load()
            pixels = _pixels(opened, image_shape)
    except InvalidInput:
        raise
    except UnidentifiedImageError as error:
        raise InvalidInput(_unidentified(file, suffix.lower())) from error
    except Exception as error:  # a mutated file made Pillow and its plugins raise a dozen kinds
        raise InvalidInput(reason(error)) from error
    return Picture(pixels, changes, facts)


@cache
def _formats(suffix: str) -> list[str]:
    """All that this Pillow reads: by a signature, or, where a format has none, by its suffix."""
    try:
        import pillow_heif

        pillow_heif.register_heif_opener()
    except ImportError:
        pass
    Image.init()
    by_suffix = Image.registered_extensions().get(suffix)
    return [name for name, (_, accept) in Image.OPEN.items() if name not in PROGRAMS and (accept or name == by_suffix)]


def _pixels(image: Image.Image, image_shape: tuple[int, int, int]) -> np.ndarray:
    channels, height, width = image_shape
    kind = image.format
    if _orientation(image) != 1:
        image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(image, kind)
    if image.mode in ("CMYK", "YCbCr", "LAB", "HSV"):
        image = image.convert("RGB")
    if image.has_transparency_data:
        image = (image.convert("LA") if image.mode == "La" else image).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        image = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    return np.ascontiguousarray(np.asarray(image, np.uint8).reshape(height, width, channels).transpose(2, 0, 1))


def _eight_bits(image: Image.Image, kind: str | None) -> Image.Image:
    """Grey values of 16 bits or floating point, from their own range to 0 ... 255.

    Raises:
        ValueError: integers whose range the format does not say, or floating-point values outside [0, 1]: any guess would
            make some pictures black.
    """
    values = np.asarray(image, np.float64)
    if image.mode == "F":
        if not np.isfinite(values).all():
            raise InvalidInput(f"{(~np.isfinite(values)).sum():,} of its floating-point values are NaN or infinite")
        top = 1
    elif image.mode == "I" and kind not in ("PNG", "PPM"):  # these two are of 16 bits for every Pillow
        raise InvalidInput(f"integers from {values.min():g} to {values.max():g} in no known range; save it with 8 or 16 bits")
    else:
        top = 65535
    if values.min() < 0 or values.max() > top:
        raise InvalidInput(f"values from {values.min():g} to {values.max():g} are not in [0, {top}]; save it with 8 or 16 bits")
    return Image.fromarray((values / top * 255).round().astype(np.uint8))


def _facts(image: Image.Image, size: int) -> FileFacts:
    tables = getattr(image, "quantization", None) or {}
    quantization = float(np.mean(next(iter(tables.values())))) if tables else 0.0
    return FileFacts(image.format or "", image.mode, image.width, image.height, size, quantization, "exif" in image.info)


def _changes(image: Image.Image, image_shape: tuple[int, int, int]) -> Iterator[str]:
    channels, height, width = image_shape
    if getattr(image, "is_animated", False):
        yield "first frame of an animation"
    if _orientation(image) != 1:
        yield "turned as its EXIF entry says"
    if image.has_transparency_data:
        yield "laid on white"
    if image.mode in ("CMYK", "LAB"):
        yield f"{image.mode}, turned to RGB"
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        yield "of more than 8 bits, rounded to 8"
    grey = image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")
    if channels == 3 and grey:
        yield "grey, repeated in three channels"
    if channels == 1 and not grey:
        yield "colour, turned to grey"
    if image.size != (width, height):
        yield f"cut and resized to {width} x {height}"


def _exif(image: Image.Image) -> dict:
    try:
        return dict(image.getexif())
    except Exception:  # a picture with broken entries is a picture all the same
        return {}


def _orientation(image: Image.Image) -> int:
    value = _exif(image).get(ORIENTATION, 1)
    return value if value in range(1, 9) else 1


def _unidentified(file: BinaryIO, suffix: str) -> str:
    file.seek(0)
    head = file.read(16)
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"):
        return "HEIC: install pillow-heif"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "AVIF, broken, or this Pillow does not read it: pip install --upgrade pillow"
    if head[:4] in (b"%!PS", b"\xc5\xd0\xd3\xc6"):
        return "EPS is a program, and is not run; save it as PNG"
    if not head:
        return "empty"
    return "no image, or a broken one" if suffix in Image.registered_extensions() else "no image"


def reason(error: Exception) -> str:
    """An error in a few words, without the path of the file, which is named beside it."""
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
