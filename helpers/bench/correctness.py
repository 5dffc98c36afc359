"""Does the device give the scores that the processor gives?

In float32 the relative difference of each score is at most 1e-4; in bfloat16 the scores keep their order (Spearman's rank
correlation). Attacks that train something are compared by the order and by the AUC.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from helpers import zoo
from helpers.attacks import GSA, PIA, Attack, InvertedSimA, LearnedAttack, LiRA, Loss, SecMI, SecMINN, ShadowModels, SimA
from helpers.bench.devices import moved
from helpers.bench.kinds import KINDS, trained_alike
from helpers.bench.machine import precision
from helpers.bench.results import ALWAYS, Context, LeftOut, Measurement, one_line
from helpers.bench.resuming import resumed_elsewhere
from helpers.data.catalogue import load_split
from helpers.data.splits import LabelledPart
from helpers.evaluation.metrics import evaluate
from helpers.experiments import league
from helpers.models.denoisers import Denoiser, UNetDenoiser
from helpers.models.inversion import Inversions
from helpers.models.latent import LatentDenoiser
from helpers.zoo import latent_models

PIXELS = league.LEAGUE_MODELS  # six committed models
LATENT_MODELS = ("beta-1e-1-seed-0", "vq-4x8x8-seed-2", "tiny-4x8x8-seed-2")  # one of each family of autoencoders
MISSING = ("text to image",)  # families that this project does not have yet
ATTACKS = {
    "SimA at 10": SimA(10),
    "SimA at 50": SimA(50),
    "SimA at 200": SimA(200),
    "PIA": PIA(),
    "Loss": Loss(),
    "SecMI": SecMI(),
}
TOLERANCE = 1e-4


def measurements(context: Context) -> list[Measurement]:
    """One a model, one an attack that needs gradients or training, two runs that change the device, one a kind of training."""
    pixels = [Measurement(name, partial(same_scores, name)) for name in PIXELS]
    latents = [Measurement(name, partial(same_scores, name)) for name in LATENT_MODELS]
    missing = [Measurement(name, _missing, ALWAYS) for name in MISSING]
    trained = [
        Measurement("GSA", same_gradients),
        Measurement("GSA, fitted", partial(same_verdict, GSA())),
        Measurement("SecMI-NN", partial(same_verdict, SecMINN(60))),
        Measurement("LiRA", same_ratio),
        Measurement("InvertedSimA", same_inversion),
    ]
    resumed = [
        Measurement("from processor to device", partial(resumed_elsewhere, False)),
        Measurement("from device to processor", partial(resumed_elsewhere, True)),
    ]
    kinds = [Measurement(f"training, {kind}", partial(trained_alike, kind)) for kind in KINDS]
    # The cheapest first of each kind: with little time there is something of everything.
    return [pixels[1], latents[0], *trained, *resumed, *kinds, *pixels[:1], *pixels[2:], *latents[1:], *missing]


def _missing(context: Context) -> dict:
    raise LeftOut("the project has no such model yet")


@dataclass(frozen=True)
class Subject:
    """A model on the processor and on the device, and images of both kinds on which they are compared."""

    here: UNetDenoiser | LatentDenoiser
    there: UNetDenoiser | LatentDenoiser
    part: LabelledPart

    @property
    def images(self) -> Tensor:
        return torch.cat([self.part.members, self.part.held_out])


def subject(name: str, context: Context, each: int = 128) -> Subject:
    """A committed model, of pixels or of latents, with `each` images of either kind (few on a processor)."""
    latent = name in latent_models.COMMITTED_LATENT
    denoiser = latent_models.load(name) if latent else zoo.load(name)
    recipe = latent_models.experiment(name).denoiser if latent else zoo.recipe(name)
    part, each = load_split(recipe.dataset, recipe.split_seed).evaluation, 8 if context.small else each
    return Subject(denoiser, moved(denoiser, context.device), LabelledPart(part.members[:each], part.held_out[:each]))


def same_scores(name: str, context: Context) -> dict:
    """Each attack's largest relative difference, in three precisions, and its rank correlation in bfloat16."""
    model = subject(name, context)
    here, there = model.images, model.images.to(context.device)
    found, reference = {}, {}
    with precision("float32", torch.device("cpu")):
        reference = {attack: ATTACKS[attack].score(model.here, here) for attack in ATTACKS}
    for mode in ("float32", "default", "bfloat16"):
        with precision(mode, context.device):
            scores = {attack: ATTACKS[attack].score(model.there, there) for attack in ATTACKS}
        found[mode] = {attack: compared(reference[attack], scores[attack]) for attack in ATTACKS}
    return summary(found) | found


def summary(found: dict[str, dict]) -> dict:
    """What a table shows: the worst of all attacks, and which one it is."""
    largest = max(row["relative"] for row in found["float32"].values())
    worst = min(found["bfloat16"], key=lambda attack: found["bfloat16"][attack]["rank"])
    return {
        "float32, largest relative difference": largest,
        "float32, within tolerance": largest <= TOLERANCE,
        "bfloat16, rank correlation of SimA at 50": found["bfloat16"]["SimA at 50"]["rank"],
        f"bfloat16, lowest rank correlation ({worst})": found["bfloat16"][worst]["rank"],
    }


def compared(expected: Tensor, got: Tensor) -> dict[str, float]:
    """The largest relative difference of two sets of scores (n,), and their rank correlation."""
    a, b = (scores.detach().double().cpu().numpy() for scores in (expected, got))
    relative = np.abs(b - a) / np.maximum(np.abs(a), 1e-12)
    return {"relative": float(relative.max()), "rank": float(spearmanr(a, b).statistic)}


def same_gradients(context: Context) -> dict:
    """GSA's gradient norms on the device against the processor's; what counts as rounding there is left out."""
    model, attack = subject("ddpm-digits", context, 32), GSA(batch_size=32)
    expected = attack.gradient_norms(model.here, model.images)
    images = model.images.to(context.device)
    with precision("float32", context.device):
        got, note = with_plain_attention(lambda: attack.gradient_norms(model.there, images))
    counts = expected > 1e-4
    relative = float(((got - expected).abs() / expected)[counts].max())
    return {"largest relative difference": relative, "norms": int(counts.sum()), "within tolerance": relative <= 1e-3} | note


def with_plain_attention(work: Callable[[], Tensor]) -> tuple[Tensor, dict]:
    """What `work` returns; if a fused attention cannot do it, with attention written out, and a note that says so."""
    try:
        return work(), {}
    except RuntimeError as error:
        with sdpa_kernel(SDPBackend.MATH):
            return work(), {"only with attention written out": one_line(error)}


def same_verdict(attack: LearnedAttack, context: Context) -> dict:
    """An attack that is fitted on both devices: the order of its scores, and its AUC here and there."""
    model = subject("ddpm-digits", context)
    split = load_split("digits").calibration
    each = len(model.part.members)
    known = LabelledPart(split.members[:each], split.held_out[:each])
    expected = _verdict(attack, model.here, known, model.images)
    there = LabelledPart(known.members.to(context.device), known.held_out.to(context.device))
    images = model.images.to(context.device)
    with precision("float32", context.device):
        got, note = with_plain_attention(lambda: _verdict(attack, model.there, there, images))
    return compared(expected, got) | {"AUC, processor": _auc(expected, each), "AUC, device": _auc(got, each)} | note


def _verdict(attack: LearnedAttack, denoiser: Denoiser, known: LabelledPart, images: Tensor) -> Tensor:
    return attack.fit(denoiser, known).score(denoiser, images).detach()


def _auc(scores: Tensor, members: int) -> float:
    values = scores.double().cpu()
    return float(evaluate(values[:members], values[members:], bootstrap=0).auc)


def same_ratio(context: Context) -> dict:
    """LiRA with shadow models on the device; fewer of them on a processor."""
    model = subject("ddpm-digits", context, 64)
    shadows = league.shadows("digits").first(2 if context.small else 8)
    expected = LiRA(shadows=shadows).score(model.here, model.images)
    with precision("float32", context.device):
        there = [moved(denoiser, context.device) for denoiser in shadows.denoisers if isinstance(denoiser, UNetDenoiser)]
        attack = LiRA(shadows=ShadowModels(there, shadows.candidates, shadows.trained_on))
        got = attack.score(model.there, model.images)
    # A difference of two logarithms may be next to zero: relative differences say nothing.
    return {"largest difference": float((got - expected).abs().max()), "rank": compared(expected, got)["rank"]}


def same_inversion(context: Context) -> dict:
    """SimA at inverted latents: twenty steps of Adam through the decoder, then one query."""
    model = subject("beta-1e-1-seed-0", context, 32)

    def score(denoiser: Denoiser, images: Tensor) -> Tensor:
        attack: Attack = InvertedSimA(starts=1, steps=20, inversions=Inversions(progress=False))
        return attack.score(denoiser, images)

    expected = score(model.here, model.images)
    with precision("float32", context.device):
        got = score(model.there, model.images.to(context.device))
    return compared(expected, got)
