"""How does a denoiser turn noise into a digit, step by step?"""

from collections.abc import Mapping, Sequence

import anywidget
import numpy as np
import torch
import traitlets
from torch import Tensor

from helpers.data.labels import what_is_shown
from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.models.reverse import reverse_process, timesteps_down
from helpers.widgets.packing import to_signed_bytes
from helpers.widgets.source import script, style

ETAS = (0.0, 1.0)  # DDIM, and the ancestral sampler of DDPM
MOST = 25  # steps of a path that are shown, evenly spread; a longer path is walked in full
NOISE_LIMIT = 4.5  # predicted noise and clean images are drawn up to these sizes
CLEAN_LIMIT = 1.5


class ReverseProcess(anywidget.AnyWidget):
    """The path of one image from noise to digit: x_t, the noise predicted in it, and the clean image that this means.

    The reader chooses the denoiser, the starting noise, the number of steps, and whether fresh noise is added in each step
    (`helpers.models.reverse`, η = 0 or 1). Beside it stands the training image nearest to the clean image x̂₀.

    Args:
        denoisers: by name, all on one schedule, such as a network and the closed form of its training images.
        training_images: (N, 1, h, h) in [-1, 1], that the denoisers were made from.
        steps: numbers of steps to choose from, rising, each in [1, T].
        seeds: of the starting noise.

    Raises:
        ValueError: images that are no valid grey square batch, no denoiser or several schedules, steps out of range or not
            rising, or no seed.
    """

    _esm = script("reverse")
    _css = style()
    denoisers = traitlets.List().tag(sync=True)  # names
    steps = traitlets.List().tag(sync=True)
    shown = traitlets.List().tag(sync=True)  # [number of steps]: after how many steps there is a frame
    timesteps = traitlets.List().tag(sync=True)  # [number of steps][frame], but for the last frame, the image
    alphas_cumprod = traitlets.List().tag(sync=True)  # ᾱ of each frame, 1 for the last
    seeds = traitlets.List().tag(sync=True)
    size = traitlets.Int().tag(sync=True)  # h
    # All of these run over denoisers, then η, numbers of steps, seeds, frames.
    noise = traitlets.Bytes().tag(sync=True)  # uint8 (..., h, h) in [-noise_limit, noise_limit]
    clean = traitlets.Bytes().tag(sync=True)  # uint8 (..., h, h) in [-clean_limit, clean_limit]
    nearest = traitlets.Bytes().tag(sync=True)  # uint16 (...): index into neighbours
    distances = traitlets.Bytes().tag(sync=True)  # float32 (...): from the clean image to its nearest training image
    noise_limit = traitlets.Float(NOISE_LIMIT).tag(sync=True)
    clean_limit = traitlets.Float(CLEAN_LIMIT).tag(sync=True)
    neighbours = traitlets.Bytes().tag(sync=True)  # uint8 (k, h, h)
    neighbour_names = traitlets.List().tag(sync=True)  # what each shows, "a 3", or ""
    typical = traitlets.Float().tag(sync=True)  # median distance of a training image to the nearest other one

    def __init__(
        self,
        denoisers: Mapping[str, Denoiser],
        training_images: Tensor,
        steps: Sequence[int] = (4, 20, 100),
        seeds: Sequence[int] = (0, 1, 2, 3, 4),
    ):
        check_images(training_images, "training_images")
        shape = tuple(training_images.shape)
        if shape[1] != 1 or shape[2] != shape[3] or shape[0] < 2:
            raise InvalidInput(f"training_images must be at least 2 grey square images (n, 1, h, h), got {shape}")
        schedules = [d.alphas_cumprod for d in denoisers.values()]
        if not schedules or any(not torch.equal(schedules[0], other) for other in schedules):
            raise InvalidInput(f"there must be denoisers, all on one schedule, got {', '.join(denoisers) or 'none'}")
        if list(steps) != sorted(set(steps)) or not steps or not seeds:
            raise InvalidInput(f"steps must rise, and there must be a seed, got steps {list(steps)}, seeds {list(seeds)}")
        start = torch.stack([torch.randn(shape[1:], generator=torch.Generator().manual_seed(seed)) for seed in seeds])
        kept = [sorted({round(k * n / min(n, MOST)) for k in range(min(n, MOST) + 1)}) for n in steps]
        noises, cleans = [], []
        for denoiser in denoisers.values():
            for eta in ETAS:
                for n, frames in zip(steps, kept, strict=True):
                    path = reverse_process(denoiser, start, n, eta, torch.Generator().manual_seed(seeds[0]))
                    ended = path.images[None]  # where nothing is predicted any more
                    noises.append(torch.cat([path.noise, torch.zeros_like(ended)])[frames].transpose(0, 1).flatten(0, 1))
                    cleans.append(torch.cat([path.clean, ended])[frames].transpose(0, 1).flatten(0, 1))
        down = [timesteps_down(n, len(schedules[0])) for n in steps]
        timesteps = [[line[k] for k in frames[:-1]] for line, frames in zip(down, kept, strict=True)]
        clean = torch.cat(cleans).cpu()
        training = training_images.flatten(1)
        distances, nearest = torch.cdist(clean.clamp(-1, 1).flatten(1), training).min(1)
        neighbours, at = nearest.unique(return_inverse=True)
        between = torch.cdist(training, training).fill_diagonal_(torch.inf).min(1).values
        super().__init__(
            denoisers=list(denoisers),
            steps=list(steps),
            shown=kept,
            timesteps=timesteps,
            alphas_cumprod=[[*(round(float(schedules[0][t]), 8) for t in line), 1.0] for line in timesteps],
            seeds=list(seeds),
            size=shape[-1],
            noise=to_signed_bytes(torch.cat(noises).cpu().numpy(), NOISE_LIMIT),
            clean=to_signed_bytes(clean.numpy(), CLEAN_LIMIT),
            nearest=at.numpy().astype("<u2").tobytes(),
            distances=distances.numpy().astype(np.float32).tobytes(),
            neighbours=to_8_bits(training_images[neighbours]).tobytes(),
            neighbour_names=what_is_shown(training_images[neighbours]),
            typical=round(between.median().item(), 3),
        )
