"""Does the model denoise at all, and are its scores numbers that can be ranked?

A model that was read with the wrong scaling, at the wrong size or with broken weights remembers nothing that an attack could
find, and "no evidence" would reassure falsely. So it has to beat a model that predicts nothing:

    L(t) = E || ε - ε̂(x_t, t) ||² / d        is 1 for ε̂ = 0
"""

from collections.abc import Mapping, Sequence

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


@torch.inference_mode()
def denoising(denoiser: Denoiser, images: Tensor, timesteps: Sequence[int], seed: int = 0) -> dict[int, float]:
    """L(t) of the module's equation at each timestep, on images (n, c, h, w) in [-1, 1], one draw of ε for each.

    Raises:
        ValueError: the model answers with NaN or infinite numbers.
    """
    clean, found = encoded(denoiser, images), {}
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed)).to(clean)
    for t in timesteps:
        predicted = denoiser.predict_noise(add_noise(clean, noise, t, denoiser.alphas_cumprod), t)
        found[t] = (predicted.float() - noise.float()).square().mean().item()
        if not np.isfinite(found[t]):
            raise InvalidInput(
                f"the model answers with NaN or infinite numbers at timestep {t}; look at its weights, or use a precision of "
                "more digits"
            )
    return found


def denoises(losses: Mapping[int, float]) -> bool:
    """Does the model beat predicting nothing, at most of the timesteps?"""
    return float(np.median(list(losses.values()))) < 1


def check_rankable(scores: np.ndarray, group: str, timestep: int) -> None:
    """Refuse scores (n,) by which images cannot be ranked.

    Raises:
        ValueError: NaN or infinite scores, or half of them or more with one value; the message names timestep and group.
    """
    where = f"of {group.replace('_', '-')} images at timestep {timestep}"
    broken = int((~np.isfinite(scores)).sum())
    if broken:
        raise InvalidInput(f"{broken} of {len(scores)} scores {where} are NaN or infinite; look at the model's weights")
    _, counts = np.unique(scores, return_counts=True)
    if len(scores) > 1 and counts.max() > max(1, MOST_TIES * len(scores)):
        raise InvalidInput(
            f"{counts.max()} of {len(scores)} scores {where} are one and the same number: the model does not tell images apart; "
            "look at its weights and at the images"
        )
