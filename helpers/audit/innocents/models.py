"""Models that saw none of the images they are asked about: cheap ones, and of as many kinds as there are reasons to answer.

A median filter and a random network know no image at all; a model that remembers others answers by what is near to them, and
the book's small diffusion models by what they learned.
"""

from collections.abc import Mapping

import torch
from scipy.ndimage import median_filter
from torch import Tensor

from helpers.audit.innocents.scenes import Scene
from helpers.models.closed_form import EmpiricalDenoiser
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import alpha_bar_at, linear_scheduler
from helpers.zoo import load

REMEMBERED = 60  # other images, by the model that remembers
TRAINED = {"clothes, 16 px": "ddpm-fashion", "digits, 8 px": "ddpm-digits"}


class MedianFilter:
    """Takes for noise what a median filter of 3 x 3 pixels takes away."""

    def __init__(self):
        self.alphas_cumprod = linear_scheduler().alphas_cumprod

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        smooth = torch.from_numpy(median_filter(x.numpy(), (1, 1, 3, 3), mode="nearest"))
        return (x - smooth) / (1 - alpha_bar_at(timestep, self.alphas_cumprod, x)).sqrt()


class RandomNetwork:
    """Three convolutions with random weights."""

    def __init__(self, channels: int, seed: int = 0, width: int = 8):
        self.alphas_cumprod = linear_scheduler().alphas_cumprod
        generator = torch.Generator().manual_seed(seed)
        sizes = [(width, channels), (width, width), (channels, width)]
        self.weights = [torch.randn(*s, 3, 3, generator=generator) / (4.5 * s[1]) ** 0.5 for s in sizes]

    def predict_noise(self, x: Tensor, timestep: int | Tensor) -> Tensor:
        x = x * (1 + torch.as_tensor(timestep).reshape(-1, 1, 1, 1) / 200)
        for weight in self.weights[:-1]:
            x = torch.nn.functional.silu(torch.nn.functional.conv2d(x, weight, padding=1))
        return torch.nn.functional.conv2d(x, self.weights[-1], padding=1)


def innocent_models(name: str, scene: Scene) -> Mapping[str, Denoiser]:
    """Models for a scene of that name, none of which saw its images."""
    found: dict[str, Denoiser] = {
        "median filter": MedianFilter(),
        "random network": RandomNetwork(scene.images.shape[1]),
        "remembers others": EmpiricalDenoiser(scene.spare[:REMEMBERED]),
    }
    return found | ({"trained on others": load(TRAINED[name])} if name in TRAINED else {})
