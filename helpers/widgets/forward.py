"""What does one image look like at timestep t?"""

import anywidget
import torch
import traitlets
from torch import Tensor

from helpers.data.labels import what_is_shown
from helpers.data.splits import check_images
from helpers.models.schedule import check_timestep, linear_scheduler
from helpers.widgets.source import script, style


class ForwardProcess(anywidget.AnyWidget):
    """x_t = sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε under a slider, for a few images and one fixed draw of ε.

    Args:
        images: (n, 1, h, w) in [-1, 1]; the reader picks one.
        timestep: where the slider starts, in [0, T).
        alphas_cumprod: (T,); by default the linear schedule with T = 1000.
        seed: of the noise.

    Raises:
        ValueError: images that are no valid batch in [-1, 1], or a timestep outside [0, T).
    """

    _esm = script("forward")
    _css = style()
    images = traitlets.List().tag(sync=True)  # (n, h, w)
    names = traitlets.List().tag(sync=True)  # what each image shows, "a 3", or ""
    noise = traitlets.List().tag(sync=True)  # (h, w)
    alphas_cumprod = traitlets.List().tag(sync=True)  # (T,)
    timestep = traitlets.Int().tag(sync=True)

    def __init__(self, images: Tensor, timestep: int = 300, alphas_cumprod: Tensor | None = None, seed: int = 0):
        check_images(images)
        noise = torch.randn(images.shape[2:], generator=torch.Generator().manual_seed(seed))
        alphas_cumprod = linear_scheduler().alphas_cumprod if alphas_cumprod is None else alphas_cumprod
        check_timestep(timestep, len(alphas_cumprod))
        super().__init__(
            images=images[:, 0].tolist(),
            names=what_is_shown(images),
            noise=[[round(v, 4) for v in row] for row in noise.tolist()],
            alphas_cumprod=[round(v, 8) for v in alphas_cumprod.tolist()],
            timestep=timestep,
        )
