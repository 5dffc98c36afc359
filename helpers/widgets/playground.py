"""Where is the local mean of a training set, seen from here?"""

import anywidget
import torch
import traitlets
from torch import Tensor

from helpers.errors import InvalidInput
from helpers.models.schedule import check_timestep, linear_scheduler
from helpers.widgets.source import script, style


class KernelPlayground(anywidget.AnyWidget):
    """The closed-form denoiser of training points in the plane, under a query that the reader drags.

    It draws, for query y and timestep t, the kernel weights w, the local mean μ, and the arrow y - sqrt(ᾱ_t) μ whose
    length is sqrt(1 - ᾱ_t) ||ε*(y, t)||: the equations of ``helpers.models.closed_form``.

    Args:
        points: (N, 2) training points in [-1, 1].
        held_out: (M, 2) points in [-1, 1] that are no training points; drawn, and offered as queries.
        timestep: where the slider starts, in [0, T).
        alphas_cumprod: (T,); by default the linear schedule with T = 1000.

    Raises:
        ValueError: points of another shape, or outside [-1, 1]; a timestep outside [0, T).
    """

    _esm = script("playground")
    _css = style()
    points = traitlets.List().tag(sync=True)
    held_out = traitlets.List().tag(sync=True)
    alphas_cumprod = traitlets.List().tag(sync=True)
    timestep = traitlets.Int().tag(sync=True)

    def __init__(self, points: Tensor, held_out: Tensor, timestep: int = 100, alphas_cumprod: Tensor | None = None):
        for name, group in (("points", points), ("held_out", held_out)):
            if group.ndim != 2 or group.shape[1] != 2 or len(group) == 0:
                raise InvalidInput(f"{name} must have shape (n, 2) with n > 0, got {tuple(group.shape)}")
            if not (torch.isfinite(group).all() and group.abs().max() <= 1):
                raise InvalidInput(f"{name} must lie in [-1, 1]; rescale them first")
        alphas_cumprod = linear_scheduler().alphas_cumprod if alphas_cumprod is None else alphas_cumprod
        check_timestep(timestep, len(alphas_cumprod))
        super().__init__(
            points=points.tolist(),
            held_out=held_out.tolist(),
            alphas_cumprod=[round(v, 8) for v in alphas_cumprod.tolist()],
            timestep=timestep,
        )
