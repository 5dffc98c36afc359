"""The protocol that every attack satisfies, and what the attacks share: batches, noise, and the sweep over timesteps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Protocol, runtime_checkable

import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.data.splits import LabelledPart, check_images
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser, encoded


@runtime_checkable
class Attack(Protocol):
    """``score`` maps clean images (n, c, h, w) in [-1, 1] to (n,) scores, higher = more likely a member."""

    __dataclass_fields__: ClassVar[dict[str, Any]]  # so that ``replace`` gives one with other hyperparameters

    @property
    def queries(self) -> int:
        """Calls to the denoiser per image."""
        ...

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        """One number per image (n, c, h, w) in [-1, 1]: (n,), higher = more likely a member."""
        ...


@runtime_checkable
class LearnedAttack(Attack, Protocol):
    """An attack with a classifier, which has to see labelled images before it can score: ``fit`` returns it fitted."""

    def fit(self, denoiser: Denoiser, part: LabelledPart) -> "Attack":
        """The attack with its classifier trained on the images and labels of the part; this one is unchanged."""
        ...


class Noise:
    """Standard normal noise for a batch after the other: the k-th draw of an image does not depend on the batch size.

    Args:
        seed: the same seed gives the same noise, on every device (it is drawn on the CPU).
    """

    def __init__(self, seed: int):
        self.seed = seed
        self.generators: dict[int, torch.Generator] = {}

    def __call__(self, k: int, x: Tensor) -> Tensor:
        """The k-th draw for the images x, in their shape, dtype and device."""
        if k not in self.generators:
            self.generators[k] = torch.Generator().manual_seed(1_000_003 * self.seed + k)
        # One call per image: how torch fills a tensor of normal numbers depends on how many there are.
        return torch.stack([torch.randn(x.shape[1:], generator=self.generators[k]) for _ in x]).to(x)


@dataclass(frozen=True)
class BatchedAttack:
    """What an attack of this package inherits: it says how to score one batch, and which timesteps it asks about.

    A batch comes as the denoiser sees it, as latents of a latent one; an attack with ``changes_images`` gets the images.

    Args:
        batch_size: images per call of the denoiser; bounds the memory.
        seed: of the noise, where the attack draws any.
    """

    batch_size: int = field(default=256, kw_only=True)
    seed: int = field(default=0, kw_only=True)
    changes_images: ClassVar[bool] = False

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        """One number per image (n, c, h, w) in [-1, 1]: (n,), higher = more likely a member.

        Raises:
            ValueError: images that are no valid batch, or timesteps that the denoiser does not have.
        """
        check_images(images)
        self.check(denoiser)
        noise = Noise(self.seed)
        with torch.inference_mode():
            return torch.cat([self.score_batch(denoiser, x, noise) for x in self.batches(denoiser, images)])

    def batches(self, denoiser: Denoiser, images: Tensor) -> Iterator[Tensor]:
        """The images, `batch_size` at a time, as ``score_batch`` wants them."""
        for x in images.split(self.batch_size):
            yield x if self.changes_images else encoded(denoiser, x)

    def score_batch(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        raise NotImplementedError

    def asked_timesteps(self) -> Sequence[int]:
        """Every timestep at which the denoiser will be called; a subclass with others says so."""
        return [self.timestep]  # type: ignore[attr-defined]  # whoever has none overrides this

    def check(self, denoiser: Denoiser) -> None:
        """Can this denoiser be attacked this way? A ValueError says why not."""
        steps, asked = len(denoiser.alphas_cumprod), self.asked_timesteps()
        outside = [t for t in asked if not 0 <= t < steps]
        if outside:
            name = type(self).__name__
            raise InvalidInput(
                f"timestep must be in [0, {steps}), got {outside[-1]}: {name} needs it and this denoiser has {steps}"
            )


def check_order(p: float) -> None:
    """Refuse what is no norm order."""
    if not p >= 1:
        raise InvalidInput(f"p must be a norm order of at least 1 (math.inf is allowed), got {p}")


def check_at_least_one(**counts: int) -> None:
    """Refuse a number of draws, steps, ... below 1."""
    for name, count in counts.items():
        if count < 1:
            raise InvalidInput(f"{name} must be at least 1, got {count}")


def score_part(attack: Attack, denoiser: Denoiser, part: LabelledPart) -> tuple[Tensor, Tensor]:
    """The attack's scores of the part's members (n,) and of its held-out images (m,)."""
    return attack.score(denoiser, part.members), attack.score(denoiser, part.held_out)


def score_over_timesteps(
    attack: Attack, denoiser: Denoiser, part: LabelledPart, timesteps: Sequence[int], progress: bool = False
) -> tuple[Tensor, Tensor]:
    """`score_part` at each timestep: (T, n) and (T, m) for T timesteps.

    Raises:
        ValueError: an attack without a timestep of its own.
    """
    if "timestep" not in {f.name for f in fields(attack)}:
        raise InvalidInput(f"{type(attack).__name__} has no timestep to sweep; use score_part")
    bar = tqdm(timesteps, desc=type(attack).__name__, disable=not progress)
    rows = [score_part(replace(attack, timestep=int(t)), denoiser, part) for t in bar]
    return torch.stack([members for members, _ in rows]), torch.stack([held_out for _, held_out in rows])
