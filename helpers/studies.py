"""What do an inverted latent, a look in pixels, or few dimensions do for an attack?

Two studies on models of the sweeps, over the same seeds: "inversion" attacks where the encoder puts an image, where the
decoder would have it, and in pixels; "dimensions" takes norms over the most and over the least influential dimensions.
What is chosen is chosen on the calibration part. ``python -m helpers.studies NAME ...`` runs one or both.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm.auto import tqdm

from helpers.attacks import PIA, InvertedSimA, Loss, PixelSimA, SecMI, SimA
from helpers.attacks.base import BatchedAttack, Noise
from helpers.attacks.influential import most_influential
from helpers.data import DATASETS, MembershipSplit
from helpers.experiments import Experiment, experiment
from helpers.geometry import influence, log_volume
from helpers.inversion import Inversions
from helpers.latent import LatentDenoiser
from helpers.league import Entry, contest
from helpers.metrics import evaluate
from helpers.outcomes import SCORES, Outcome, is_done, save_outcome
from helpers.quality import compare_reconstructions
from helpers.standings import Row
from helpers.sweeps import RUNS, TIMESTEPS, train

MODELS = ("beta-1e-3", "beta-1e-1", "mean-beta-1e-1")
STUDIED = {model: tuple(experiment(f"{model}-seed-{seed}") for seed in range(3)) for model in MODELS}
DESCENT = {"starts": 2, "steps": 80}
SHORT = (1, 5, 20)  # steps of inversions that are cut off early
FRACTIONS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
PROBES = 64
NORMS = {
    "SimA": Entry(SimA(), TIMESTEPS),
    "PIA": Entry(PIA(), TIMESTEPS),
    "Loss": Entry(Loss(draws=4), TIMESTEPS),
    "SecMI": Entry(SecMI(), (20, 60, 100)),
}


def inversion(denoiser: LatentDenoiser, split: MembershipSplit) -> tuple[dict, dict[str, float]]:
    """A row a view under ("SimA", view), each with its own timestep; and the PSNR of held-out images at each latent."""
    short = {
        f"{steps} steps from random": InvertedSimA(
            starts=1, steps=steps, encoder_start=False, inversions=Inversions(progress=False)
        )
        for steps in SHORT
    }
    views = {
        "encoded": SimA(),
        "inverted": InvertedSimA(**DESCENT, inversions=Inversions(progress=False)),
        "inverted from random": InvertedSimA(**DESCENT, encoder_start=False, inversions=Inversions(progress=False)),
        **short,
        "pushed to pixels": PixelSimA(via="decoder"),
        "pulled back to pixels": PixelSimA(via="encoder"),
    }
    images, held_out = len(split.calibration.members), split.evaluation.held_out
    rows = {("SimA", view): contest(Entry(attack, TIMESTEPS), denoiser, split, images) for view, attack in views.items()}
    latents = {view: attack.latents(denoiser, held_out) for view, attack in views.items() if isinstance(attack, InvertedSimA)}
    latents["encoded"] = denoiser.encode(held_out)
    decoded = {view: denoiser.decode(z).clamp(-1, 1) for view, z in latents.items()}
    return rows, {f"psnr {view}": compare_reconstructions(held_out, x).psnr for view, x in decoded.items()}


def dimensions(denoiser: LatentDenoiser, split: MembershipSplit) -> tuple[dict, dict[str, float]]:
    """Rows under (attack, "most 0.6") or (attack, "least 0.6"), and the fraction that each attack would choose.

    Under ("influence", "mean") and ("log-volume", "64") stand two numbers that an image has without any attack.
    """
    parts = {"calibration": split.calibration, "evaluation": split.evaluation}
    influences = {name: [_influence(denoiser, x) for x in (part.members, part.held_out)] for name, part in parts.items()}
    rows, chosen = {}, {}
    for name, entry in NORMS.items():
        whole = contest(entry, denoiser, split, len(split.calibration.members))
        attack = replace(entry.attack, timestep=whole.timestep)
        auc = {}
        for where, part in parts.items():
            vectors = [_vectors(attack, denoiser, x) for x in (part.members, part.held_out)]
            for fraction in FRACTIONS:
                for which in ("most", "least"):
                    masks = [_mask(c, fraction, which) for c in influences[where]]
                    scores = [_restricted(attack, v, m) for v, m in zip(vectors, masks, strict=True)]
                    if where == "evaluation":
                        rows[name, f"{which} {fraction:g}"] = Row(*scores, whole.timestep, attack.queries)
                    elif which == "most":
                        auc[fraction] = evaluate(*scores, bootstrap=0).auc
        chosen[f"fraction for {name}"] = max(reversed(FRACTIONS), key=auc.get)
    rows["influence", "mean"] = Row(*(c.flatten(1).mean(1).numpy() for c in influences["evaluation"]), None, 0)
    latents = [denoiser.encode(x) for x in (split.evaluation.members, split.evaluation.held_out)]
    rows["log-volume", "64"] = Row(*(log_volume(denoiser.decode, z, 64).numpy() for z in latents), None, 0)
    return rows, chosen


def _influence(denoiser: LatentDenoiser, images: Tensor) -> Tensor:
    return influence(denoiser.decode, denoiser.encode(images), PROBES, torch.Generator().manual_seed(0)).value


@torch.inference_mode()
def _vectors(attack: BatchedAttack, denoiser: LatentDenoiser, images: Tensor) -> list[Tensor]:
    noise = Noise(attack.seed)
    batches = [attack.vectors(denoiser, z, noise) for z in attack.batches(denoiser, images)]
    return [torch.cat(draw) for draw in zip(*batches, strict=True)]


def _mask(values: Tensor, fraction: float, which: str) -> Tensor:
    return most_influential(values if which == "most" else -values, fraction)


def _restricted(attack: BatchedAttack, vectors: list[Tensor], mask: Tensor):
    return attack.reduce([torch.where(mask, v, 0) for v in vectors]).double().numpy()


STUDIES = {"inversion": inversion, "dimensions": dimensions}


def run(study: str, e: Experiment, folder: Path = RUNS) -> Outcome:
    """One study of one experiment; what is not trained yet is trained."""
    denoiser, about = train(e, folder, progress=False)
    with torch.no_grad():
        rows, numbers = STUDIES[study](denoiser, DATASETS[e.denoiser.dataset](e.denoiser.split_seed))
    return Outcome(about, rows, numbers)


def main(names: list[str], scores: Path = SCORES) -> None:
    """Run the studies of these names whose scores are not there yet, one model after the other; by default all."""
    unknown = [name for name in names if name not in STUDIES]
    if unknown:
        raise ValueError(f"unknown study {', '.join(unknown)}; there are {', '.join(STUDIES)}")
    waiting = [(s, e) for s in names or STUDIES for es in STUDIED.values() for e in es if not is_done(e.name, scores / s)]
    for study, e in tqdm(waiting, desc="studies"):
        save_outcome(e.name, run(study, e), scores / study)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ValueError as error:
        sys.exit(f"error: {error}")
