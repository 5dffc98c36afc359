"""Data-only: can members be told from held-out images without asking the model at all?

    score(x) = log-odds of "member" in a forest of decision trees that saw pixels and labels of the calibration part

No model is called. On a fair split the AUC is 0.5; where it is not, the two halves differ by themselves, and what any
attack finds on them proves nothing.
Source: Das, Zhang and Tramèr, "Blind Baselines Beat Membership Inference Attacks for Foundation Models" (arXiv 2406.16201).
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from sklearn.ensemble import RandomForestClassifier
from torch import Tensor

from helpers.data.splits import LabelledPart, check_images
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser


def features(images: Tensor) -> np.ndarray:
    """Pixels, differences of neighbours, and mean, deviation and roughness of each image: (n, features)."""
    check_images(images)
    across, down = images.diff(dim=3), images.diff(dim=2)
    flat = [x.flatten(1) for x in (images, across.abs(), down.abs())]
    summaries = [flat[0].mean(1), flat[0].std(1), flat[1].mean(1), flat[2].mean(1)]
    return torch.cat([*flat, torch.stack(summaries, 1)], 1).cpu().numpy()


@dataclass(frozen=True)
class DataOnly:
    """A forest of decision trees on the images themselves, trained by ``fit``.

    Args:
        trees: how many.
        seed: of the forest.

    Raises:
        ValueError: no tree; from ``score``, before ``fit``, or images that are no valid batch.
    """

    trees: int = 300
    seed: int = 0
    forest: RandomForestClassifier | None = None

    def __post_init__(self):
        if self.trees < 1:
            raise InvalidInput(f"trees must be at least 1, got {self.trees}")

    @property
    def queries(self) -> int:
        return 0

    def fit(self, denoiser: Denoiser | None, part: LabelledPart) -> "DataOnly":
        """Train the forest on the part's members against its held-out images; the denoiser is not asked."""
        x = np.concatenate([features(part.members), features(part.held_out)])
        labels = np.repeat([1, 0], [len(part.members), len(part.held_out)])
        forest = RandomForestClassifier(self.trees, min_samples_leaf=3, random_state=self.seed, class_weight="balanced")
        return replace(self, forest=forest.fit(x, labels))

    def score(self, denoiser: Denoiser | None, images: Tensor) -> Tensor:
        if self.forest is None:
            raise InvalidInput("DataOnly has to be fitted first: attack = attack.fit(denoiser, split.calibration)")
        return torch.logit(torch.as_tensor(self.forest.predict_proba(features(images))[:, 1]), eps=1e-6)
