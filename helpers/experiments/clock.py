"""When does a model begin to remember, and does that depend on how many images it learns from?

    train on n members -> at each checkpoint: SimA, the loss, and samples -> where do members and held-out images part?

    memorised: share of samples x with ||x - s₁|| < ||x - s₂|| / 3        (s₁, s₂: its nearest two members)

SimA is asked at timesteps that were fixed beforehand and are not tuned, so that all members and all held-out images count. All
models of a seed draw their samples from the same noise, without fresh noise.

Source: Gu et al., "On Memorization in Diffusion Models" (arXiv 2310.02664), for the share of memorised samples.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from helpers.data.near_copies import nearest
from helpers.data.splits import LabelledPart, MembershipSplit
from helpers.evaluation.denoising_loss import denoising_loss
from helpers.evaluation.feature_network import Classifier
from helpers.evaluation.metrics import evaluate
from helpers.evaluation.quality import frechet_distance, judge_samples
from helpers.evaluation.row import Row
from helpers.experiments.outcomes import Outcome
from helpers.experiments.prompted import row_from_json, row_to_json
from helpers.experiments.runs import about, along, sima_rows
from helpers.files import to_8_bits
from helpers.models.denoisers import Denoiser
from helpers.models.flow import straight_down
from helpers.models.reverse import reverse_process
from helpers.training.clock_recipes import ClockRecipe, nested
from helpers.training.denoiser import train_denoiser

TIMESTEPS = (20, 50, 100)
KEPT_TIMESTEP = 50  # at which the score of each image is kept
KEPT_AFTER = (0.25, 0.5, 1.0)  # of the run
SAMPLES = 300
SAMPLED_IN = 20  # steps, at equal distances of σ
LOSSES = 1200  # pairs of timestep and noise, however many images there are
SHOWN = 8  # samples that are kept as pictures


def measure_clock(
    recipe: ClockRecipe,
    whole: MembershipSplit,
    classifiers: list[Classifier],
    folder: Path | None = None,
    progress: bool = True,
) -> Outcome:
    """Train on the first n members and look at each checkpoint; see the module.

    Args:
        whole: the split with all members, of which the recipe takes its own.
        folder: for checkpoints.

    Returns:
        Quality "NAME.STEP" of what `look` finds, and "frechet_of_real" between as many members and held-out images, whatever
        n is. Rows ("SimA at", "TIMESTEP x STEP") at `KEPT_TIMESTEP` for a few steps, of all images. Pictures "samples", the
        first ones at each checkpoint, and "nearest", the rows of the members nearest to them: see `pictures_along`.
    """
    split, real = nested(whole, recipe.n), whole.held_out[:SAMPLES]

    def probe(denoiser: Denoiser) -> dict[str, Any]:
        return look(denoiser, split, real, classifiers, recipe.seed)

    run = train_denoiser(recipe, split.members, folder, probe, progress)
    kept = {round(share * len(run.probes)) - 1 for share in KEPT_AFTER}
    rows = {
        ("SimA at", f"{KEPT_TIMESTEP} x {at['step']}"): row_from_json(at["row"])
        for checkpoint, at in enumerate(run.probes)
        if checkpoint in kept
    }
    pictures: dict[str, np.ndarray] = {
        "samples": np.array([at["samples"] for at in run.probes], dtype=np.uint8),
        "nearest": np.array([at["nearest"] for at in run.probes], dtype=np.uint16),
    }
    of_real = [frechet_distance(network, real, whole.members[: len(real)]) for network in classifiers]
    return Outcome(about(recipe, run), rows, along(run) | {"frechet_of_real": sum(of_real) / len(of_real)}, pictures)


def look(denoiser: Denoiser, split: MembershipSplit, real: Tensor, classifiers: list[Classifier], seed: int) -> dict[str, Any]:
    """All that is asked of a denoiser on its way, as a run's history can hold it.

    Args:
        real: (m, c, h, w), the held-out images with which as many samples are compared.
        seed: of the samples' noise.

    Returns:
        "quality": "AUC at T" and "TPR at T" (at 1 % FPR) for each of `TIMESTEPS`, "loss of members" and "loss of held-out",
        "memorised" and "memorised_of_real", and what `helpers.evaluation.quality.SampleQuality` holds, without
        "frechet_of_real". "row": SimA's at `KEPT_TIMESTEP`. "samples": the first ones, in 8 bits, and "nearest": the rows of
        the members nearest to them.
    """
    rows = sima_rows(denoiser, LabelledPart(split.members, split.held_out), TIMESTEPS)
    samples = draw(denoiser, len(real), split.image_shape, seed)
    quality = figures(rows) | losses(denoiser, split) | judge_samples(classifiers, samples, real, split.members).to_dict()
    # Between groups of two sizes, it would depend on n.
    del quality["frechet_of_real"]
    quality |= {"memorised": memorised(samples, split.members), "memorised_of_real": memorised(real, split.members)}
    first = samples[:SHOWN]
    pictures = {"samples": to_8_bits(first[:, 0]).tolist(), "nearest": nearest(first, split.members).index.tolist()}
    return {"quality": quality, "row": row_to_json(rows[KEPT_TIMESTEP])} | pictures


def pictures_along(outcome: Outcome, recipe: ClockRecipe, whole: MembershipSplit) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """By step: the first samples, and the member nearest to each, both uint8 (`SHOWN`, h, w).

    Args:
        outcome: of the recipe; it keeps the members' rows alone, since the members come with the package.
        whole: the split of `helpers.training.clock_recipes.whole_split`.
    """
    steps = [*range(recipe.checkpoint_every, recipe.steps, recipe.checkpoint_every), recipe.steps]
    members = to_8_bits(whole.members[:, 0])
    kept = zip(steps, outcome.pictures["samples"], outcome.pictures["nearest"], strict=True)
    return {step: (samples, members[rows]) for step, samples, rows in kept}


def figures(rows: Mapping[int, Row]) -> dict[str, float]:
    """Of a row at each timestep T: "AUC at T" and "TPR at T", the TPR at 1 % FPR."""
    found: dict[str, float] = {}
    for timestep, row in rows.items():
        report = evaluate(row.members, row.held_out, bootstrap=0)
        found |= {f"AUC at {timestep}": float(report.auc), f"TPR at {timestep}": float(report.tpr_at_fpr(0.01))}
    return found


def losses(denoiser: Denoiser, split: MembershipSplit) -> dict[str, float]:
    """The denoising loss on as many members as held-out images, which meet the same timesteps and noise."""
    n = min(len(split.members), len(split.held_out), SAMPLES)
    parts = {"members": split.members[:n], "held-out": split.held_out[:n]}
    return {f"loss of {name}": denoising_loss(denoiser, images, max(1, LOSSES // n)) for name, images in parts.items()}


def draw(denoiser: Denoiser, n: int, image_shape: tuple[int, int, int], seed: int) -> Tensor:
    """n samples (n, c, h, w) in [-1, 1], without fresh noise; the seed decides from which noise they start."""
    start = torch.randn(n, *image_shape, generator=torch.Generator().manual_seed(seed))
    return reverse_process(denoiser, start, straight_down(SAMPLED_IN, denoiser.alphas_cumprod)).images.clamp(-1, 1)


def memorised(images: Tensor, members: Tensor) -> float:
    """The share of images (n, c, h, w) that are three times nearer to a member than to any other; see the module.

    Args:
        members: (m, c, h, w), two or more.
    """
    distance = torch.cdist(images.double().flatten(1), members.double().flatten(1))
    first, second = distance.topk(2, largest=False).values.T
    return (first < second / 3).double().mean().item()
