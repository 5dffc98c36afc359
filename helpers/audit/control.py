"""Does the model denoise at all, and are its scores numbers that can be ranked?

A model that was read with the wrong scaling, at the wrong size or with broken weights remembers nothing that an attack could
find, and "no evidence" would reassure falsely. So it has to beat a model that predicts nothing, and had better beat one that
knows no more of images than their mean square m:

    L(t) = E || ε - ε̂(x_t, t) ||² / d        is 1 for ε̂ = 0, and ᾱ m / (ᾱ m + 1 - ᾱ) for the best multiple of x_t
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser, encoded
from helpers.models.schedule import add_noise

SHARES = (0.1, 0.3, 0.6)  # of the schedule
MOST_TIES = 0.5  # of the scores of a group: the largest share that may have one and the same value


def control_timesteps(alphas_cumprod: Tensor) -> list[int]:
    """At which the control asks: those shares of the schedule, without repetitions."""
    return sorted({int(share * len(alphas_cumprod)) for share in SHARES})


@dataclass(frozen=True)
class Control:
    """L(t) of the module's equation, by timestep: of the model, and of the best multiple of the noisy image."""

    losses: dict[int, float]
    by_scaling: dict[int, float]

    @property
    def denoises(self) -> bool:
        """Does the model beat predicting nothing, at most of the timesteps?"""
        return float(np.median(list(self.losses.values()))) < 1

    @property
    def knows_images(self) -> bool:
        """Does it beat the best multiple of the noisy image, at most of the timesteps?"""
        return float(np.median([self.losses[t] / self.by_scaling[t] for t in self.losses])) < 1


@torch.inference_mode()
def denoising(denoiser: Denoiser, images: Tensor, timesteps: Sequence[int], seed: int = 0) -> Control:
    """How well a model denoises images (n, c, h, w) in [-1, 1] at each timestep, with one draw of ε for each image.

    Raises:
        ValueError: the model answers with NaN or infinite numbers.
    """
    clean = encoded(denoiser, images)
    losses, by_scaling = {}, {}
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed)).to(clean)
    for t in timesteps:
        predicted = denoiser.predict_noise(add_noise(clean, noise, t, denoiser.alphas_cumprod), t)
        losses[t] = (predicted.float() - noise.float()).square().mean().item()
        if not np.isfinite(losses[t]):
            raise InvalidInput(
                f"the model answers with NaN or infinite numbers at timestep {t}; look at its weights, or use a precision of "
                "more digits"
            )
        signal = float(denoiser.alphas_cumprod[t]) * clean.float().square().mean().item()
        by_scaling[t] = signal / (signal + 1 - float(denoiser.alphas_cumprod[t]) + 1e-12)
    return Control(losses, by_scaling)


def check_finite(scores: np.ndarray, of: str) -> None:
    """Refuse NaN and infinite scores (n,) `of` some images.

    Raises:
        ValueError: there are some.
    """
    broken = int((~np.isfinite(scores)).sum())
    if broken:
        raise InvalidInput(f"{broken} of {len(scores)} scores of {of} are NaN or infinite; look at the model's weights")


def check_rankable(scores: np.ndarray, of: str) -> None:
    """Refuse scores (n,) `of` some images by which these cannot be ranked.

    Raises:
        ValueError: as `check_finite`, or more than `MOST_TIES` of them with one value.
    """
    check_finite(scores, of)
    _, counts = np.unique(scores, return_counts=True)
    if counts.max() > max(1, MOST_TIES * len(scores)):
        raise InvalidInput(
            f"{counts.max()} of {len(scores)} scores of {of} are one and the same number: the model does not tell images apart; "
            "look at its weights, and at the images"
        )
