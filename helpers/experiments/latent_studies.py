"""What do an inverted latent, a look in pixels, or few dimensions do for an attack?

Two studies on models of the sweeps, over the same seeds: "inversion" attacks where the encoder puts an image, where the
decoder would have it, and in pixels; "dimensions" takes norms over the most and over the least influential dimensions.
What is chosen is chosen on the calibration part. ``python -m helpers maintain study NAME ...`` runs one or both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import torch
from tqdm.auto import tqdm

from helpers.attacks import InvertedSimA, PixelSimA, SimA
from helpers.attacks.base import Attack, score_part
from helpers.attacks.influential import Influences, Influential, Normed
from helpers.data.catalogue import load_split
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import evaluate
from helpers.evaluation.quality import compare_reconstructions
from helpers.evaluation.row import Row
from helpers.experiments.contest import Entry, contest
from helpers.experiments.measure import SWEPT_ATTACKS, SWEPT_TIMESTEPS
from helpers.experiments.outcomes import OUTCOMES, Outcome, is_done, save_outcome
from helpers.experiments.train import SWEEP_RUNS, train_experiment
from helpers.models.geometry import log_volume
from helpers.models.inversion import Inversions
from helpers.models.latent import LatentDenoiser
from helpers.training.experiment_recipes import Experiment, experiment

STUDIED_MODELS = ("beta-1e-3", "beta-1e-1", "mean-beta-1e-1")
STUDIED = {model: tuple(experiment(f"{model}-seed-{seed}") for seed in range(3)) for model in STUDIED_MODELS}
DESCENT: dict[str, Any] = {"starts": 2, "steps": 80}
SHORT = (1, 5, 20)  # steps of inversions that are cut off early
WHICH: tuple[Literal["most", "least"], ...] = ("most", "least")
FRACTIONS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
PROBES = 64


def inversion(denoiser: LatentDenoiser, split: MembershipSplit) -> tuple[dict, dict[str, float]]:
    """A row a view under ("SimA", view), each with its own timestep; and the PSNR of held-out images at each latent."""
    short = {
        f"{steps} steps from random": InvertedSimA(
            starts=1, steps=steps, encoder_start=False, inversions=Inversions(progress=False)
        )
        for steps in SHORT
    }
    views: dict[str, Attack] = {
        "encoded": SimA(),
        "inverted": InvertedSimA(**DESCENT, inversions=Inversions(progress=False)),
        "inverted from random": InvertedSimA(**DESCENT, encoder_start=False, inversions=Inversions(progress=False)),
        **short,
        "pushed to pixels": PixelSimA(via="decoder"),
        "pulled back to pixels": PixelSimA(via="encoder"),
    }
    images, held_out = len(split.calibration.members), split.evaluation.held_out
    rows = {("SimA", view): contest(Entry(attack, SWEPT_TIMESTEPS), denoiser, split, images) for view, attack in views.items()}
    latents = {view: attack.latents(denoiser, held_out) for view, attack in views.items() if isinstance(attack, InvertedSimA)}
    latents["encoded"] = denoiser.encode(held_out)
    decoded = {view: denoiser.decode(z).clamp(-1, 1) for view, z in latents.items()}
    return rows, {f"psnr {view}": compare_reconstructions(held_out, x).psnr for view, x in decoded.items()}


def dimensions(denoiser: LatentDenoiser, split: MembershipSplit) -> tuple[dict, dict[str, float]]:
    """Rows under (attack, "most 0.6") or (attack, "least 0.6"), and the fraction that each attack would choose.

    Under ("influence", "mean") and ("log-volume", "64") stand two numbers that an image has without any attack.
    """
    part, influences = split.evaluation, Influences()
    rows, chosen = {}, {}
    for name, entry in SWEPT_ATTACKS.items():
        whole = contest(entry, denoiser, split, len(split.calibration.members))
        attack = replace(entry.attack, timestep=whole.timestep)
        restricted = Influential(cast(Normed, attack), 1.0, PROBES, influences=influences)
        for fraction, which in product(FRACTIONS, WHICH):
            scores = score_part(replace(restricted, fraction=fraction, which=which), denoiser, part)
            members, held_out = (s.double().numpy() for s in scores)
            rows[name, f"{which} {fraction:g}"] = Row(members, held_out, whole.timestep, attack.queries)
        chosen[f"fraction for {name}"] = calibrated_fraction(restricted, denoiser, split.calibration, FRACTIONS)
    images = part.members, part.held_out
    values = [influences.of_images(denoiser, x, PROBES) for x in images]
    members, held_out = (c.flatten(1).mean(1).numpy() for c in values)
    rows["influence", "mean"] = Row(members, held_out, None, 0)
    members, held_out = (log_volume(denoiser.decode, denoiser.encode(x), 64).numpy() for x in images)
    rows["log-volume", "64"] = Row(members, held_out, None, 0)
    return rows, chosen


def calibrated_fraction(attack: Attack, denoiser: LatentDenoiser, part: LabelledPart, fractions: Sequence[float]) -> float:
    """The fraction with the highest AUC on a *calibration* part; ties go to the largest.

    Args:
        attack: an `Influential`, whose fraction is replaced, or what it could wrap.
        part: ``split.calibration``, never the images that are reported on.
        fractions: candidates, each in (0, 1].

    Raises:
        ValueError: no fraction, or one out of range.
    """
    if not len(fractions):
        raise InvalidInput("fractions must hold at least one fraction in (0, 1], got none")
    ordered = sorted(fractions, reverse=True)
    whole = attack if isinstance(attack, Influential) else Influential(cast(Normed, attack), 1.0)  # which refuses others
    parts = [score_part(replace(whole, fraction=f), denoiser, part) for f in ordered]
    auc = [evaluate(members, held_out, bootstrap=0).auc for members, held_out in parts]
    return float(ordered[int(np.argmax(auc))])


STUDIES = {"inversion": inversion, "dimensions": dimensions}


def study(name: str, e: Experiment, folder: Path = SWEEP_RUNS) -> Outcome:
    """One study of one experiment; what is not trained yet is trained.

    Raises:
        ValueError: no such study.
    """
    if name not in STUDIES:
        raise InvalidInput(f"unknown study {name}; there are {', '.join(STUDIES)}")
    denoiser, about = train_experiment(e, folder, progress=False)
    if denoiser is None:  # the run of its autoencoder failed
        return Outcome(about)
    with torch.no_grad():
        rows, numbers = STUDIES[name](cast(LatentDenoiser, denoiser), load_split(e.denoiser.dataset, e.denoiser.split_seed))
    return Outcome(about, rows, numbers)


def waiting_for(
    names: Sequence[str], scores: Path = OUTCOMES, models: Mapping[str, Sequence[Experiment]] = STUDIED
) -> list[tuple[str, Experiment]]:
    """The studies of these names whose scores are not there yet.

    Raises:
        ValueError: an unknown study.
    """
    unknown = [name for name in names if name not in STUDIES]
    if unknown:
        raise InvalidInput(f"unknown study {', '.join(unknown)}; there are {', '.join(STUDIES)}")
    return [(name, e) for name in names for es in models.values() for e in es if not is_done(e.name, scores / name)]


def run_studies(
    names: Sequence[str],
    scores: Path = OUTCOMES,
    models: Mapping[str, Sequence[Experiment]] = STUDIED,
    run: Callable[[str, Experiment], Outcome] = study,
) -> None:
    """Run the studies of these names whose scores are not there yet, one model after the other.

    Raises:
        ValueError: an unknown study; none is run then.
    """
    for name, e in tqdm(waiting_for(names, scores, models), desc="studies"):
        save_outcome(e.name, run(name, e), scores / name)
