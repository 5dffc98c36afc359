"""Does this model give away which of these images it was trained on?

    read both folders -> does the model denoise? -> choose the timestep on one half -> score the other half -> weigh the evidence

A score is written down as soon as it is known, so that an interrupted audit goes on where it stopped, to the same figures.
Nothing is chosen on the images that the figures come from. Of near copies within a folder one is asked about: the others are no
evidence of their own.
"""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from tqdm.auto import tqdm

from helpers.attacks.relative_to_base import relative_scores
from helpers.audit.claim import Claim, checked_claim
from helpers.audit.collection import Answer, as_collection
from helpers.audit.control import Control, control_timesteps, denoising
from helpers.audit.evidence import Evidence, weigh
from helpers.audit.fitting import load_for
from helpers.audit.history import note
from helpers.audit.ledger import Ledger, hash_images, hash_model
from helpers.audit.provenance import provenance
from helpers.audit.questions import GROUPS, Questions, for_model
from helpers.audit.remarks import about_images, about_model, about_run, about_sizes
from helpers.audit.selection import Selection, features_of, select
from helpers.audit.settings import Settings
from helpers.audit.workplace import workplace
from helpers.data.folders import ImageFolder, read_folder
from helpers.data.near_copies import find_copies
from helpers.data.overlap import compare_folders
from helpers.errors import InvalidInput
from helpers.evaluation.metrics import Estimate, Report, calibrated_timestep, evaluate
from helpers.fingerprints import fingerprint
from helpers.models.pretrained import LoadedModel, Source, source_of

CONTROLLED = 64  # images on which the model must show that it denoises


@dataclass(frozen=True)
class Audit:
    """All that the report says. Scores are those of the evaluation part, in the order of `rows`.

    Args:
        model: its kind, and hashes of it and of the images.
        settings: with the timesteps that were asked at.
        folders: by "members" and "held_out".
        selection: which images were asked about.
        curve: timestep -> AUC on the calibration part, of the scores that the verdict is about.
        report: on the scores as they are.
        evidence: on the scores that the verdict is about.
        control: whether the model denoises these images.
        twins: held-out file, member file, root mean square difference; nearest first.
        warnings: what a reader has to know before anything else.
        notes: how the model and the images were read, where that is not a matter of course.
        relative: on scores relative to those of the base model, where one was given.
        verdict_on: "scores", or "relative scores" where these did better on the calibration part.
        provenance: of the figures, in words.
        collection: about the members as a collection, where the settings ask for that.
        claim: what the model's trainer promises, where anything lies beside the model, and whether the scores contradict it.
    """

    model: dict[str, str]
    settings: Settings
    folders: dict[str, ImageFolder]
    selection: Selection
    curve: dict[int, float]
    timestep: int
    report: Report
    evidence: Evidence
    control: Control
    twins: list[tuple[str, str, float]]
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    relative: Report | None = None
    verdict_on: str = "scores"
    provenance: dict[str, str] = field(default_factory=dict)
    collection: Answer | None = None
    claim: Claim | None = None

    @property
    def rows(self) -> dict[str, np.ndarray]:
        """The images of each folder that are in the evaluation part."""
        return self.selection.evaluation

    @property
    def data_only(self) -> Estimate:
        """AUC of a classifier that never asks the model."""
        return self.evidence.difference.report.auc

    @property
    def tpr_at_fpr(self) -> dict[float, Estimate]:
        return {fpr: self.report.tpr_at_fpr(fpr) for fpr in (0.01, 0.001)}


def audit(
    model: str | Path | Source, members: str | Path, held_out: str | Path, output: str | Path, settings: Settings | None = None,
    device: str = "cpu", progress: bool = True, reference: LoadedModel | None = None,
) -> Audit:  # fmt: skip
    """Audit the model in a folder with the images of two others; what is known is kept in `output`.

    Args:
        model: its folder, or how it is read; with a base, or a LoRA, it comes with a reference.
        reference: the model that the audited one was fine-tuned from. Scores are then also taken relative to its scores.

    Raises:
        FileNotFoundError, ValueError: no model, no images, too few of them, settings that do not fit the model, a model whose
            answers are no numbers or do not tell images apart, or an output that cannot be written to.
    """
    with workplace(Path(output)):
        started = time.monotonic()
        source = source_of(model)
        paths: dict[str, str | Path] = {"model": str(source), "members": members, "held_out": held_out}
        loaded = load_for(source, (members, held_out), device)
        reference = reference or loaded.reference
        # Once each: it reads every byte of the weights.
        of_model, of_reference = hash_model(loaded), hash_model(reference) if reference else ""
        if of_reference == of_model:
            raise InvalidInput("the base is the model itself, byte for byte; name the model that it was fine-tuned from")
        settings = (settings or Settings()).on(loaded.denoiser.alphas_cumprod)
        compare_folders(members, held_out, progress=progress)
        folders = {
            name: read_folder(path, loaded.image_shape, progress) for name, path in zip(GROUPS, (members, held_out), strict=True)
        }
        for name in GROUPS:
            folders[name], settings = for_model(folders[name], settings, loaded, name.replace("_", "-"))
        chosen = select(folders, settings, progress)
        warnings = about_sizes(folders, loaded)
        if progress:
            tqdm.write("".join(f"Warning: {warning}\n" for warning in warnings), file=sys.stderr, end="")
        captions = [caption for folder in folders.values() for caption in folder.captions]
        for asked in filter(None, (loaded, reference)):
            asked.prepare(settings.prompts, captions)
        control = _control(loaded, folders, chosen.rows, settings)
        about = {"kind": loaded.kind, "sha256": of_model}
        about |= {name: hash_images(folder) for name, folder in folders.items()}
        key = about | {"settings": repr(settings), "code": fingerprint("helpers.audit.questions")}
        if reference:
            key |= {"reference": of_reference + repr(_control(reference, folders, chosen.rows, settings))}
        ledger = Ledger(Path(output) / "scores.npz", key)
        questions = Questions(loaded, folders, settings, ledger)
        base = Questions(reference, folders, settings, ledger, "base.") if reference else None
        measured = _measure(questions, chosen, progress)
        relative = _measure(questions, chosen, progress, base) if base else None
        ledger.save()
        judged = relative if relative and relative.calibrated > measured.calibrated else measured
        tried = note(Path(output), about, repr(settings))
        features = features_of(folders, chosen, progress)
        evidence = weigh(judged.scores, features, chosen.evaluation_mask, tried, settings.seed)
        asked_all = as_collection(questions, chosen, features, control, evidence, base, progress) if settings.collection else None
        promise, copies = loaded.promise, chosen.copies.get("members", 0)
        return Audit(
            model=about,
            settings=settings,
            folders=folders,
            selection=chosen,
            curve=judged.curve,
            timestep=judged.timestep,
            report=measured.report(chosen, settings.seed),
            evidence=evidence,
            control=control,
            twins=_twins(folders, progress),
            warnings=[*warnings, *about_run(control, tried)],
            notes=[*about_model(loaded), *about_images(folders, chosen.copies)],
            relative=relative.report(chosen, settings.seed) if relative else None,
            verdict_on="relative scores" if judged is relative else "scores",
            provenance=provenance(paths, loaded.denoiser, device, time.monotonic() - started),
            collection=asked_all,
            claim=checked_claim(promise, judged.scores, chosen.evaluation_mask, evidence, copies) if promise else None,
        )


def _control(loaded: LoadedModel, folders: dict[str, ImageFolder], rows: dict[str, np.ndarray], settings: Settings) -> Control:
    """How well the model denoises some images of both folders."""
    few = {name: rows[name][: max(1, min(CONTROLLED, settings.batch_size) // 2)] for name in GROUPS}
    images = torch.cat([folders[name].images[few[name]] for name in GROUPS])
    captions = [folders[name].captions[i] for name in GROUPS for i in few[name]] if settings.prompts == "captions" else []
    denoiser = loaded.under(settings.prompts, captions)
    return denoising(denoiser, images, control_timesteps(denoiser.alphas_cumprod), settings.seed)


@dataclass(frozen=True)
class _Measured:
    """Scores at the timestep that the calibration part chose: of all rows of a selection, by the names of GROUPS."""

    curve: dict[int, float]
    timestep: int
    scores: dict[str, np.ndarray]

    @property
    def calibrated(self) -> float:
        """The AUC on the calibration part."""
        return self.curve[self.timestep]

    def report(self, chosen: Selection, seed: int) -> Report:
        """On the evaluation part."""
        members, held_out = (self.scores[name][chosen.evaluation_mask[name]] for name in GROUPS)
        return evaluate(members, held_out, bootstrap=2000, seed=seed)


def _measure(questions: Questions, chosen: Selection, progress: bool, base: Questions | None = None) -> _Measured:
    """The scores, or how far they lie above those of a base model: see `helpers.attacks.relative_to_base`."""
    calibrated = questions.calibrate(chosen.calibration, progress)
    if base:
        known = base.calibrate(chosen.calibration, progress)
        calibrated = {name: relative_scores(calibrated[name], known[name]) for name in GROUPS}
    timesteps, both = questions.settings.asked, (calibrated["members"], calibrated["held_out"])
    timestep = calibrated_timestep(*both, timesteps=timesteps)
    scores = questions.evaluate(chosen.evaluation, timestep, progress)
    if base:
        known = base.evaluate(chosen.evaluation, timestep, progress)
        scores = {name: relative_scores(scores[name], known[name]) for name in GROUPS}
    return _Measured(
        {t: float(evaluate(m, h, bootstrap=0).auc) for t, m, h in zip(timesteps, *both, strict=True)},
        timestep,
        {name: np.concatenate([calibrated[name][timesteps.index(timestep)], scores[name]]) for name in GROUPS},
    )


def _twins(folders: dict[str, ImageFolder], progress: bool, most: int = 12) -> list[tuple[str, str, float]]:
    """Held-out images that are near copies of members."""
    small = {name: folders[name].images.small() for name in GROUPS}
    found = find_copies(torch.cat([small["held_out"], small["members"]]), progress).across(len(small["held_out"]))
    names = folders["held_out"].names, folders["members"].names
    return [(names[0][i], names[1][j], distance) for i, j, distance in found[:most]]
