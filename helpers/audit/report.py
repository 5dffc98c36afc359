"""What may be said about a model after an audit, and what not?

``verdict`` puts the figures into words; ``write`` makes one HTML file that needs no other, and a JSON beside it.
The share of accusations that are right depends on how many candidates are members, the base rate π:

    PPV = π TPR / (π TPR + (1 - π) FPR)
"""

import base64
import io
import json
import math
from dataclasses import asdict
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from jinja2 import Environment, FileSystemLoader
from PIL import Image
from torch import Tensor

from helpers import __version__
from helpers.audit.claim import Claim
from helpers.audit.collection import Answer
from helpers.audit.evidence import CAUTION, HINT
from helpers.audit.procedure import Audit
from helpers.evaluation.metrics import Estimate
from helpers.figures import ink, plots
from helpers.files import replacing, to_8_bits

BASE_RATES = (0.5, 0.1, 0.01, 0.001)
SHOWN = 12
SCHEMA = 2  # of report.json; report.schema.json describes it
VERDICTS = {
    "leaks": "This model gives its training images away: members and held-out images can be told apart.",
    "hint": "A hint, no finding: of forty models that never saw the images, one would look like this by luck.",
    "no evidence": "This attack finds no evidence that the model remembers these images.",
    "reversed": "Members look *less* known than held-out images. Something is wrong: look at the folders and the weights.",
    "unreliable": "No verdict: members and held-out images differ by themselves, without asking the model.",
}
NOT_DENOISING = "No verdict: the model does not denoise these images, so that its answers about them mean nothing."
NOT_RUN = "NOT RUN"
# In the order of paragraph 55 of EDPB Opinion 28/2024.
OPINION = (
    "(i) attribute and membership inference", "(ii) exfiltration", "(iii) regurgitation of training data",
    "(iv) model inversion", "(v) reconstruction attacks",
)  # fmt: skip


def verdict(audit: Audit) -> str:
    """A key of VERDICTS.

    A model that does not denoise, or folders that can be told apart without it, take the ground from under everything else.
    """
    if not audit.control.denoises or audit.evidence.folders_differ:
        return "unreliable"
    if audit.evidence.accuses:
        return "leaks"
    if audit.evidence.adjusted > 1 - CAUTION:
        return "reversed"
    return "hint" if audit.evidence.p_value < HINT else "no evidence"


def in_words(audit: Audit) -> str:
    """The verdict as a sentence, for people."""
    return (VERDICTS[verdict(audit)] if audit.control.denoises else NOT_DENOISING).replace("*", "")


def positive_predictive_value(tpr: float, fpr: float, base_rate: float) -> float:
    """PPV of the module's equation; NaN where nothing is accused."""
    accused = base_rate * tpr + (1 - base_rate) * fpr
    return base_rate * tpr / accused if accused else float("nan")


def to_dict(audit: Audit, show_images: bool = False) -> dict:
    """The report as JSON-able numbers, as report.schema.json describes them.

    Args:
        show_images: name the members that are exposed, or that held-out images are near copies of.
    """
    evidence, tpr = audit.evidence, audit.tpr_at_fpr
    held_out = len(audit.report.held_out_scores)
    near = [{"held_out": a, "distance": d} | ({"member": b} if show_images else {}) for a, b, d in audit.twins]
    return {
        "schema": SCHEMA,
        "verdict": verdict(audit),
        "in_words": in_words(audit),
        "warnings": audit.warnings,
        "notes": audit.notes,
        "p_value": evidence.p_value,
        "tries": evidence.tries,
        "auc": _estimate(audit.report.auc),
        "asr": _estimate(audit.report.asr),
        "tpr_at_fpr": {f"{fpr:g}": _estimate(e) | {"enough_images": held_out * fpr >= 1} for fpr, e in tpr.items()},
        "positive_predictive_value": {f"{rate:g}": _ppv(tpr[0.01], rate) for rate in BASE_RATES},
        "adjusted": {"auc": _estimate(evidence.report.auc), "p_value": evidence.adjusted, "explained": evidence.explained},
        "relative_auc": _estimate(audit.relative.auc) if audit.relative else None,
        "verdict_on": audit.verdict_on,
        "data_only_auc": _estimate(audit.data_only),
        "data_only": {
            "differ": evidence.folders_differ,
            "p_value": evidence.difference.p_value,
            "along_the_scores": evidence.directed,
            "telling": evidence.difference.telling,
        },
        "collection": _collection(audit.collection) if audit.collection else None,
        "claim": _claim(audit.claim) if audit.claim else None,
        "denoising_loss": {str(t): loss for t, loss in audit.control.losses.items()},
        "timestep": audit.timestep,
        "calibration_auc": {str(t): auc for t, auc in audit.curve.items()},
        "images": {
            name: {
                "used": len(audit.selection.rows[name]),
                "evaluated": len(audit.rows[name]),
                "near_copies": audit.selection.copies.get(name, 0),
                "left_out": folder.left_out,
                "changed": folder.changed,
            }
            for name, folder in audit.folders.items()
        },
        "in_both_folders": audit.selection.identical,
        "near_copies": near,
        "personal_data": show_images,
        "annex": annex(audit),
        "settings": asdict(audit.settings) | {"timesteps": list(audit.settings.asked)},
        "model": audit.model,
        "provenance": audit.provenance,
        "version": __version__,
    }


def annex(audit: Audit) -> dict[str, str]:
    """Which of the tests of paragraph 55 of EDPB Opinion 28/2024 were run, in its order."""
    run = f"membership inference ({audit.settings.attack}): {verdict(audit)}. Attribute inference: {NOT_RUN}"
    return dict.fromkeys(OPINION, NOT_RUN) | {OPINION[0]: run}


def write(audit: Audit, output: str | Path, show_images: bool = False) -> tuple[Path, Path]:
    """Write report.html and report.json to the folder `output`, each all or nothing.

    Args:
        show_images: put names and pictures of the most exposed members in; the report then holds personal data, and says so.
    """
    output = Path(output)
    numbers = to_dict(audit, show_images)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("report.html").render(
        r=numbers,
        roc=_roc(audit),
        exposed=_exposed(audit) if show_images else [],
        text=_text,
    )
    paths = output / "report.html", output / "report.json"
    for path, content in zip(paths, (page, json.dumps(numbers, indent=2, allow_nan=False)), strict=True):
        with replacing(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return paths


def _estimate(e: Estimate) -> dict:
    return {"value": float(e), "interval": [e.low, e.high]}


def _collection(answer: Answer) -> dict:
    test, needed = answer.test, answer.needed
    return {
        "in_words": answer.in_words(),
        "p_value": answer.p_value,
        "used": answer.used,
        "difference": _estimate(test.difference) if test else None,
        "suspects": test.suspects if test else None,
        "comparison": test.comparison if test else None,
        "needed": needed.needed if needed else None,
        "power": {str(n): _estimate(power) for n, power in needed.power.items()} if needed else {},
    }


def _claim(claim: Claim) -> dict:
    return {
        "in_words": claim.in_words(),
        "contradicted": claim.contradicted,
        "epsilon_at_least": claim.at_least,
        "epsilon_at_most_to_be_shown": claim.at_most,
    } | {key: getattr(claim.promise, key) for key in ("epsilon", "delta", "neighbours", "sampling", "accountant")}


def _ppv(tpr: Estimate, base_rate: float) -> dict:
    values = (positive_predictive_value(x, 0.01, base_rate) for x in tpr.triple)
    value, low, high = (None if math.isnan(v) else v for v in values)  # JSON has no NaN
    return {"value": value, "interval": [low, high]}


def _text(e: dict) -> str:
    if e["value"] is None or None in e["interval"]:
        return "none is accused"
    return str(Estimate(e["value"], *e["interval"]))


def _exposed(audit: Audit) -> list[dict]:
    """The members of the evaluation part with the highest scores, and the share of held-out images below each."""
    members, folder = audit.report.member_scores, audit.folders["members"]
    found = []
    for i in np.argsort(-members)[:SHOWN]:
        row = audit.rows["members"][i]
        below = float((audit.report.held_out_scores < members[i]).mean())
        found.append({"name": folder.names[row], "above": below, "image": _png(folder.images[row])})
    return found


def _png(image: Tensor) -> str:
    pixels = to_8_bits(image).transpose(1, 2, 0)
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    picture.thumbnail((96, 96))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _roc(audit: Audit) -> str:
    """The ROC on linear and on logarithmic axes, as SVG."""
    with plt.rc_context():
        plots.set_theme()
        figure = plots.roc(audit.report.member_scores, audit.report.held_out_scores)
        for axis, title in zip(figure.axes, ("linear", "logarithmic"), strict=True):
            axis.set_title(title, fontsize=10)
        drawing = ink.to_svg(figure, "ROC of the attack")
    plt.close(figure)
    return drawing
