"""What does an attack look at? The picture whose size is its score, for a member and a held-out image."""

from collections.abc import Sequence
from dataclasses import replace

import anywidget
import torch
import traitlets
from torch import Tensor

from helpers.attacks import PIA, Loss, ReDiffuse, SecMI, SimA
from helpers.attacks.base import Noise
from helpers.attacks.loss import residual
from helpers.attacks.secmi import round_trip
from helpers.data.labels import what_is_shown
from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import add_noise
from helpers.widgets.source import script, style

Viewed = Loss | SecMI | PIA | ReDiffuse | SimA
VIEWS: tuple[Viewed, ...] = (Loss(), SecMI(), PIA(), ReDiffuse(), SimA())


class SameNoise(Noise):
    """Noise that meets every image of a batch with the same draws."""

    def __call__(self, k: int, x: Tensor) -> Tensor:
        return super().__call__(k, x[:1]).expand_as(x)


@torch.inference_mode()
def view(attack: Viewed, denoiser: Denoiser, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What the attack asks about and the difference that it measures, in the shape of x (n, c, h, w); its scores (n,).

    Raises:
        ValueError: an attack that is none of VIEWS.
    """
    t, a, noise = attack.timestep, denoiser.alphas_cumprod, SameNoise(attack.seed)
    match attack:
        case Loss():
            drawn = noise(0, x)
            asked, difference = add_noise(x, drawn, t, a), residual(denoiser, x, drawn, t)
        case SecMI():
            asked, end = round_trip(denoiser, x, t, attack.interval)
            difference = end - asked
        case PIA():
            first = attack.first(denoiser, x)
            asked, difference = add_noise(x, first, t, a), residual(denoiser, x, first, t)
        case ReDiffuse():
            asked = add_noise(x, SameNoise(attack.seed)(0, x), t, a)
            difference = x - attack.average(denoiser, x, noise)
        case SimA():
            asked, difference = x, denoiser.predict_noise(x, t)
        case _:
            raise InvalidInput(f"attack must be one of {', '.join(type(known).__name__ for known in VIEWS)}, got {attack}")
    return asked, difference, attack.score_batch(denoiser, x, SameNoise(attack.seed))


class AttackViewer(anywidget.AnyWidget):
    """Image, question and difference of five attacks, for a member above a held-out image, under a timestep slider.

    Scores are those of ``attack.score`` for each image alone: attacks that draw noise meet both images with the same.

    Args:
        denoiser: what is attacked.
        pair: (2, 1, h, h) in [-1, 1], the member first.
        timesteps: at least 2, rising, multiples of SecMI's 10; the slider's stops.

    Raises:
        ValueError: another pair, or timesteps that are too few, not rising, no multiples of 10 or out of range.
    """

    _esm = script("viewer")
    _css = style()
    attacks = traitlets.List().tag(sync=True)  # names
    timesteps = traitlets.List().tag(sync=True)
    queries = traitlets.List().tag(sync=True)  # [attack][timestep]
    scores = traitlets.List().tag(sync=True)  # [attack][timestep]: [member, held-out]
    pair = traitlets.List().tag(sync=True)  # (2, h, h)
    names = traitlets.List().tag(sync=True)  # what each of the pair shows, "a 3", or ""
    asked = traitlets.Bytes().tag(sync=True)  # uint8 (attacks, timesteps, 2, h, h), black at -1 and white at 1
    differences = traitlets.Bytes().tag(sync=True)  # float32 (attacks, timesteps, 2, h, h)

    def __init__(self, denoiser: Denoiser, pair: Tensor, timesteps: Sequence[int]):
        check_images(pair, "pair")
        if len(pair) != 2 or pair.shape[1] != 1 or pair.shape[2] != pair.shape[3]:
            raise InvalidInput(f"pair must be a member and a held-out image, (2, 1, h, h), got {tuple(pair.shape)}")
        timesteps = [int(t) for t in timesteps]
        step = SecMI().interval
        if len(timesteps) < 2 or timesteps != sorted(set(timesteps)) or any(t % step for t in timesteps):
            raise InvalidInput(f"timesteps must be at least 2, rising, multiples of {step}, got {timesteps}")
        contest = [[replace(attack, timestep=t) for t in timesteps] for attack in VIEWS]
        for attack in (line[end] for line in contest for end in (0, -1)):
            attack.check(denoiser)
        seen = [view(attack, denoiser, pair) for line in contest for attack in line]
        asked, differences, scores = (torch.stack(part).cpu() for part in zip(*seen, strict=True))
        super().__init__(
            attacks=[type(attack).__name__ for attack in VIEWS],
            timesteps=timesteps,
            queries=[[attack.queries for attack in line] for line in contest],
            scores=scores.reshape(len(VIEWS), len(timesteps), 2).tolist(),
            pair=pair[:, 0].tolist(),
            names=what_is_shown(pair),
            asked=to_8_bits(asked).tobytes(),
            differences=differences.float().numpy().tobytes(),
        )
