"""Images of several kinds, as many as two folders of 400 need, all without a download.

Clothes and digits of the book, parts of two photographs, coloured noise with the spectrum of natural images, and discs that cover
each other (dead leaves), which have their edges. Each image has a class, 0 or 1, so that folders can differ in their mix.
Source: Lee, Mumford and Huang, "Occlusion Models for Natural Images" (2001), for dead leaves.
"""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_sample_images
from torch import Tensor

from helpers.data.catalogue import auxiliary_labels, load_digits, load_fashion
from helpers.data.splits import MembershipSplit
from helpers.files import to_8_bits

COUNT = 800  # images that folders are drawn from
SPARE = 100  # beyond them, for models that remember other images


@dataclass(frozen=True)
class Scene:
    """Images (n, c, h, w) of 8 bits in [-1, 1]; their classes (n,); images of another kind (n, c, h, w); and spare ones."""

    images: Tensor
    classes: np.ndarray
    foreign: Tensor
    spare: Tensor


def rounded(images: np.ndarray | Tensor) -> Tensor:
    """The images as a file of 8 bits keeps them: float32 in [-1, 1]."""
    return torch.from_numpy(to_8_bits(torch.as_tensor(images))).float() / 127.5 - 1


def scene(name: str, rng: np.random.Generator, count: int = COUNT) -> Scene:
    """One of SCENES, with at most `count` images."""
    images, classes, foreign = SCENES[name](count + SPARE, rng)
    n = min(count, len(images) - SPARE)
    return Scene(images[:n], classes[:n], foreign[:n], images[n:])


def _clothes(n: int, rng: np.random.Generator) -> tuple[Tensor, np.ndarray, Tensor]:
    clothes, digits = _unseen(load_fashion()), _unseen(load_digits())
    chosen = rng.permutation(len(clothes))[:n]
    larger = torch.nn.functional.interpolate(digits[rng.integers(len(digits), size=n)], 16, mode="bilinear")
    return rounded(clothes[chosen]), auxiliary_labels("fashion").numpy()[chosen] < 5, rounded(larger)


def _digits(n: int, rng: np.random.Generator) -> tuple[Tensor, np.ndarray, Tensor]:
    digits = _unseen(load_digits())
    chosen = rng.permutation(len(digits))[:n]
    classes = auxiliary_labels("digits").numpy()[chosen] < 5
    return rounded(digits[chosen]), classes, rounded(_unseen(load_fashion(size=8))[: len(chosen)])


def _unseen(split: MembershipSplit) -> Tensor:
    """Images that the book's models neither trained on nor were chosen by."""
    assert split.auxiliary is not None
    return split.auxiliary


def photographs(n: int, rng: np.random.Generator, size: int = 64) -> tuple[Tensor, np.ndarray]:
    """Random squares of scikit-learn's two sample photographs, brought to `size`; the class is the photograph."""
    pictures = [Image.fromarray(image) for image in load_sample_images().images]
    squares, classes = [], rng.integers(2, size=n)
    for c in classes:
        side = int(size * rng.choice([1, 1.4, 2]))
        x, y = rng.integers(pictures[c].width - side + 1), rng.integers(pictures[c].height - side + 1)
        square = pictures[c].resize((size, size), Image.Resampling.LANCZOS, (x, y, x + side, y + side))
        squares.append(np.asarray(square)[:, :: rng.choice([-1, 1])])
    return torch.from_numpy(np.stack(squares)).permute(0, 3, 1, 2).float() / 127.5 - 1, classes


def clouds(n: int, rng: np.random.Generator, size: int = 32) -> tuple[Tensor, np.ndarray]:
    """Coloured noise whose amplitude falls with the frequency, in one of the classes a little faster."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.fftfreq(size)[None])
    frequency[0, 0] = 1 / size
    classes = rng.integers(2, size=n)
    falls = rng.normal(1 + 0.15 * classes, 0.15)[:, None, None, None]
    grey = np.fft.ifft2(np.fft.fft2(rng.normal(size=(n, 3, size, size))) / frequency**falls).real
    mixed = np.einsum("ij,njhw->nihw", [[1, 0.3, 0.1], [0.3, 1, 0.3], [0.1, 0.3, 1]], grey)
    contrast, brightness = rng.uniform(0.25, 0.5, (n, 1, 1, 1)), rng.normal(0, 0.2, (n, 3, 1, 1))
    return rounded(mixed / mixed.std((1, 2, 3), keepdims=True) * contrast + brightness), classes


def leaves(n: int, rng: np.random.Generator, size: int = 32) -> tuple[Tensor, np.ndarray]:
    """Discs that cover each other, in one of the classes larger ones, a little blurred and noisy."""
    rows, columns = np.mgrid[:size, :size]
    classes, images = rng.integers(2, size=n), np.zeros((n, 3, size, size))
    for image, c in zip(images, classes, strict=True):
        base = rng.uniform(-0.5, 0.5, 3)
        for _ in range(60):
            radius, (y, x) = 1.5 / (rng.random() + 0.12) * (1 + 0.3 * c), rng.uniform(0, size, 2)
            image[:, (rows - y) ** 2 + (columns - x) ** 2 < radius**2] = np.clip(base + rng.normal(0, 0.4, 3), -1, 1)[:, None]
    return rounded(gaussian_filter(images + rng.normal(0, 0.01, images.shape), (0, 0, 0.5, 0.5))), classes


SCENES = {
    "digits, 8 px": _digits,
    "clothes, 16 px": _clothes,
    "leaves, 32 px": lambda n, rng: (*leaves(n, rng), photographs(n, rng, 32)[0]),
    "clouds, 32 px": lambda n, rng: (*clouds(n, rng), leaves(n, rng)[0]),
    "photographs, 64 px": lambda n, rng: (*photographs(n, rng), clouds(n, rng, 64)[0]),
}
