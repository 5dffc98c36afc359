"""SecMI: after a deterministic way up to timestep t, does one more step up and back lead home?

    step(x, s, t) = sqrt(ᾱ_t) (x - sqrt(1 - ᾱ_s) ε̂(x, s)) / sqrt(ᾱ_s) + sqrt(1 - ᾱ_t) ε̂(x, s)          (DDIM)
    x̃_t = step(... step(step(x, 0, k), k, 2k) ..., t - k, t)
    score(x) = -||step(step(x̃_t, t, t + k), t + k, t) - x̃_t||²                                  t / k + 2 queries

Source: Duan et al., "Are Diffusion Models Vulnerable to Membership Inference Attacks?" (arXiv 2302.01316), the t-error;
t = 100, k = 10. SecMI-NN puts a small network, trained on labelled images, in the place of the norm.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from helpers.attacks.base import BatchedAttack, Noise, check_at_least_one
from helpers.attacks.small_resnet import fit_resnet
from helpers.data.splits import LabelledPart
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import ddim_step


def round_trip(denoiser: Denoiser, x: Tensor, timestep: int, interval: int) -> tuple[Tensor, Tensor]:
    """x̃_t, and where one step up and one step down lead from it: both in the shape of x."""

    def step(y: Tensor, s: int, t: int) -> Tensor:
        return ddim_step(y, denoiser.predict_noise(y, s), s, t, denoiser.alphas_cumprod)

    for t in range(0, timestep, interval):
        x = step(x, t, t + interval)
    return x, step(step(x, timestep, timestep + interval), timestep + interval, timestep)


@dataclass(frozen=True)
class SecMI(BatchedAttack):
    """The squared error of the round trip (SecMI-stat).

    Args:
        timestep: a multiple of `interval`; timestep + interval has to lie in [0, T).
        interval: k, timesteps per DDIM step.

    Raises:
        ValueError: an interval below 1, or a timestep that is no multiple of it.
    """

    timestep: int = 100
    interval: int = 10

    def __post_init__(self):
        check_at_least_one(interval=self.interval)
        if self.timestep % self.interval:
            raise InvalidInput(f"timestep must be a multiple of interval {self.interval}, got {self.timestep}")

    @property
    def queries(self) -> int:
        return self.timestep // self.interval + 2

    def asked_timesteps(self) -> list[int]:
        return [*range(0, self.timestep + self.interval + 1, self.interval)] if self.timestep >= 0 else [self.timestep]

    def difference(self, denoiser: Denoiser, x: Tensor) -> Tensor:
        """Where the round trip ends, minus where it started: the shape of x."""
        start, end = round_trip(denoiser, x, self.timestep, self.interval)
        return end - start

    def vectors(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> list[Tensor]:
        """What the score is a squared norm of, in the shape of x: see `helpers.attacks.influential`."""
        return [self.difference(denoiser, x)]

    def reduce(self, vectors: list[Tensor]) -> Tensor:
        """The score of such vectors: (n,)."""
        return -vectors[0].square().flatten(1).sum(1)

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        return self.reduce(self.vectors(denoiser, x, noise))


@dataclass(frozen=True)
class SecMINN(SecMI):
    """SecMI with a small ResNet on the absolute difference image, trained by ``fit`` on labelled images.

    Raises:
        ValueError: as SecMI; from ``score``, before ``fit``.
    """

    network: nn.Module | None = None

    def fit(self, denoiser: Denoiser, part: LabelledPart) -> "SecMINN":
        """Train the network on the part's members against its held-out images."""
        self.check(denoiser)
        with torch.inference_mode():
            members, held_out = (self.features(denoiser, x) for x in (part.members, part.held_out))
        return replace(self, network=fit_resnet(members, held_out, self.seed))

    def features(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        return torch.cat([self.difference(denoiser, x).abs() for x in self.batches(denoiser, images)])

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        if self.network is None:
            raise InvalidInput("SecMINN has to be fitted first: attack = attack.fit(denoiser, split.calibration)")
        return self.network(self.difference(denoiser, x).abs())
