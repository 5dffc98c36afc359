"""Calibrated by complexity: is the noise guessed well, for an image as complex as this one?

    score(x) = a + b log c(x) - log L(x)      L: denoising loss, averaged over draws;  c: total variation of the image

A plain image is easy for any model, trained on it or not. a and b are the least-squares line of log L on log c over images that
are known to be held out, so that the score says how much *smaller* the error is than that of a held-out image of this complexity.
On the straight path the error of the velocity is that of the noise divided by 1 - σ: at one timestep, the same score.

Source: Rao and Moyer, "Generalization and Memorization in Rectified Flow" (arXiv 2603.13421), as its abstract describes it: a
Monte-Carlo error calibrated by the image's spatial complexity. The measure of complexity and the line are this book's.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from helpers.attacks.loss import Loss
from helpers.data.splits import LabelledPart, check_images
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser

FLAT = 1e-3  # total variation below which an image counts as flat: its logarithm would say too much


def total_variation(images: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels, down and across, of images (n, c, h, w): (n,).

    Raises:
        ValueError: no valid images, or of fewer than 2 x 2 pixels.
    """
    check_images(images)
    if min(images.shape[2:]) < 2:
        raise InvalidInput(f"total variation needs at least 2 x 2 pixels, got {images.shape[2]} x {images.shape[3]}")
    down, across = images.diff(dim=2).abs(), images.diff(dim=3).abs()
    return down.flatten(1).mean(1) + across.flatten(1).mean(1)


@dataclass(frozen=True)
class CalibratedLoss(Loss):
    """The denoising loss, relative to what it is for held-out images of the same complexity.

    Args:
        line: (a, b), learned by ``fit``.

    Raises:
        ValueError: as `Loss`; from ``score``, before ``fit``.
    """

    draws: int = 4
    line: tuple[float, float] | None = None

    def fit(self, denoiser: Denoiser, part: LabelledPart) -> "CalibratedLoss":
        """The attack with its line through the part's held-out images; its members are not looked at."""
        slope, offset = np.polyfit(_complexity(part.held_out), self._log_loss(denoiser, part.held_out), 1)
        return replace(self, line=(float(offset), float(slope)))

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        self.check(denoiser)
        if self.line is None:
            raise InvalidInput("CalibratedLoss has to be fitted first: attack = attack.fit(denoiser, split.calibration)")
        offset, slope = self.line
        return torch.from_numpy(offset + slope * _complexity(images) - self._log_loss(denoiser, images)).float()

    def _log_loss(self, denoiser: Denoiser, images: Tensor) -> np.ndarray:
        return (-super().score(denoiser, images)).double().clamp_min(1e-12).log().cpu().numpy()


def _complexity(images: Tensor) -> np.ndarray:
    return total_variation(images).double().clamp_min(FLAT).log().cpu().numpy()
