"""A picture of any kind is decoded as a model expects it, and whatever is wrong with a file is one sentence.

Run by hand, ``python tests/data/test_decoding.py 20000`` mutates so many files and counts what became of them.
"""

import io
import random
import sys
from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageCms

from helpers.data.decoding import FileFacts, decode
from helpers.errors import InvalidInput

SAVED = ("PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM", "AVIF", "JPEG2000", "TGA", "ICO", "MPO", "PCX", "SGI", "DDS", "ICNS",
         "MSP", "QOI", "XBM", "DIB", "BLP", "SPIDER")  # fmt: skip
SUFFIXES = {"TGA": ".tga", "SPIDER": ".spider", "DIB": ".dib", "MSP": ".msp"}
MODES = {"MSP": "1", "XBM": "1", "BLP": "P", "SPIDER": "F"}


def colours(side=8, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def written(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def originals():
    """(suffix, content) of a small image in each format, and in the modes that go another way through Pillow."""
    grey, rgb = Image.fromarray(colours(16)[..., 0]), Image.fromarray(colours(16))
    found = [(SUFFIXES.get(k, ""), written(rgb.convert(MODES.get(k, "RGB")), k).getvalue()) for k in SAVED]
    found += [("", written(rgb.convert("RGBA"), k).getvalue()) for k in ("PNG", "WEBP", "TIFF", "AVIF")]
    found += [
        ("", written(rgb, "TIFF", compression=c).getvalue()) for c in ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits")
    ]
    found += [("", written(rgb.convert(m), "TIFF").getvalue()) for m in ("CMYK", "P", "LAB", "YCbCr", "1", "I", "F")]
    found += [("", written(rgb, k, save_all=True, append_images=[rgb] * 2).getvalue()) for k in ("GIF", "PNG", "WEBP", "TIFF")]
    found.append(("", written(Image.fromarray(colours(16)[..., 0].astype(np.uint16) * 257), "PNG").getvalue()))
    exif = rgb.getexif()
    exif[0x0112] = 6
    found.append(("", written(rgb, "JPEG", exif=exif, progressive=True).getvalue()))
    return [*found, ("", written(grey, "JPEG").getvalue())]


def mutated(content, chance):
    """The content with some bytes changed, cut out, doubled or inserted, most of them in its head."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = min(int(len(data) * chance.random() ** chance.choice((1, 3, 6))), len(data) - 1)
        kind, width = chance.random(), chance.choice((1, 2, 4, 40))
        if kind < 0.6:
            data[at : at + width] = chance.choice((bytes(width), b"\xff" * width, chance.randbytes(width)))
        elif kind < 0.75:
            del data[at : at + width]
        elif kind < 0.85:
            del data[max(1, at) :]
        else:
            data[at:at] = data[at : at + width] if kind < 0.95 else chance.randbytes(width)
    return bytes(data)


def become(n, seed=0):
    """How many of n mutated files were read, and how many were refused with which reason."""
    chance, files, found = random.Random(seed), originals(), Counter()
    for i in range(n):
        suffix, content = files[i % len(files)]
        data = mutated(content, chance)
        try:
            pixels = decode(io.BytesIO(data), chance.choice(((3, 8, 8), (1, 16, 16), (3, 32, 24))), suffix).pixels
        except InvalidInput as error:
            reason = str(error)
        else:
            assert pixels.dtype == np.uint8
            reason = "read"
        assert reason
        assert "\n" not in reason
        found[" ".join(word for word in reason.split() if not any(c.isdigit() for c in word))[:60]] += 1
    return found


def decoded(image, kind="PNG", channels=3, size=(8, 8), suffix="", **options):
    return decode(written(image, kind, **options), (channels, *size), suffix)


def test_a_picture_of_the_right_size_comes_as_it_is():
    found = decoded(Image.fromarray(colours()))
    assert np.array_equal(found.pixels, colours().transpose(2, 0, 1))
    assert found.changes == []
    assert found.file == FileFacts("PNG", "RGB", 8, 8, found.file.size)
    assert found.file.size > 50


@pytest.mark.parametrize("kind", [k for k in SAVED if k not in MODES])
def test_every_format_is_known_by_its_content(kind):
    image = Image.new("RGB", (16, 16), (200, 100, 50))
    found = decoded(image, kind, size=(16, 16), suffix=SUFFIXES.get(kind, ""))
    assert np.abs(found.pixels.astype(int).mean((1, 2)) - (200, 100, 50)).max() < 8


def test_a_format_without_a_signature_is_known_by_its_suffix_and_never_guessed():
    content = written(Image.fromarray(colours()), "TGA").getvalue()
    assert decode(io.BytesIO(content), (3, 8, 8), ".TGA").file.format == "TGA"
    with pytest.raises(ValueError, match=r"^no image$"):
        decode(io.BytesIO(content), (3, 8, 8), ".bin")


def test_facts_tell_how_strongly_a_jpeg_was_compressed_and_whether_it_has_exif():
    image = Image.fromarray(colours(32))
    exif = image.getexif()
    exif[0x010F] = "a camera"
    strong, weak = (decoded(image, "JPEG", quality=q, exif=e).file for q, e in ((20, exif), (95, b"")))
    assert strong.quantization > 5 * weak.quantization > 0
    assert (strong.exif, weak.exif) == (True, False)
    assert (strong.width, strong.height, strong.format) == (32, 32, "JPEG")


def test_a_large_photograph_is_cut_in_the_middle():
    wide = np.zeros((20, 60, 3), np.uint8)
    wide[:, 20:40] = 255
    found = decoded(Image.fromarray(wide), size=(10, 10))
    assert found.pixels[:, 2:-2, 2:-2].min() > 240
    assert found.changes == ["cut and resized to 10 x 10"]


@pytest.mark.parametrize(
    ("orientation", "turn"), [(2, "FLIP_LEFT_RIGHT"), (3, "ROTATE_180"), (6, "ROTATE_90"), (8, "ROTATE_270")]
)
def test_a_turned_photograph_is_turned_back(orientation, turn):
    image = Image.fromarray(colours())
    exif = image.getexif()
    exif[0x0112] = orientation  # how the camera was held
    found = decoded(image.transpose(Image.Transpose[turn]), exif=exif)
    assert np.array_equal(found.pixels, colours().transpose(2, 0, 1))
    assert found.changes == ["turned as its EXIF entry says"]


@pytest.mark.parametrize("content", [b"Exif\0\0no entries at all", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"])
def test_a_picture_with_broken_exif_entries_is_a_picture(content):
    found = decoded(Image.fromarray(colours()), "JPEG", exif=content)
    assert "turned as its EXIF entry says" not in found.changes


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_lie_on_white(mode):
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    found = decoded(clear.convert(mode))
    assert found.pixels.min() == 255
    assert "laid on white" in found.changes


def test_a_transparent_palette_lies_on_white():
    image = Image.new("P", (8, 8), 0)
    image.putpalette([255, 0, 0] + [0] * 765)
    found = decoded(image, "GIF", transparency=0)
    assert found.pixels.min() == 255


def test_an_animation_gives_its_first_frame():
    frames = [Image.new("L", (8, 8), grey) for grey in (0, 255)]
    found = decoded(frames[0], "GIF", 1, save_all=True, append_images=frames[1:])
    assert found.pixels.max() == 0
    assert "first frame of an animation" in found.changes


@pytest.mark.parametrize(("channels", "mode", "note"), [(3, "L", "grey, repeated"), (1, "RGB", "colour, turned to grey")])
def test_channels_become_those_of_the_model(channels, mode, note):
    found = decoded(Image.new(mode, (8, 8), 255 if mode == "L" else (255, 255, 255)), channels=channels)
    assert found.pixels.shape == (channels, 8, 8)
    assert found.pixels.min() == 255
    assert found.changes[0].startswith(note)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "P", "LAB"])
def test_other_colour_spaces_give_the_colour_that_was_meant(mode, channels):
    image = Image.new("RGB", (8, 8), (200, 100, 50))
    if mode == "LAB":
        lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
        other = ImageCms.applyTransform(image, lab)
    else:
        other = image.convert(mode, palette=Image.Palette.ADAPTIVE)
    found = decoded(other, "TIFF", channels)
    expected = np.asarray(image if channels == 3 else image.convert("L")).reshape(8, 8, channels).transpose(2, 0, 1)
    assert np.abs(found.pixels.astype(int) - expected.astype(int)).max() <= 3


def test_a_cmyk_photograph_of_adobe_is_not_inverted():
    found = decoded(Image.new("RGB", (16, 16), (250, 250, 250)).convert("CMYK"), "JPEG", quality=95)
    assert found.pixels.min() > 240
    assert "CMYK, turned to RGB" in found.changes


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM", "JPEG2000"])
def test_sixteen_bits_keep_their_range(kind):
    values = np.linspace(0, 65535, 64).astype(np.uint16).reshape(8, 8)
    options = {"irreversible": False} if kind == "JPEG2000" else {}
    found = decoded(Image.fromarray(values), kind, 1, **options)
    assert np.array_equal(found.pixels[0], (values / 257).round())
    assert "of more than 8 bits, rounded to 8" in found.changes


@pytest.mark.parametrize(
    ("low", "high", "fits"), [(0, 1, True), (0.2, 0.7, True), (0, 1.1, False), (-1, 1, False), (0, 255, False)]
)
def test_floating_point_values_are_read_in_their_range_or_refused_and_never_black(low, high, fits):
    values = np.linspace(low, high, 64, dtype=np.float32).reshape(8, 8)
    if fits:
        assert np.array_equal(decoded(Image.fromarray(values), "TIFF", 1).pixels[0], (values.astype(float) * 255).round())
    else:
        with pytest.raises(ValueError, match=rf"values from {low} to {high} are not in \[0, 1\]; save it with 8 or 16 bits"):
            decoded(Image.fromarray(values), "TIFF", 1)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_picture_with_nan_or_infinity_is_refused(value):
    values = np.zeros((8, 8), np.float32)
    values[2, 3] = value
    with pytest.raises(ValueError, match="1 of its floating-point values are NaN or infinite"):
        decoded(Image.fromarray(values), "TIFF")


@pytest.mark.parametrize("top", [255, 65535, 2**31 - 1])
def test_integers_in_no_known_range_are_refused(top):
    values = np.linspace(0, top, 64).astype(np.int32).reshape(8, 8)
    with pytest.raises(ValueError, match=r"integers from 0 to \S+ in no known range; save it with 8 or 16 bits"):
        decoded(Image.fromarray(values), "TIFF")


def test_a_huge_picture_is_refused_before_it_is_decoded():
    with pytest.raises(ValueError, match="200 x 200 pixels are more than 10,000"):
        decode(written(Image.new("L", (200, 200)), "PNG"), (3, 8, 8), most_pixels=10_000)


@pytest.mark.parametrize(
    ("content", "suffix", "reason"),
    [
        (b"", "", "empty"),
        (b"not an image", ".jpg", "no image, or a broken one"),
        (b"not an image", ".md", "no image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", ".heic", "HEIC: install pillow-heif"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", ".avif", "AVIF, broken, or this Pillow does not read it"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n", ".eps", "EPS is a program, and is not run"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(content, suffix, reason):
    with pytest.raises(ValueError, match=reason):
        decode(io.BytesIO(content), (3, 8, 8), suffix)


def test_a_picture_that_needs_more_memory_than_there_is_is_refused(monkeypatch):
    def out_of_memory(self):
        raise MemoryError

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", out_of_memory)
    with pytest.raises(ValueError, match="more memory than there is"):
        decoded(Image.fromarray(colours()))


@pytest.mark.slow
def test_nothing_in_a_mutated_file_is_another_error():
    found = become(300)
    assert found["read"] > 30
    assert sum(found.values()) == 300


if __name__ == "__main__":
    counts = become(int(sys.argv[1]))
    for reason, count in counts.most_common():
        print(f"{count:7,}  {reason}")
