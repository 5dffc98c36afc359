"""How well does a denoiser do what it was trained for, on images of our choice?

L = E || ε - ε̂(sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε, t) ||² / d        (Ho et al. 2020, equation 14; d pixels)
"""

import torch
from torch import Tensor

from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser, encoded
from helpers.models.schedule import add_noise


@torch.inference_mode()
def denoising_loss(denoiser: Denoiser, images: Tensor, draws: int = 4, seed: int = 0) -> float:
    """The loss above on images (n, c, h, w) in [-1, 1], over `draws` of (t, ε) per image.

    The draws depend on seed and n alone, so two groups of n images meet the same timesteps and noise.

    Raises:
        ValueError: bad images, or no draw.
    """
    check_images(images)
    if draws < 1:
        raise InvalidInput(f"draws must be at least 1, got {draws}")
    images, generator = encoded(denoiser, images), torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(draws):
        timestep = torch.randint(len(denoiser.alphas_cumprod), (len(images),), generator=generator)
        noise = torch.randn(images.shape, generator=generator).to(images)
        predicted = denoiser.predict_noise(add_noise(images, noise, timestep, denoiser.alphas_cumprod), timestep)
        losses.append((predicted - noise).square().mean())
    return torch.stack(losses).mean().item()
