"""What may happen to one folder of images and not to the other?

Each shift maps images (n, c, h, w) of 8 bits in [-1, 1] and a strength in (0, 1] to changed images of 8 bits. A strength near 0
cannot be seen, one near 1 can hardly be missed. The mix of classes and the source say which images there are:
`helpers.audit.innocents.simulate` draws them.
"""

import io
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageFilter
from scipy.ndimage import gaussian_filter
from torch import Tensor

from helpers.audit.innocents.scenes import rounded
from helpers.files import to_8_bits


def _each(images: Tensor, change: Callable[[Image.Image], Image.Image]) -> Tensor:
    """Images, each changed as a picture of Pillow."""
    found = []
    for pixels in to_8_bits(images).transpose(0, 2, 3, 1):
        changed = np.asarray(change(Image.fromarray(pixels.squeeze(-1) if pixels.shape[2] == 1 else pixels)))
        found.append(changed.reshape(pixels.shape).transpose(2, 0, 1))
    return torch.from_numpy(np.stack(found)).float() / 127.5 - 1


def compression(images: Tensor, strength: float) -> Tensor:
    """JPEG, of quality 98 down to 40."""

    def change(image: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=round(98 - 58 * strength))
        return Image.open(io.BytesIO(buffer.getvalue()))

    return _each(images, change)


def sensor_noise(images: Tensor, strength: float) -> Tensor:
    """Of up to 4 grey levels."""
    noise = np.random.default_rng(7).normal(0, 4 * strength / 127.5, images.shape)
    return rounded(images + torch.from_numpy(noise).float())


def blur(images: Tensor, strength: float) -> Tensor:
    """Faint: a Gaussian of some tenths of a pixel. Strong: brought to 0.4 of the size, and back."""
    if strength < 0.2:
        return rounded(gaussian_filter(images.numpy(), (0, 0, 3.5 * strength, 3.5 * strength)))

    def change(image: Image.Image) -> Image.Image:
        side = max(round(image.width * (1 - 0.6 * strength)), 2)
        return image.resize((side, side), Image.Resampling.LANCZOS).resize(image.size, Image.Resampling.BICUBIC)

    return _each(images, change)


def sharpening(images: Tensor, strength: float) -> Tensor:
    """An unsharp mask of up to 150 %."""
    return _each(images, lambda image: image.filter(ImageFilter.UnsharpMask(1, round(150 * strength), 0)))


def colour_cast(images: Tensor, strength: float) -> Tensor:
    """Red up and blue down, by up to 15 % each; grey images become brighter by up to an eighth of the range."""
    if images.shape[1] == 1:
        return rounded(images + 0.25 * strength)
    gain = torch.tensor([1 + 0.15 * strength, 1, 1 - 0.15 * strength])[:, None, None]
    return rounded((images + 1) * gain - 1)


def gamma(images: Tensor, strength: float) -> Tensor:
    """An exponent of 1 down to 0.5."""
    return rounded(((images + 1) / 2) ** (1 - 0.5 * strength) * 2 - 1)


def zoom(images: Tensor, strength: float) -> Tensor:
    """Up to 15 % cut off at each side, but at least half a pixel, and brought back to size."""

    def change(image: Image.Image) -> Image.Image:
        cut = max(0.5, 0.15 * strength * image.width)
        return image.resize(image.size, Image.Resampling.BICUBIC, (cut, cut, image.width - cut, image.height - cut))

    return _each(images, change)


def watermark(images: Tensor, strength: float) -> Tensor:
    """White stripes in a corner, up to opaque, and a darker border."""
    found, side = images.clone(), images.shape[2]
    high, wide = max(side // 5, 2), max(side // 3, 2)
    found[:, :, -high - 1 : -1 : 2, -wide - 1 : -1] += strength * (1 - found[:, :, -high - 1 : -1 : 2, -wide - 1 : -1])
    inside = torch.zeros(side, side)
    inside[1:-1, 1:-1] = 1
    return rounded(found - (1 - inside) * strength * (found + 1) / 2)


def bit_depth(images: Tensor, strength: float) -> Tensor:
    """8 bits down to 3."""
    levels = 2 ** (8 - round(1 + 4 * strength)) - 1
    return rounded(((images + 1) / 2 * levels).round() / levels * 2 - 1)


def resolution(images: Tensor, strength: float) -> Tensor:
    """From a file of up to twice the size, brought down by another filter than the other folder."""
    down = Image.Resampling.BILINEAR if strength < 0.5 else Image.Resampling.NEAREST

    def change(image: Image.Image) -> Image.Image:
        large = round(image.width * (1 + strength)), round(image.height * (1 + strength))
        return image.resize(large, Image.Resampling.BICUBIC).resize(image.size, down)

    return _each(images, change)


SHIFTS: dict[str, Callable[[Tensor, float], Tensor]] = {
    "compression": compression,
    "sensor noise": sensor_noise,
    "blur": blur,
    "sharpening": sharpening,
    "colour cast": colour_cast,
    "gamma": gamma,
    "zoom": zoom,
    "watermark": watermark,
    "bit depth": bit_depth,
    "resolution": resolution,
}
