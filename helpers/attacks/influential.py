"""Influential: does an attack see better when it looks only at the latent dimensions that the decoder listens to?

    S(x) = the k dimensions of z(x) with the largest influence c_i,   k = fraction x dims          (`helpers.models.geometry`)
    score(x) = -||(v_i)_{i in S(x)}||_p^p      for an attack with the score -||v||_p^p

v is SimA's predicted noise, the residual of Loss or PIA, or SecMI's difference. Dimensions that hardly move a pixel hold
little of the image and as much noise as any other. The choice of S needs the decoder, but no query of the denoiser.
Source: arXiv 2511.20592, which leaves the 40% of least influence out.
"""

from dataclasses import dataclass, field, replace
from typing import Literal, cast

import torch
from torch import Tensor

from helpers.attacks.base import BatchedAttack, Noise
from helpers.attacks.loss import Loss
from helpers.attacks.pia import PIA, PIAN
from helpers.attacks.pixel import check_latent
from helpers.attacks.secmi import SecMI
from helpers.attacks.sima import SimA
from helpers.data.splits import check_images, image_keys
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser
from helpers.models.geometry import influence
from helpers.models.latent import LatentDenoiser

NORMS = (SimA, Loss, PIA, PIAN, SecMI)
Normed = SimA | Loss | PIA | SecMI


class Influences:
    """Influences that are kept, so that a sweep over timesteps and fractions estimates those of a set of images once.

    A decoder that changes in place is not noticed: give a denoiser that has been trained on a new ``Influences()``.
    """

    def __init__(self):
        self._values: dict[tuple, Tensor] = {}
        self._denoisers: dict[int, LatentDenoiser] = {}  # held, so that no other object can take over an id

    def __repr__(self) -> str:
        return f"Influences({sum(len(values) for values in self._values.values())} latents)"

    def of(self, denoiser: LatentDenoiser, z: Tensor, probes: int, seed: int, batch_size: int) -> Tensor:
        """c of the latents z, in the shape of z."""
        self._denoisers[id(denoiser)] = denoiser
        key = (id(denoiser), probes, seed, tuple(z.shape), *image_keys(z))
        if key not in self._values:
            generator = torch.Generator().manual_seed(seed)
            self._values[key] = influence(denoiser.decode, z, probes, generator, batch_size).value
        return self._values[key]

    def of_images(self, denoiser: LatentDenoiser, images: Tensor, probes: int, seed: int = 0, batch_size: int = 256) -> Tensor:
        """c of the latents of images."""
        return self.of(denoiser, denoiser.encode(images), probes, seed, batch_size)


@dataclass(frozen=True)
class Influential(BatchedAttack):
    """An attack whose norm is taken over the most influential latent dimensions of each image.

    Args:
        attack: one of NORMS; its own batch size and seed stay in force.
        fraction: of the dimensions, in (0, 1]; 1 gives the attack's own scores. `helpers.experiments.latent_studies`
            has ``calibrated_fraction``, which chooses one.
        probes: of `helpers.models.geometry.influence`, at least 2; `batch_size` and `seed` are theirs.
        which: "most" influential dimensions, or the "least", to compare.
        timestep: of the attack; left out, its own.
        influences: where influences are kept; ``replace`` shares them, and with it every sweep.

    Raises:
        ValueError: an attack without such a norm, a fraction out of range, another `which` or too few probes; from
            ``score``, a denoiser without encode and decode.
    """

    attack: Normed
    fraction: float
    probes: int = 16
    which: Literal["most", "least"] = "most"
    timestep: int | None = None
    influences: Influences = field(default_factory=Influences, compare=False)

    def __post_init__(self):
        if type(self.attack) not in NORMS:  # SecMINN inherits from SecMI, and has a network in the place of the norm
            known = ", ".join(a.__name__ for a in NORMS)
            raise InvalidInput(f"attack must be one of {known}, got {type(self.attack).__name__}")
        if not 0 < self.fraction <= 1:
            raise InvalidInput(f"fraction must be in (0, 1], got {self.fraction}")
        if self.which not in ("most", "least"):
            raise InvalidInput(f'which must be "most" or "least", got {self.which!r}')
        if self.probes < 2:
            raise InvalidInput(f"probes must be at least 2, got {self.probes}")
        timestep = self.attack.timestep if self.timestep is None else self.timestep
        object.__setattr__(self, "timestep", timestep)
        object.__setattr__(self, "attack", replace(self.attack, timestep=timestep))

    @property
    def queries(self) -> int:
        """Of the denoiser. The influences ask the decoder for `probes` products an image, once."""
        return self.attack.queries

    def check(self, denoiser: Denoiser) -> None:
        self.attack.check(denoiser)
        check_latent(self, denoiser)

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        check_images(images)
        self.check(denoiser)
        latent = cast(LatentDenoiser, denoiser)  # `check` has refused others
        noise = Noise(self.attack.seed)
        with torch.inference_mode():
            batches = list(self.attack.batches(denoiser, images))
            values = self.influences.of(latent, torch.cat(batches), self.probes, self.seed, self.batch_size)
            kept = most_influential(values if self.which == "most" else -values, self.fraction)
            kept = kept.split(self.attack.batch_size)
            return torch.cat([self._score(denoiser, z, noise, k) for z, k in zip(batches, kept, strict=True)])

    def _score(self, denoiser: Denoiser, z: Tensor, noise: Noise, kept: Tensor) -> Tensor:
        # What is left out becomes 0, which adds nothing to a norm.
        return self.attack.reduce([torch.where(kept, v, 0) for v in self.attack.vectors(denoiser, z, noise)])


def most_influential(values: Tensor, fraction: float) -> Tensor:
    """Which dimensions of each latent are kept: values (n, c, h, w) -> bool of that shape, at least one a latent."""
    flat = values.flatten(1)
    count = max(1, round(fraction * flat.shape[1]))
    return torch.zeros_like(flat, dtype=torch.bool).scatter_(1, flat.topk(count).indices, True).reshape(values.shape)
