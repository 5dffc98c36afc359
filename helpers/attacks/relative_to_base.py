"""Relative to the base: how much better does a model know an image than the model that it was made from?

    score(x) = log |s_base(x)| - log |s(x)|        (s: scores of any attack that are minus the size of an error)

Some images are easy for any model. What fine-tuning changed is the ratio of both models' errors for the same image, in which the
difficulty of the image cancels. Of scores that are all positive the sign is the other, and of scores of both signs their
difference is taken.

Source: difficulty calibration, Watson et al., "On the Importance of Difficulty Calibration in Membership Inference Attacks"
(arXiv 2111.08440), with the difference of logarithms in place of the difference.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from helpers.attacks.base import Attack
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser


def relative_scores(scores: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Scores of a model relative to those of its base, in the shape of both; higher: more likely a member.

    Raises:
        ValueError: another number of scores of the base.
    """
    if scores.shape != base.shape:
        raise InvalidInput(f"there must be as many scores of the base as of the model, got {base.shape} and {scores.shape}")
    both = np.stack([scores, base])
    if (both < 0).all():
        return np.log(-base) - np.log(-scores)
    if (both > 0).all():
        return np.log(scores) - np.log(base)
    return scores - base


@dataclass(frozen=True)
class RelativeToBase:
    """An attack's scores of a fine-tuned model, relative to those of the model that it started from.

    Args:
        base: told the same as the denoiser that is attacked.
        attack: asks both, with the same noise.
    """

    base: Denoiser
    attack: Attack

    @property
    def queries(self) -> int:
        return 2 * self.attack.queries

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        """One number per image (n, c, h, w) in [-1, 1]: (n,), higher = more likely a member.

        Raises:
            ValueError: as the attack.
        """
        asked = [self.attack.score(model, images).double().cpu().numpy() for model in (denoiser, self.base)]
        return torch.from_numpy(relative_scores(*asked)).float()
