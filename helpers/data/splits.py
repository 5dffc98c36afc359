"""Which images does the model train on, and which does it never see?

A membership experiment needs three disjoint sets: *members* (the target trains on them), *held-out* images (from the
same distribution, never trained on) and *auxiliary* images (what an attacker may own: used for shadow models only).
Members and held-out images are each cut into a calibration part, on which choices are made, and an evaluation part,
on which figures are reported.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.errors import InvalidInput


def check_images(images: Tensor, name: str = "images") -> None:
    """Refuse anything but finite floating-point images (n, c, h, w) in [-1, 1], with n > 0.

    Raises:
        ValueError: wrong type, wrong number of dimensions, no image, NaN or infinity, or a value outside [-1, 1].
    """
    if not isinstance(images, Tensor) or not images.is_floating_point():
        kind = images.dtype if isinstance(images, Tensor) else type(images).__name__
        raise InvalidInput(f"{name} must be a floating-point tensor, got {kind}; try torch.as_tensor(x, dtype=torch.float32)")
    if images.ndim != 4:
        raise InvalidInput(f"{name} must have shape (n, c, h, w), got {tuple(images.shape)}")
    if images.numel() == 0:
        raise InvalidInput(f"{name} is empty, shape {tuple(images.shape)}; give at least one image")
    if not torch.isfinite(images).all():
        raise InvalidInput(f"{name} holds {int((~torch.isfinite(images)).sum())} NaN or infinite values; remove or repair them")
    low, high = images.min().item(), images.max().item()
    if low < -1 or high > 1:
        raise InvalidInput(f"{name} must lie in [-1, 1], got [{low:g}, {high:g}]; rescale them first")


def image_keys(images: Tensor) -> list[bytes]:
    """What tells images (n, ...) apart: for each one the bytes of its pixels, the same on every device."""
    return [image.numpy().tobytes() for image in images.detach().cpu()]


def shape_of(images: Tensor) -> tuple[int, int, int]:
    """(c, h, w) of images (n, c, h, w)."""
    _, channels, height, width = images.shape
    return channels, height, width


def check_latents(mean: Tensor, spread: Tensor) -> None:
    """Refuse anything but finite means (n, c, h, w), n > 0, with a standard deviation of zero or more for each.

    Raises:
        ValueError: another shape, no latent, NaN or infinity, or a negative standard deviation.
    """
    if mean.ndim != 4 or mean.numel() == 0 or mean.shape != spread.shape:
        raise InvalidInput(
            f"latents and their spread must share a shape (n, c, h, w), got {tuple(mean.shape)}, {tuple(spread.shape)}"
        )
    if not (mean.isfinite().all() and spread.isfinite().all() and (spread >= 0).all()):
        raise InvalidInput("latents and their spread must be finite, the spread not negative; look at the autoencoder")


@dataclass(frozen=True)
class LabelledPart:
    """A part of a split whose labels are known: members and held-out images, each (n, c, h, w)."""

    members: Tensor
    held_out: Tensor


@dataclass(frozen=True)
class MembershipSplit:
    """Members, held-out and auxiliary images: float32 (n, c, h, w) in [-1, 1], with no image in two of them.

    Args:
        members: images that the target model trains on.
        held_out: images from the same distribution that it never sees.
        auxiliary: images for shadow models; may be left out.

    Raises:
        ValueError: a part is no valid image batch, is empty, or shares an image with another part.
    """

    members: Tensor
    held_out: Tensor
    auxiliary: Tensor | None = None

    def __post_init__(self):
        parts = {"members": self.members, "held_out": self.held_out}
        if self.auxiliary is not None:
            parts["auxiliary"] = self.auxiliary
        owner: dict[bytes, str] = {}
        for name, images in parts.items():
            check_images(images, name)
            if images.shape[1:] != self.members.shape[1:]:
                raise InvalidInput(
                    f"{name} must have the members' shape {tuple(self.members.shape[1:])}, got {tuple(images.shape[1:])}"
                )
            for row, key in enumerate(image_keys(images)):
                if owner.setdefault(key, name) != name:
                    raise InvalidInput(f"{name}[{row}] is also in {owner[key]}; an image may be in one part only")

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(c, h, w)"""
        return shape_of(self.members)

    @property
    def calibration(self) -> LabelledPart:
        """The first half of members and of held_out: timesteps and thresholds are chosen here."""
        return LabelledPart(self.members[: len(self.members) // 2], self.held_out[: len(self.held_out) // 2])

    @property
    def evaluation(self) -> LabelledPart:
        """The second half of members and of held_out: figures are reported here."""
        return LabelledPart(self.members[len(self.members) // 2 :], self.held_out[len(self.held_out) // 2 :])

    def shadow(self) -> "MembershipSplit":
        """The auxiliary images as a split of their own, half of them members: what a shadow model trains on."""
        if self.auxiliary is None or len(self.auxiliary) < 2:
            raise InvalidInput("a shadow split needs at least 2 auxiliary images; give MembershipSplit some")
        half = len(self.auxiliary) // 2
        return MembershipSplit(self.auxiliary[:half], self.auxiliary[half : 2 * half])

    @property
    def candidates(self) -> Tensor:
        """Members, then held-out images: all that somebody might ask about."""
        return torch.cat([self.members, self.held_out])

    def candidate_half(self, index: int) -> Tensor:
        """Which candidates shadow model `index` of a likelihood-ratio attack trains on: (n + m,) of bool.

        Shadow models 2k and 2k + 1 train on the two halves of the candidates' k-th random cut, so that every image is in
        the training set of one of them and not of the other. No label of the target enters.

        Raises:
            ValueError: a negative index.
        """
        if index < 0:
            raise InvalidInput(f"index must be at least 0, got {index}")
        n = len(self.members) + len(self.held_out)
        order = torch.randperm(n, generator=torch.Generator().manual_seed(1_000 + index // 2))
        chosen = torch.zeros(n, dtype=torch.bool)
        chosen[order[: n // 2] if index % 2 == 0 else order[n // 2 :]] = True
        return chosen


def draw_order(n: int, seed: int) -> Tensor:
    """The permutation (n,) of a seed, the same everywhere."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def draw_split(images: Tensor, seed: int, members: int, held_out: int) -> MembershipSplit:
    """Images (n, c, h, w) in the order of a seed: members, then held-out images, then auxiliary ones.

    Raises:
        ValueError: fewer than 2 members or held-out images, or more than there are.
    """
    if members < 2 or held_out < 2 or members + held_out > len(images):
        raise InvalidInput(
            f"members and held_out must be at least 2 and at most {len(images)} together, got {members} and {held_out}"
        )
    parts = images[draw_order(len(images), seed)].split([members, held_out, len(images) - members - held_out])
    return MembershipSplit(parts[0], parts[1], parts[2] if len(parts[2]) else None)
