"""What can be seen of an image without asking the model?

A model that never saw an image still answers otherwise to a noisy one than to a smooth one. Whatever differs between two
folders in a way that moves an innocent model's answers should move one of these numbers as well: they are taken at full
resolution, as the model gets the images, and several are residuals of filters, which are denoisers that know no image at all.
What the files say of themselves comes beside them. `helpers.audit.evidence` asks whether two folders differ in them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter1d
from torch import Tensor

from helpers.data.splits import check_images

BLURS = (0.5, 1.0, 2.0, 4.0)  # pixels
BANDS = 6  # of the spectrum, up to the highest frequency that rows and columns can hold
THUMBNAIL = 4  # x 4 means of the image: what it shows, roughly
TINY = 1e-6
AT_ONCE = 2_000_000  # numbers held together: bounds the memory


def appearance(images: Tensor) -> dict[str, np.ndarray]:
    """Features of images (n, c, h, w) in [-1, 1] by name, (n,) each.

    Raises:
        ValueError: no valid images.
    """
    check_images(images)
    parts = [_features(batch.double()) for batch in images.split(max(1, AT_ONCE // images[0].numel()))]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def file_features(paths: Sequence[Path]) -> dict[str, np.ndarray]:
    """What the headers of image files say, (n,) each: format, mode, size, EXIF, JPEG quantisation, bytes for a pixel.

    A file that is not there, or no image, counts as one of format "none".
    """
    return tabulated([_file(path) for path in paths])


def tabulated(records: Sequence[Mapping[str, float | str]]) -> dict[str, np.ndarray]:
    """Records as columns of numbers, (n,) each; a text becomes a column of zeros and ones for each of its values."""
    found: dict[str, np.ndarray] = {}
    for name in sorted({name for record in records for name in record}):
        values = [record.get(name, 0.0) for record in records]
        texts = sorted({v for v in values if isinstance(v, str)})
        found |= {f"{name} {text}": np.array([float(v == text) for v in values]) for text in texts}
        if not texts:
            found[name] = np.array([float(v) for v in values])
    return found


def _file(path: Path) -> dict[str, float | str]:
    try:
        with Image.open(path) as image:
            quantisation = getattr(image, "quantization", None) or {}
            return {
                "file format": image.format or "unknown",
                "file mode": image.mode,
                "file width": float(image.width),
                "file height": float(image.height),
                "file has EXIF": float(len(image.getexif()) > 0),
                "file quantisation": float(sum(sum(table) for table in quantisation.values())),
                "file bytes per pixel": path.stat().st_size / (image.width * image.height),
            }
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return {"file format": "none"}


def _features(x: Tensor) -> dict[str, np.ndarray]:
    grey = x.mean(1)
    found = _colours(x) | _levels(x) | _edges(grey) | _residuals(grey) | _spectrum(grey) | _borders(grey) | _layout(grey)
    return {name: np.asarray(value, np.float64) for name, value in found.items()}


def _colours(x: Tensor) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for c in range(x.shape[1]):
        flat = x[:, c].flatten(1)
        found |= {f"mean of channel {c}": flat.mean(1), f"spread of channel {c}": flat.std(1)}
    saturation = (x.amax(1) - x.amin(1)).flatten(1)
    quantiles = np.quantile(x.mean(1).flatten(1).numpy(), [0.02, 0.5, 0.98], axis=1)
    names = ("dark end", "median", "bright end")
    return (
        found
        | {"saturation": saturation.mean(1), "spread of saturation": saturation.std(1)}
        | dict(zip(names, torch.from_numpy(quantiles), strict=True))
    )


def _levels(x: Tensor) -> dict[str, Tensor]:
    """What 8 bits, or fewer, leave: how many grey levels are used, which share is clipped, and how even the levels are."""
    levels = ((x + 1) * 127.5).round().long().flatten(1)
    counts = torch.zeros(len(x), 256, dtype=x.dtype).scatter_add_(1, levels, torch.ones_like(levels, dtype=x.dtype))
    used = counts > 0
    neighbours = (used[:, 1:] & used[:, :-1]).sum(1) / used.sum(1)
    total = levels.shape[1]
    # A rough histogram beside its smooth version: gaps and spikes are left by a change of contrast or of bit depth.
    combed = (counts[:, 1:-1] - (counts[:, 2:] + counts[:, :-2]) / 2).abs().sum(1) / total
    return {
        "grey levels": used.sum(1),
        "neighbouring grey levels": neighbours,
        "gaps between grey levels": combed,
        "share of black": counts[:, 0] / total,
        "share of white": counts[:, 255] / total,
    }


def _edges(grey: Tensor) -> dict[str, Tensor]:
    across, down = grey.diff(dim=2), grey.diff(dim=1)
    found: dict[str, Tensor] = {}
    for name, gradient in (("across", across), ("down", down)):
        flat = gradient.abs().flatten(1)
        found |= {
            f"gradient {name}": flat.mean(1),
            f"steep gradients {name}": _log(flat.pow(4).mean(1)),
            f"flat {name}": (flat < 0.5 / 127.5).double().mean(1),
            f"blocks {name}": _blocks(gradient.abs(), 2 if name == "across" else 1),
        }
    return found


def _blocks(gradient: Tensor, dim: int) -> Tensor:
    """How much larger differences of pixels are across the grid of 8 x 8 blocks than within them, as a log ratio."""
    lines = gradient.mean(3 - dim)
    at = torch.arange(lines.shape[1]) % 8 == 7
    if not at.any() or at.all():
        return torch.zeros(len(lines), dtype=lines.dtype)
    return (lines[:, at].mean(1) + TINY).log() - (lines[:, ~at].mean(1) + TINY).log()


def _residuals(grey: Tensor) -> dict[str, Tensor]:
    """What a filter takes for noise: denoisers that never saw an image."""
    pixels = grey.numpy()
    found: dict[str, Tensor] = {}
    for width in BLURS:
        blurred = gaussian_filter1d(gaussian_filter1d(pixels, width, 1, mode="nearest"), width, 2, mode="nearest")
        rest = torch.from_numpy(pixels - blurred).flatten(1)
        found |= {
            f"residual of a blur of {width:g}": _log(rest.pow(2).mean(1)),
            f"peaks beside a blur of {width:g}": _log(rest.pow(4).mean(1)),
        }
    finest = (grey[:, :-1, :-1] - grey[:, 1:, :-1] - grey[:, :-1, 1:] + grey[:, 1:, 1:]) / 2
    found["noise level"] = (finest.flatten(1).abs().median(1).values + TINY).log()
    found["loud noise"] = _log(finest.flatten(1).pow(2).mean(1))
    local = torch.nn.functional.avg_pool2d(grey[:, None].square(), 4) - torch.nn.functional.avg_pool2d(grey[:, None], 4).square()
    contrast = local.clamp(min=0).sqrt().flatten(1)
    return found | {
        "local contrast": contrast.mean(1),
        "quietest part": torch.from_numpy(np.quantile(contrast.numpy(), 0.1, axis=1) + TINY).log(),
    }


def _spectrum(grey: Tensor) -> dict[str, Tensor]:
    """Log energy in bands of the spatial frequency, under a window that hides the edges of the image."""
    height, width = grey.shape[1:]
    window = torch.hann_window(height, periodic=False).double()[:, None] * torch.hann_window(width, periodic=False).double()
    energy = torch.fft.rfft2((grey - grey.mean((1, 2), keepdim=True)) * window).abs().square()
    radius = torch.hypot(torch.fft.fftfreq(height).double()[:, None], torch.fft.rfftfreq(width).double()[None])
    band = (radius / 0.5 * BANDS).long().clamp(max=BANDS)  # the last one: the corners
    return {f"band {b} of the spectrum": _log(energy[:, band == b].mean(1)) for b in range(BANDS + 1) if (band == b).any()}


def _borders(grey: Tensor) -> dict[str, Tensor]:
    rows, columns = grey[:, [0, -1]].flatten(1), grey[:, :, [0, -1]].flatten(1)
    ring = torch.cat([rows, columns], 1)
    inner = torch.cat([grey[:, [1, -2]].flatten(1), grey[:, :, [1, -2]].flatten(1)], 1)
    return {
        "border": ring.mean(1),
        "spread of the border": ring.std(1),
        "step at the border": (ring - inner).abs().mean(1),
        "lower right corner": grey[:, -max(grey.shape[1] // 5, 1) :, -max(grey.shape[2] // 3, 1) :].flatten(1).std(1),
    }


def _layout(grey: Tensor) -> dict[str, Tensor]:
    small = torch.nn.functional.adaptive_avg_pool2d(grey[:, None], THUMBNAIL).flatten(1)
    return {f"part {i + 1} of {THUMBNAIL * THUMBNAIL}": small[:, i] for i in range(small.shape[1])}


def _log(value: Tensor) -> Tensor:
    return (value + TINY**2).log()
