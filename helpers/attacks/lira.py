"""LiRA: is the image's norm one of a model that trained on it, or one of a model that did not?

    φ(x; f) = log SimA-norm of x under model f,    μ_in(x), μ_out(x): its means over the shadow models with / without x
    score(x) = log N(φ(x; target); μ_in(x), σ_in²) - log N(φ(x; target); μ_out(x), σ_out²)

With a few shadow models a variance per image would be noise, so that σ_in and σ_out are pooled over all candidates.
Source: Carlini et al., "Membership Inference Attacks From First Principles" (arXiv 2112.03570), section V (online attack,
global variance), with SimA's norm as the statistic.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise, check_order
from helpers.attacks.sima import SimA
from helpers.data.splits import check_images, image_keys
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser


class ShadowModels:
    """Denoisers whose training sets the attacker drew from the candidates, and their statistics on all of them.

    Args:
        denoisers: S shadow models.
        candidates: (N, c, h, w), every image that may be asked about.
        trained_on: (S, N) of bool, which candidates each model trained on; see ``MembershipSplit.candidate_half``.

    Raises:
        ValueError: shapes that do not fit, or a candidate without a model that trained on it and one that did not.
    """

    def __init__(self, denoisers: Sequence[Denoiser], candidates: Tensor, trained_on: Tensor):
        if tuple(trained_on.shape) != (len(denoisers), len(candidates)):
            raise InvalidInput(f"trained_on must have shape {(len(denoisers), len(candidates))}, got {tuple(trained_on.shape)}")
        lonely = (trained_on.all(0) | ~trained_on.any(0)).sum().item()
        if lonely:
            raise InvalidInput(f"{lonely} candidates lack a shadow model with them, or one without; cut the candidates in halves")
        self.denoisers, self.candidates, self.trained_on = tuple(denoisers), candidates, trained_on
        self.rows = {key: row for row, key in enumerate(image_keys(candidates))}
        self._statistics: dict[SimA, Tensor] = {}

    def __repr__(self) -> str:
        return f"ShadowModels({len(self.denoisers)} models, {len(self.candidates)} candidates)"

    def first(self, count: int) -> "ShadowModels":
        """The first `count` of the models; what is known of their statistics is not computed again."""
        few = ShadowModels(self.denoisers[:count], self.candidates, self.trained_on[:count])
        few._statistics = {sima: values[:count] for sima, values in self._statistics.items()}
        return few

    def rows_of(self, images: Tensor) -> Tensor:
        """The images' places among the candidates: (n,).

        Raises:
            ValueError: an image is no candidate.
        """
        rows = [self.rows.get(key) for key in image_keys(images)]
        if None in rows:
            raise InvalidInput(f"image {rows.index(None)} is no candidate of the shadow models; LiRA knows nothing about it")
        return torch.tensor(rows)

    def statistics(self, sima: SimA) -> Tensor:
        """φ of every candidate under every shadow model: (S, N), computed once per setting."""
        if sima not in self._statistics:
            self._statistics[sima] = torch.stack([log_norm(sima, f, self.candidates) for f in self.denoisers])
        return self._statistics[sima]


def log_norm(sima: SimA, denoiser: Denoiser, images: Tensor) -> Tensor:
    """φ of the module's equation, (n,) float64."""
    return (-sima.score(denoiser, images)).double().clamp_min(1e-300).log()


@dataclass(frozen=True)
class LiRA(BatchedAttack):
    """The likelihood ratio of SimA's log-norm under Gaussians fitted to shadow models.

    Args:
        timestep, p: of SimA.
        shadows: the shadow models; their candidates hold every image that is asked about.

    Raises:
        ValueError: p below 1, or no shadow models; from ``score``, an image that is no candidate.
    """

    timestep: int = 50
    p: float = 4
    shadows: ShadowModels = None  # type: ignore[assignment]  # needed; it has a default since the fields before have one
    changes_images: ClassVar[bool] = True  # they are looked up among the candidates

    def __post_init__(self):
        check_order(self.p)
        if self.shadows is None:
            raise InvalidInput("LiRA needs shadow models: LiRA(shadows=ShadowModels(denoisers, candidates, trained_on))")

    @property
    def queries(self) -> int:
        """Of the target. Each candidate costs as many queries of each shadow model, and those have to be trained."""
        return 1

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        check_images(images)
        self.shadows.rows_of(images)  # before any query, and not batch by batch: the error names the image's own place
        return super().score(denoiser, images)

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        sima = SimA(self.timestep, self.p, batch_size=self.batch_size)
        rows = self.shadows.rows_of(x)
        observed = log_norm(sima, denoiser, x).cpu()
        inside, outside = (g.log_likelihood(observed, rows) for g in fit_gaussians(self.shadows, sima))
        return inside - outside


@dataclass(frozen=True)
class Gaussians:
    """One Gaussian a candidate: mean (N,), and a standard deviation that all of them share."""

    mean: Tensor
    deviation: Tensor

    def log_likelihood(self, values: Tensor, rows: Tensor) -> Tensor:
        return torch.distributions.Normal(self.mean[rows], self.deviation).log_prob(values)


def fit_gaussians(shadows: ShadowModels, sima: SimA) -> tuple[Gaussians, Gaussians]:
    """The Gaussians of φ "in" and "out"; σ² has one degree of freedom fewer per candidate."""
    values, fitted = shadows.statistics(sima).cpu(), []
    for chosen in (shadows.trained_on, ~shadows.trained_on):
        count = chosen.sum(0)
        mean = (values * chosen).sum(0) / count
        squares = ((values - mean).square() * chosen).sum()
        degrees = (count - 1).sum().clamp_min(1)
        fitted.append(Gaussians(mean, (squares / degrees).sqrt().clamp_min(1e-6)))
    return fitted[0], fitted[1]
