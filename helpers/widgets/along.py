"""Where along the path from an image to noise does a model give it away?"""

from collections.abc import Mapping, Sequence

import anywidget
import torch
import traitlets
from torch import Tensor

from helpers.attacks.sima import norm_to_the_p
from helpers.data.labels import what_is_shown
from helpers.data.splits import LabelledPart
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.models.flow import sigma_of
from helpers.widgets.packing import pack, to_signed_bytes
from helpers.widgets.source import script, style

P = 4
LIMIT = 2.0  # of the predicted noise and velocity that are drawn


class AlongThePath(anywidget.AnyWidget):
    """Some images at each place σ of the path: what each model predicts for them, norms of all, and AUC along the path.

    Args:
        denoisers: models by name, with the same timesteps.
        part: whose members and held-out images are drawn as histograms, (n, 1, h, h).
        timesteps: rising, at least 2; the slider's stops.
        along: for each model its AUC at each timestep, with an interval.
        shown: how many of the first members, and of the first held-out images, can be chosen.
        timestep: where the slider starts, one of `timesteps`.

    Raises:
        ValueError: no model, timesteps that do not rise, a start that is none of them, an AUC too few or too many, or images
            that are not grey and square.
    """

    _esm = script("along")
    _css = style()
    timesteps = traitlets.List().tag(sync=True)
    sigmas = traitlets.List().tag(sync=True)
    models = traitlets.List().tag(sync=True)  # names
    images = traitlets.List().tag(sync=True)  # [name of what it shows, is it a member?, its place in a row of norms]
    size = traitlets.Int().tag(sync=True)
    limit = traitlets.Float(LIMIT).tag(sync=True)
    noisy = traitlets.Bytes().tag(sync=True)  # uint8 (images, timesteps, h, h)
    noise = traitlets.Bytes().tag(sync=True)  # signed (models, images, timesteps, h, h)
    velocity = traitlets.Bytes().tag(sync=True)  # likewise
    norms = traitlets.Bytes().tag(sync=True)  # packed (models * timesteps, members + held-out)
    scales = traitlets.List().tag(sync=True)
    n_members = traitlets.Int().tag(sync=True)
    along = traitlets.List().tag(sync=True)  # [model][timestep]: [AUC, low, high]
    start = traitlets.Int().tag(sync=True)  # index into timesteps

    def __init__(
        self,
        denoisers: Mapping[str, Denoiser],
        part: LabelledPart,
        timesteps: Sequence[int],
        along: Mapping[str, Sequence[Estimate]],
        shown: int = 3,
        timestep: int = 50,
    ):
        timesteps = [int(t) for t in timesteps]
        if not denoisers or len(timesteps) < 2 or timesteps != sorted(set(timesteps)) or timestep not in timesteps:
            raise InvalidInput(
                f"there must be a model and at least 2 rising timesteps, {timestep} among them, "
                f"got {list(denoisers)} and {timesteps}"
            )
        wrong = [name for name in denoisers if len(along.get(name, ())) != len(timesteps)]
        if wrong:
            raise InvalidInput(f"along must hold one AUC for each of {len(timesteps)} timesteps, and does not for {wrong[0]!r}")
        everyone = torch.cat([part.members, part.held_out])
        if everyone.shape[1] != 1 or everyone.shape[2] != everyone.shape[3]:
            raise InvalidInput(f"the widget draws grey square images (n, 1, h, h), got {tuple(everyone.shape)}")
        n = len(part.members)
        rows = [*range(shown), *range(n, n + shown)]
        sigmas = sigma_of(next(iter(denoisers.values())).alphas_cumprod[timesteps])
        asked = [_asked(denoiser, everyone, timesteps) for denoiser in denoisers.values()]
        packed, scales = pack(torch.cat([norms for norms, _ in asked]).numpy())
        chosen = everyone[rows]
        noise = torch.stack([predicted[:, rows].transpose(0, 1) for _, predicted in asked])  # (models, images, timesteps, ...)
        share = sigmas.to(noise)[:, None, None, None]
        clean = chosen[:, None] * ((1 - share) ** 2 + share**2).sqrt()  # the clean image as a point y of the straight path
        drawn = torch.randn(chosen.shape, generator=torch.Generator().manual_seed(0))
        names = what_is_shown(chosen)
        super().__init__(
            timesteps=timesteps,
            sigmas=[round(float(s), 4) for s in sigmas],
            models=list(denoisers),
            images=[[name, row < n, row] for name, row in zip(names, rows, strict=True)],
            size=everyone.shape[-1],
            noisy=to_8_bits((1 - share) * chosen[:, None] + share * drawn[:, None]).tobytes(),
            noise=to_signed_bytes(noise.numpy(), LIMIT),
            velocity=to_signed_bytes(((noise - clean) / (1 - share)).numpy(), LIMIT),
            norms=packed,
            scales=scales,
            n_members=n,
            along=[[[round(v, 4) for v in e.triple] for e in along[name]] for name in denoisers],
            start=timesteps.index(timestep),
        )


@torch.inference_mode()
def _asked(denoiser: Denoiser, images: Tensor, timesteps: Sequence[int]) -> tuple[Tensor, Tensor]:
    """||ε̂(x, t)||_4 (timesteps, n), and ε̂ itself (timesteps, n, c, h, w), at clean images."""
    noise = torch.stack([denoiser.predict_noise(images, t) for t in timesteps])
    return torch.stack([norm_to_the_p(row, P) ** (1 / P) for row in noise]), noise
