"""What may be said about a model after an audit, and what not?

``verdict`` puts the figures into words; ``write`` makes one HTML file that needs no other, and a JSON beside it.
The share of accusations that are right depends on how many candidates are members, the base rate π:

    PPV = π TPR / (π TPR + (1 - π) FPR)
"""

import base64
import html
import io
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from jinja2 import Environment, FileSystemLoader
from PIL import Image
from scipy.stats import mannwhitneyu
from torch import Tensor

from helpers import __version__
from helpers.audit.procedure import Audit
from helpers.evaluation.metrics import Estimate, Report
from helpers.figures import plots
from helpers.files import replacing, to_8_bits

BASE_RATES = (0.5, 0.1, 0.01, 0.001)
SHOWN = 12
CAUTION = 0.005  # how many innocent models are accused: an interval of 95 % alone would accuse one in forty
VERDICTS = {
    "leaks": "This model gives its training images away: members and held-out images can be told apart.",
    "hint": "A hint, no finding: of two hundred models that never saw the images, more than one would look like this by luck.",
    "no evidence": "This attack finds no evidence that the model remembers these images.",
    "reversed": "Members look *less* known than held-out images. Something is wrong: look at the folders and the weights.",
    "unreliable": "No verdict: members and held-out images differ by themselves, without asking the model.",
}


def verdict(audit: Audit) -> str:
    """A key of VERDICTS. A data-only baseline that beats chance takes the ground from under everything else."""
    if audit.data_only.low > 0.5:
        return "unreliable"
    p = p_value(audit.report)
    if p < CAUTION or p > 1 - CAUTION:
        return "leaks" if p < CAUTION else "reversed"
    return "hint" if audit.report.auc.low > 0.5 else "no evidence"


def p_value(report: Report) -> float:
    """How often members would rank as high as they do if they were like held-out images (one-sided Mann-Whitney test)."""
    return float(mannwhitneyu(report.member_scores, report.held_out_scores, alternative="greater").pvalue)


def positive_predictive_value(tpr: float, fpr: float, base_rate: float) -> float:
    """PPV of the module's equation; NaN where nothing is accused."""
    accused = base_rate * tpr + (1 - base_rate) * fpr
    return base_rate * tpr / accused if accused else float("nan")


def to_dict(audit: Audit) -> dict:
    """The report as JSON-able numbers; an estimate is {"value", "interval": [low, high]}."""

    def estimate(e: Estimate) -> dict:
        return {"value": float(e), "interval": [e.low, e.high]}

    held_out = len(audit.report.held_out_scores)
    tpr = audit.tpr_at_fpr
    return {
        "verdict": verdict(audit),
        "in_words": VERDICTS[verdict(audit)].replace("*", ""),
        "p_value": p_value(audit.report),
        "auc": estimate(audit.report.auc),
        "asr": estimate(audit.report.asr),
        "tpr_at_fpr": {f"{fpr:g}": estimate(e) | {"enough_images": held_out * fpr >= 1} for fpr, e in tpr.items()},
        "positive_predictive_value": {f"{rate:g}": _ppv(tpr[0.01], rate) for rate in BASE_RATES},
        "data_only_auc": estimate(audit.data_only),
        "timestep": audit.timestep,
        "calibration_auc": {str(t): auc for t, auc in audit.curve.items()},
        "images": {
            name: {
                "used": len(folder.images),
                "evaluated": len(audit.rows[name]),
                "left_out": folder.left_out,
                "changed": folder.changed,
            }
            for name, folder in audit.folders.items()
        },
        "in_both_folders": audit.identical,
        "near_copies": [{"held_out": a, "member": b, "distance": d} for a, b, d in audit.twins],
        "settings": asdict(audit.settings) | {"timesteps": list(audit.settings.timesteps)},
        "model": audit.model,
        "version": __version__,
    }


def write(audit: Audit, output: str | Path) -> tuple[Path, Path]:
    """Write report.html and report.json to the folder `output`, each all or nothing."""
    output = Path(output)
    numbers = to_dict(audit)
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.get_template("report.html").render(
        r=numbers,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        verdict=VERDICTS[numbers["verdict"]],
        roc=_roc(audit),
        exposed=_exposed(audit),
        text=_text,
    )
    paths = output / "report.html", output / "report.json"
    for path, content in zip(paths, (page, json.dumps(numbers, indent=2)), strict=True):
        with replacing(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return paths


def _ppv(tpr: Estimate, base_rate: float) -> dict:
    value, low, high = (positive_predictive_value(x, 0.01, base_rate) for x in tpr.triple)
    return {"value": value, "interval": [low, high]}


def _text(e: dict) -> str:
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
    figure = plots.roc(audit.report.member_scores, audit.report.held_out_scores)
    for axis, title in zip(figure.axes, ("linear", "logarithmic"), strict=True):
        axis.set_title(title, fontsize=10)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    plt.close(figure)
    text = buffer.getvalue()
    return text[text.index("<svg") :].replace("<svg", f'<svg role="img" aria-label="{html.escape("ROC of the attack")}"', 1)
