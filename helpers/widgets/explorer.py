"""How do timestep, norm order and threshold change what SimA finds?"""

import math
from collections.abc import Sequence

import anywidget
import torch
import traitlets
from torch import Tensor
from tqdm.auto import tqdm

from helpers.attacks.sima import norm_to_the_p
from helpers.data.labels import what_is_shown
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import evaluate
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import check_timestep
from helpers.widgets.packing import pack
from helpers.widgets.source import script, style

ORDERS = (1, 2, 4, math.inf)
ORDER = 4  # where it starts


@torch.inference_mode()
def norms_of(denoiser: Denoiser, part: LabelledPart, timestep: int) -> Tensor:
    """||ε̂(x, t)||_p of members, then of held-out images: (len(ORDERS), n + m), from one forward pass each."""
    noise = denoiser.predict_noise(torch.cat([part.members, part.held_out]), timestep)
    return torch.stack([norm_to_the_p(noise, p) ** (1 if p == math.inf else 1 / p) for p in ORDERS])


class TimestepExplorer(anywidget.AnyWidget):
    """SimA on the evaluation part of a split, under sliders for the timestep, the norm order and the threshold.

    Readouts and intervals are those of ``helpers.evaluation.metrics.evaluate``, computed when the widget is made. The threshold
    starts where balanced accuracy is best on the *calibration* part.

    Args:
        denoiser: what is attacked.
        split: its members and held-out images, (n, 1, h, h).
        timesteps: at least 2, rising, in [0, T); the slider's stops.
        timestep: where the slider starts, one of `timesteps`.
        progress: show a progress bar.

    Raises:
        ValueError: timesteps out of range, too few or not rising, a start that is none of them, or images of another shape.
    """

    _esm = script("explorer")
    _css = style()
    timesteps = traitlets.List().tag(sync=True)
    orders = traitlets.List().tag(sync=True)  # "1", "2", "4", "inf"
    norms = traitlets.Bytes().tag(sync=True)  # packed (orders * timesteps, members + held-out)
    scales = traitlets.List().tag(sync=True)  # of the packed rows
    n_members = traitlets.Int().tag(sync=True)
    images = traitlets.Bytes().tag(sync=True)  # uint8 (members + held-out, h, w)
    names = traitlets.List().tag(sync=True)  # what each of these images shows, "a 3", or ""
    size = traitlets.Int().tag(sync=True)  # h = w
    readouts = traitlets.List().tag(sync=True)  # [order][timestep]: {metric: [value, low, high]}
    thresholds = traitlets.List().tag(sync=True)  # [order][timestep], a norm
    start = traitlets.Int().tag(sync=True)  # index into timesteps
    start_order = traitlets.Int(ORDERS.index(ORDER)).tag(sync=True)  # index into orders

    def __init__(
        self, denoiser: Denoiser, split: MembershipSplit, timesteps: Sequence[int], timestep: int = 50, progress: bool = True
    ):
        timesteps = [int(t) for t in timesteps]
        check_timestep(torch.tensor(timesteps), len(denoiser.alphas_cumprod))
        if len(timesteps) < 2 or timesteps != sorted(set(timesteps)) or timestep not in timesteps:
            raise InvalidInput(
                f"timesteps must be at least 2, rising, and hold the starting timestep {timestep}, got {timesteps}"
            )
        shape = tuple(split.members.shape[1:])
        if shape[0] != 1 or shape[1] != shape[2]:
            raise InvalidInput(f"the explorer draws grey square images (n, 1, h, h), got (n, {', '.join(map(str, shape))})")
        part = split.evaluation
        n = len(part.members)
        bar = tqdm(timesteps, desc="explorer", disable=not progress)
        norms, readouts, thresholds = [], [], []
        for t in bar:
            norms.append(norms_of(denoiser, part, t))
            readouts.append([_readout(row, n) for row in norms[-1]])
            calibration = norms_of(denoiser, split.calibration, t)
            m = len(split.calibration.members)
            thresholds.append([-evaluate(-row[:m], -row[m:], bootstrap=0).best_threshold for row in calibration])
        packed, scales = pack(torch.stack(norms, 1).flatten(0, 1).numpy())
        super().__init__(
            timesteps=timesteps,
            orders=[str(p) for p in ORDERS],
            norms=packed,
            scales=scales,
            n_members=n,
            images=to_8_bits(torch.cat([part.members, part.held_out])).tobytes(),
            names=what_is_shown(torch.cat([part.members, part.held_out])),
            size=part.members.shape[-1],
            readouts=[list(column) for column in zip(*readouts, strict=True)],
            thresholds=[list(column) for column in zip(*thresholds, strict=True)],
            start=timesteps.index(timestep),
        )


def _readout(norms: Tensor, n: int) -> dict[str, list[float]]:
    report = evaluate(-norms[:n], -norms[n:], bootstrap=500)
    named = {"AUC": report.auc, "ASR": report.asr, "TPR at 1% FPR": report.tpr_at_fpr(0.01)}
    return {name: [round(v, 4) for v in (float(e), e.low, e.high)] for name, e in named.items()}
