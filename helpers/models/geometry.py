"""Which latent directions does a decoder hear, and how loudly?

    J(z) = dD/dz,   G(z) = J(z)ᵀ J(z),   log-volume_k(z) = Σ_{i<=k} log σ_i(J(z)),   c_i(z) = ½ log G_ii(z)

G measures in pixels how long a step in latent space is; c_i is the log-length of the step along dimension i alone. A
decoder is too wide for J to be written out at many z, and c needs no more than its products with random signs:

    G_ii = E_w[(J(z)ᵀ w)_i²],   w uniform in {-1, 1}^pixels                                           (Hutchinson)

``decode`` maps latents (n, c, h, w) to images (n, C, H, W), each on its own, as ``LatentDenoiser.decode`` does; latents
are scaled as it wants them, and so is J. Nothing here records a gradient.
Source: arXiv 2511.20592 for the pullback metric, log-volume and influence; Hutchinson, "A Stochastic Estimator of the
Trace of the Influence Matrix for Laplacian Smoothing Splines" (1989), for the probes.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import vjp
from torch.nn.attention import SDPBackend, sdpa_kernel

from helpers.errors import InvalidInput

Decoder = Callable[[Tensor], Tensor]


def pull_back(decode: Decoder, z: Tensor, covectors: Tensor) -> Tensor:
    """J(z)ᵀ w for latents z (n, c, h, w) and one covector w an image (n, C, H, W), in the shape of z: one vjp for all.

    Raises:
        ValueError: latents that are no batch, or covectors of another shape than the images.
    """
    with _linearised(decode, z) as (images, pull):
        _check_same("covectors", covectors, "the decoded images", images)
        return pull(covectors.to(images))


def push_forward(decode: Decoder, z: Tensor, vectors: Tensor) -> Tensor:
    """J(z) v for latents z and one vector v each, both (n, c, h, w), in the shape of the images: one product for all.

    It is the transpose of `pull_back`, which is linear in w: forward differentiation, the usual way to it, does not exist
    for the codebook of a vector-quantised decoder.

    Raises:
        ValueError: latents that are no batch, or vectors of another shape.
    """
    _check_same("vectors", vectors, "the latents", z)
    with _linearised(decode, z) as (images, pull):
        return vjp(pull, torch.zeros_like(images))[1](vectors.clone().to(z))[0]


def jacobian(decode: Decoder, z: Tensor) -> Tensor:
    """J(z), exact: (n, pixels, dims), from one vjp a pixel. For a few latents: it holds n x pixels x dims numbers."""
    with _linearised(decode, z) as (images, pull):
        pixels = images[0].numel()
        units = torch.eye(pixels, dtype=images.dtype, device=images.device).reshape(pixels, *images.shape[1:])
        return torch.stack([pull(unit.expand_as(images)).flatten(1) for unit in units], 1)


def log_volume(decode: Decoder, z: Tensor, k: int, batch_size: int = 64) -> Tensor:
    """Σ of the logs of the k largest singular values of J(z), exact: (n,), -inf where fewer than k are positive.

    Args:
        batch_size: Jacobians held at once.

    Raises:
        ValueError: latents that are no batch, or k outside 1 ... min(pixels, dims).
    """
    _check_latents(z)
    volumes = []
    for part in z.split(batch_size):
        j = jacobian(decode, part)
        if not 1 <= k <= min(j.shape[1:]):
            raise InvalidInput(f"k must be in [1, {min(j.shape[1:])}] for a Jacobian of {j.shape[1]} x {j.shape[2]}, got {k}")
        volumes.append(torch.linalg.svdvals(j)[:, :k].log().sum(1))
    return torch.cat(volumes)


@dataclass(frozen=True)
class Influence:
    """What `influence` returns, both in the shape of the latents.

    Args:
        value: c_i = ½ log G_ii, -inf for a dimension that moves no pixel.
        error: its standard error.
    """

    value: Tensor
    error: Tensor


def influence(decode: Decoder, z: Tensor, probes: int, generator: torch.Generator, batch_size: int = 64) -> Influence:
    """c(z) of latents (n, c, h, w) from Hutchinson probes, with its standard error; the cost is one vjp a probe.

    The error is the delta method's: of the mean over the probes, s(G_ii) / sqrt(probes), times dc/dG = 1 / (2 G_ii).

    Args:
        probes: m, at least 2; four times as many halve the error.
        generator: of the probes, on the CPU. An image's probes depend on its place, not on the batch size.
        batch_size: latents per call of the decoder; bounds the memory.

    Raises:
        ValueError: latents that are no batch, or too few probes.
    """
    _check_latents(z)
    if probes < 2:
        raise InvalidInput(f"probes must be at least 2, for an error as well as a value; got {probes}")
    seeds = torch.randint(2**62, (probes,), generator=generator).tolist()
    signs = [torch.Generator().manual_seed(seed) for seed in seeds]  # one a probe, so that memory does not grow with them
    values, errors = [], []
    for part in z.split(batch_size):
        with _linearised(decode, part) as (images, pull):
            squares = torch.zeros((2, *part.shape), dtype=torch.float64)
            for sign in signs:
                square = pull(_random_signs(images, sign)).cpu().double().square()
                squares += torch.stack([square, square.square()])
        mean = squares[0] / probes
        spread = ((squares[1] - probes * mean.square()).clamp_min(0) / (probes - 1)).sqrt()
        error = spread / probes**0.5 / (2 * mean)
        values.append((mean.log() / 2).to(part))
        errors.append(torch.where(mean > 0, error, 0).to(part))
    return Influence(torch.cat(values), torch.cat(errors))


def _random_signs(images: Tensor, generator: torch.Generator) -> Tensor:
    """-1 or 1 for every pixel, drawn image by image."""
    draws = [torch.randint(2, images.shape[1:], generator=generator) for _ in images]
    return torch.stack(draws).to(images) * 2 - 1


@contextmanager
def _linearised(decode: Decoder, z: Tensor) -> Iterator[tuple[Tensor, Callable[[Tensor], Tensor]]]:
    """D(z), and the function w -> J(z)ᵀ w, which may be called as often as one likes.

    Attacks score in inference mode, whose tensors cannot be differentiated: it is left, and z copied out of it. Of the
    implementations of attention only the plain one has the second derivative that `push_forward` takes.
    """
    _check_latents(z)
    with torch.inference_mode(False), torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        images, pull = vjp(decode, z.clone())  # type: ignore[misc]  # a third only with has_aux
        if len(images) != len(z):
            raise InvalidInput(f"decode must return one image per latent, got {len(images)} for {len(z)}")
        yield images, lambda w: pull(w.clone())[0]


def _check_latents(z: Tensor) -> None:
    if z.ndim != 4 or z.numel() == 0:
        raise InvalidInput(f"latents must have shape (n, c, h, w) with n > 0, got {tuple(z.shape)}; give a batch, even of one")


def _check_same(name: str, given: Tensor, other: str, wanted: Tensor) -> None:
    if given.shape != wanted.shape:
        raise InvalidInput(f"{name} must have the shape of {other}, {tuple(wanted.shape)}, got {tuple(given.shape)}")
