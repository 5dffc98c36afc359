"""What does a model know that learned to walk straight from noise to an image?

Rectified flow mixes an image with noise in a straight line, and its network predicts the velocity of the walk:

    y = (1 - σ) x₀ + σ ε,    v = dy/dσ = ε - x₀,    σ in (0, 1]

For training images x_1, ..., x_N the best possible velocity has a closed form, a local mean once more:

    v*(y, σ) = (y - μ(y, σ)) / σ
    μ(y, σ)  = Σ_i w_i x_i,    w = softmax_i( -||y - (1 - σ) x_i||² / (2 σ²) )

Divided by √((1-σ)² + σ²), y is the x_t of a DDPM with as much noise (`helpers.models.paths`), so that each timestep has its σ:

    ᾱ_t = (1-σ)² / ((1-σ)² + σ²)    <=>    σ = √(1-ᾱ_t) / (√ᾱ_t + √(1-ᾱ_t))

Sources: Liu, Gong and Liu, "Flow Straight and Fast" (2022); the chapter *Straight paths* derives each line.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from helpers.errors import InvalidInput
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.paths import PathDenoiser, straight
from helpers.models.schedule import linear_scheduler


def sigma_of(alphas_cumprod: Tensor) -> Tensor:
    """σ of the straight path with as much noise as ᾱ, in the shape of ᾱ, which is in [0, 1]; float64."""
    signal, noise = alphas_cumprod.double().sqrt(), (1 - alphas_cumprod.double()).sqrt()
    return noise / (signal + noise)


def flow_denoiser(network: nn.Module, shape: tuple[int, int, int], alphas_cumprod: Tensor | None = None) -> PathDenoiser:
    """A network that predicts v, told 1000 σ, as a denoiser whose timestep t has as much noise as that of a DDPM.

    Args:
        shape: (c, h, w) of its images.
        alphas_cumprod: (T,) of that DDPM; by default the linear schedule with T = 1000.
    """
    known = linear_scheduler().alphas_cumprod if alphas_cumprod is None else alphas_cumprod
    return PathDenoiser(network, straight(sigma_of(known)), shape)


def timesteps_of(sigmas: Tensor, alphas_cumprod: Tensor) -> Tensor:
    """The timestep whose noise is nearest to that of each σ (n,), in σ: (n,) of int64."""
    known = sigma_of(alphas_cumprod)
    return torch.searchsorted((known[1:] + known[:-1]) / 2, sigmas.double().contiguous())


def straight_down(steps: int, alphas_cumprod: Tensor) -> list[int]:
    """Timesteps from the noisiest on down, at equal distances of σ, for `helpers.models.reverse.reverse_process`.

    A step of DDIM between two of them is Euler's step y + (σ' - σ) v̂.

    Raises:
        ValueError: no step, or so many that two would fall on one timestep.
    """
    if steps < 1:
        raise InvalidInput(f"steps must be at least 1, got {steps}")
    wanted = 1 - torch.arange(steps, dtype=torch.float64) / steps
    found: Sequence[int] = timesteps_of(wanted, alphas_cumprod).tolist()
    if len(set(found)) < steps:
        raise InvalidInput(f"{steps} steps are too many for {len(alphas_cumprod)} timesteps; use fewer")
    return list(found)


def optimal_velocity(training_images: Tensor, y: Tensor, sigma: float) -> Tensor:
    """v*(y, σ) of the module's equation, in the shape and dtype of y.

    Args:
        training_images: (N, ...), finite.
        y: (n, ...), noisy images on the straight path.
        sigma: σ in (0, 1]; at 1 the local mean is the mean of all.

    Raises:
        ValueError: σ out of range, or as `helpers.models.closed_form.EmpiricalDenoiser`.
    """
    if not 0 < sigma <= 1:
        raise InvalidInput(f"sigma must be in (0, 1], got {sigma}")
    if sigma == 1:  # nothing of the image is left to divide by
        return y - training_images.to(y).mean(0)
    path, exact = straight(torch.tensor([sigma], dtype=torch.float64)), y.double()
    mean = EmpiricalDenoiser(training_images, path.alphas_cumprod).local_mean(exact / float(path.norm), 0)
    return ((exact - mean) / sigma).to(y)
