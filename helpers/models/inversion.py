"""Which latent did an image come from, when there is a decoder but no encoder to trust?

    z*(x) = argmin_z ||D(z) - x||² / pixels + λ ||z||² / dims

λ is the weight of the prior: latents are scaled to unit variance, so that z is a priori about standard normal. The
objective is not convex; Adam runs from several starts, all images in one batch, and each image keeps its best. A run
keeps the best point that it passes, so that the encoder's latent as a start is only ever improved upon.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.data.splits import check_images, image_keys
from helpers.errors import InvalidInput
from helpers.models.latent import LatentDenoiser


@dataclass(frozen=True)
class Inversion:
    """What `invert` returns.

    Args:
        latents: z*, (n, latent channels, h', w'), scaled as the denoiser expects.
        error: ||D(z*) - x||² / pixels, without the prior: (n,).
        start: which start won, 0-based: (n,); 0 is the encoder's latent, where that was allowed.
    """

    latents: Tensor
    error: Tensor
    start: Tensor


def invert(  # noqa: PLR0913 - one setting each, with a default, given by name
    denoiser: LatentDenoiser,
    images: Tensor,
    starts: int = 3,
    steps: int = 150,
    learning_rate: float = 0.05,
    prior: float = 1e-3,
    seed: int = 0,
    batch_size: int = 300,
    progress: bool = True,
    encoder_start: bool = True,
) -> Inversion:
    """z* of images (n, c, h, w) in [-1, 1]: the best of `starts` runs of `steps` steps of Adam.

    Args:
        starts: the encoder's latent, then standard normal ones, which all images share: an image's latent depends
            neither on the batch size nor on the other images.
        learning_rate: of the first step; it falls to 0 along half a cosine.
        prior: λ of the module's equation, at least 0.
        encoder_start: without it all starts are random, and the encoder only says which shape latents have.

    Raises:
        ValueError: bad images, images of another size than the decoder's, a count below 1, a learning rate that is not
            positive, or a negative prior.
    """
    check_images(images)
    check_settings(starts, steps, learning_rate, prior, batch_size)
    batches = images.split(batch_size)
    bar = tqdm(total=len(batches) * starts * steps, desc="inversion", disable=not progress, leave=False, mininterval=1)
    # Attacks score in inference mode, whose tensors cannot be optimised: it is left here.
    with torch.inference_mode(False), bar:
        found = []
        for x in batches:
            x = x.clone()
            runs = [
                _descend(_objective(denoiser, x, prior), z, steps, learning_rate, bar)
                for z in _starts(denoiser, x, starts, seed, encoder_start)
            ]
            losses = torch.stack([loss for _, loss, _ in runs])
            best = losses.argmin(0)
            rows = torch.arange(len(x), device=x.device)
            latents, errors = torch.stack([z for z, _, _ in runs]), torch.stack([error for _, _, error in runs])
            found.append((latents[best, rows], errors[best, rows], best))
    return Inversion(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def check_settings(starts: int, steps: int, learning_rate: float, prior: float, batch_size: int = 1) -> None:
    """Refuse what `invert` cannot work with."""
    for name, count in {"starts": starts, "steps": steps, "batch_size": batch_size}.items():
        if count < 1:
            raise InvalidInput(f"{name} must be at least 1, got {count}")
    if not learning_rate > 0 or not prior >= 0:
        raise InvalidInput(f"learning_rate must be positive and prior at least 0, got {learning_rate:g} and {prior:g}")


class Inversions:
    """Inverted latents that are kept, so that an image is inverted once per denoiser and setting: see `InvertedSimA`.

    Weights that change in place are not noticed: give a denoiser that has been trained on a new ``Inversions()``.

    Args:
        progress: show a bar while images are inverted.
    """

    def __init__(self, progress: bool = True):
        self.progress = progress
        self._latents: dict[tuple, Tensor] = {}
        self._denoisers: dict[int, LatentDenoiser] = {}  # held, so that no other object can take over an id

    def __repr__(self) -> str:
        return f"Inversions({len(self._latents)} latents)"

    def latents(self, denoiser: LatentDenoiser, images: Tensor, **settings: Any) -> Tensor:
        """z* of the images; `settings` are those of `invert`. What is not known yet is inverted in one call."""
        self._denoisers[id(denoiser)] = denoiser
        setting = (id(denoiser), tuple(sorted(settings.items())))
        keys = [(*setting, key) for key in image_keys(images)]
        missing = {key: row for row, key in enumerate(keys) if key not in self._latents}
        if missing:
            found = invert(denoiser, images[list(missing.values())], progress=self.progress, **settings)
            self._latents |= dict(zip(missing, found.latents, strict=True))
        return torch.stack([self._latents[key] for key in keys]).to(images.device)


def _starts(denoiser: LatentDenoiser, x: Tensor, starts: int, seed: int, encoder_start: bool) -> list[Tensor]:
    with torch.no_grad():
        encoded = denoiser.encode(x if encoder_start else x[:1])
    generator = torch.Generator().manual_seed(seed)
    normal = [torch.randn(encoded.shape[1:], generator=generator) for _ in range(starts)]
    shared = [z.to(x).expand(len(x), *z.shape) for z in normal]
    return [encoded, *shared[:-1]] if encoder_start else shared


def _objective(denoiser: LatentDenoiser, x: Tensor, prior: float) -> Callable[[Tensor], tuple[Tensor, Tensor]]:
    """z -> the objective and its first term, per image."""

    def objective(z: Tensor) -> tuple[Tensor, Tensor]:
        images = denoiser.decode(z)
        if images.shape != x.shape:
            raise InvalidInput(f"the decoder makes images {tuple(images.shape[1:])}, got {tuple(x.shape[1:])}; resize them")
        error = (images - x).square().flatten(1).mean(1)
        return error + prior * z.square().flatten(1).mean(1), error

    return objective


def _descend(
    objective: Callable[[Tensor], tuple[Tensor, Tensor]], start: Tensor, steps: int, learning_rate: float, bar: tqdm
) -> tuple[Tensor, Tensor, Tensor]:
    """The best point that Adam passes on its way from `start`, its objective and its error, per image."""
    z = start.clone().requires_grad_()
    adam = torch.optim.Adam([z], learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    best = start.clone()
    best_loss = best_error = torch.full((len(z),), torch.inf, dtype=z.dtype, device=z.device)
    for step in range(steps + 1):
        with torch.enable_grad():
            loss, error = objective(z)
            # The sum, not the mean: an image's gradient must not depend on how many there are. Weights get no gradient.
            (z.grad,) = torch.autograd.grad(loss.sum(), z)
        loss, error = loss.detach(), error.detach()
        better = loss < best_loss
        best = torch.where(better.reshape(-1, 1, 1, 1), z.detach(), best)
        best_loss, best_error = torch.where(better, loss, best_loss), torch.where(better, error, best_error)
        if step < steps:  # the last point is looked at, too
            adam.step()
            schedule.step()
            bar.update()
    return best, best_loss, best_error
