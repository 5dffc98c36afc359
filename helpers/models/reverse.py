"""How does a denoiser become a generator? Start from noise, and go from timestep t to an earlier s, again and again.

    x̂₀  = (x_t - sqrt(1 - ᾱ_t) ε̂) / sqrt(ᾱ_t),  clipped to the range of images, [-1, 1]
    x_s = sqrt(ᾱ_s) x̂₀ + sqrt(1 - ᾱ_s - σ²) ε' + σ z,   z ~ N(0, I)
    σ   = η sqrt((1 - ᾱ_s) / (1 - ᾱ_t) (1 - ᾱ_t / ᾱ_s))

ε̂ is predicted in x_t at t; ε' is the noise that goes with the clipped x̂₀, and ε̂ itself where nothing was clipped. η = 0 adds no
fresh noise (DDIM), η = 1 is the ancestral sampler of DDPM. The last step goes to the clean image, ᾱ_s = 1.

Source: Song, Meng and Ermon, "Denoising Diffusion Implicit Models" (2021), equations 12 and 16.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import alpha_bar_at


@dataclass(frozen=True)
class ReversePath:
    """The way of n images from noise to a clean image.

    Args:
        timesteps: (steps,), falling.
        x: (steps + 1, n, ...): x_t at each timestep, and the clean image in the end.
        noise: (steps, n, ...), predicted in x at each timestep.
        clean: (steps, n, ...), the x̂₀ that this means, before it is clipped.
    """

    timesteps: list[int]
    x: Tensor
    noise: Tensor
    clean: Tensor

    @property
    def images(self) -> Tensor:
        """Where the paths end, (n, ...)."""
        return self.x[-1]


def timesteps_down(steps: int, num_timesteps: int) -> list[int]:
    """Timesteps from T - 1 on down, at equal distances; what diffusers calls "trailing".

    Raises:
        ValueError: no step, or more than there are timesteps.
    """
    if not 1 <= steps <= num_timesteps:
        raise InvalidInput(f"steps must be in [1, {num_timesteps}], got {steps}")
    return [round(num_timesteps * (1 - k / steps)) - 1 for k in range(steps)]


@torch.inference_mode()
def reverse_process(
    denoiser: Denoiser,
    start: Tensor,
    steps: int | Sequence[int],
    eta: float = 0.0,
    generator: torch.Generator | None = None,
    largest: float = 1.0,
) -> ReversePath:
    """Walk from noise to clean images by the equations above.

    Args:
        start: (n, ...), standard normal: x at the first timestep.
        steps: how many, as `timesteps_down` lays them, or the timesteps themselves, falling.
        eta: η in [0, 1], the share of fresh noise.
        generator: of the fresh noise; needed when η > 0.
        largest: x̂₀ is clipped to [-largest, largest]; latents reach farther than images.

    Raises:
        ValueError: steps out of range, η out of range, fresh noise without a generator, or a `largest` that is not positive.
    """
    if not 0 <= eta <= 1:
        raise InvalidInput(f"eta must be in [0, 1], got {eta}")
    if eta and generator is None:
        raise InvalidInput("fresh noise (eta > 0) needs a generator, such as torch.Generator().manual_seed(0)")
    if not largest > 0:
        raise InvalidInput(f"largest must be above 0, got {largest}")
    timesteps = timesteps_down(steps, len(denoiser.alphas_cumprod)) if isinstance(steps, int) else list(steps)
    xs, noises, cleans = [start], [], []
    for t, s in zip(timesteps, [*timesteps[1:], None], strict=True):
        x = xs[-1]
        here = alpha_bar_at(t, denoiser.alphas_cumprod, x)
        there = torch.ones_like(here) if s is None else alpha_bar_at(s, denoiser.alphas_cumprod, x)
        noise = denoiser.predict_noise(x, t)
        clean = (x - (1 - here).sqrt() * noise) / here.sqrt()
        kept = clean.clamp(-largest, largest)
        sigma = eta * ((1 - there) / (1 - here) * (1 - here / there)).sqrt()
        fresh = torch.randn(x.shape, generator=generator).to(x) if eta else torch.zeros_like(x)
        implied = (x - here.sqrt() * kept) / (1 - here).sqrt()
        xs.append(there.sqrt() * kept + (1 - there - sigma**2).clamp(min=0).sqrt() * implied + sigma * fresh)
        noises.append(noise)
        cleans.append(clean)
    return ReversePath(timesteps, torch.stack(xs), torch.stack(noises), torch.stack(cleans))
