"""What did a GPU give, when there was one?

`make gpu` writes a JSON; the last one that is kept lies beside this module, with the card, the versions and the commit that it
measured. A share of the peak is that of the FLOP/s of the card's data sheet in float32 without tensor cores:

    u = 3 · FLOPs(image) · images/s / P          (`helpers.training.paper_recipes`)
"""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from helpers.errors import InvalidInput
from helpers.training.paper_recipes import PEAK

RESULT = Path(__file__).parent / "gpu.json"
NETWORKS = {"ddpm-digits": "digits 8×8", "latent": "latents 4×8×8", "paper 32x32": "the paper's, 32×32"}
PRECISIONS = ("float32", "TF32", "bfloat16")


@dataclass(frozen=True)
class GpuResult:
    """One run of `make gpu`.

    Args:
        card, commit, torch: what measured what.
        sections: "correctness", "throughput", ...: name of a measurement -> its figures.
    """

    card: str
    commit: str
    torch: str
    sections: dict[str, dict]

    def rate(self, network: str, work: str, precision: str, how: str = "eager") -> float:
        """images/s of a network, "training" or "scoring".

        Raises:
            ValueError: it was not measured.
        """
        name = f"{network}, {work}, {precision}, {how}"
        for section in ("throughput", "compiled"):
            if "images/s" in self.sections.get(section, {}).get(name, {}):
                return self.sections[section][name]["images/s"]
        raise InvalidInput(f"{name} was not measured; run `make gpu` again, with more minutes")

    @property
    def utilisation(self) -> float:
        """u of the module's equation, of the paper's network in training, float32."""
        return self.sections["throughput"]["paper 32x32, training, float32, eager"]["TFLOP/s"] * 1e12 / PEAK

    def speeds(self) -> pd.DataFrame:
        """images/s: a row a network, a column a kind of work and a precision."""
        columns = [(work, precision) for work in ("training", "scoring") for precision in PRECISIONS]
        rows = {label: [self.rate(network, *column) for column in columns] for network, label in NETWORKS.items()}
        return pd.DataFrame(rows, index=pd.MultiIndex.from_tuples(columns)).T

    def largest_difference(self) -> pd.Series:
        """By attack: the largest relative difference of a score from the processor's, in float32, over all models compared."""
        found = [m["float32"] for m in self.sections["correctness"].values() if isinstance(m.get("float32"), dict)]
        return pd.DataFrame([{attack: v["relative"] for attack, v in of_model.items()} for of_model in found]).max()


SAID = (
    "card",
    "u",
    "paper",
    "paper-bf16",
    "digits",
    "digits-u",
    "kernels",
    "recorded",
    "sima",
    "secmi",
    "models",
    "large",
    "auc",
)
UNKNOWN = "(not measured yet)"


def in_words(found: GpuResult | None) -> dict[str, str]:
    """What a page says of it, under the names of SAID; UNKNOWN for all while there is none."""
    if found is None:
        return dict.fromkeys(SAID, UNKNOWN)
    eager, recorded = (found.rate("ddpm-digits", "training", "float32", how) for how in ("eager", "recorded"))
    trained, apart = found.sections["training-digits"]["ddpm-digits-large"], found.largest_difference()
    share = found.sections["throughput"]["ddpm-digits, training, float32, eager"]["TFLOP/s"] * 1e12 / PEAK
    said = (
        f"{found.card}, torch {found.torch}",
        f"{found.utilisation:.0%}",
        f"{found.rate('paper 32x32', 'training', 'float32'):,.0f}",
        f"{found.rate('paper 32x32', 'training', 'bfloat16'):,.0f}",
        f"{eager:,.0f}",
        f"{share:.0%}",
        f"{found.sections['throughput']['ddpm-digits, kernels of a step']['kernels and copies']:,}",
        f"{recorded / eager:.0f}",
        f"{max(value for attack, value in apart.items() if attack.startswith('SimA')):.0e}",
        f"{apart['SecMI']:.0e}",
        f"{sum(isinstance(m.get('float32'), dict) for m in found.sections['correctness'].values())}",
        f"{trained['steps']:,} of {trained['of']:,} steps in {trained['training seconds']:.0f} seconds",
        f"{trained['AUC']:.2f} [{trained['low']:.2f}, {trained['high']:.2f}]",
    )
    return dict(zip(SAID, said, strict=True))


def gpu_result(path: Path = RESULT) -> GpuResult | None:
    """The run that is kept; None while there is none.

    Raises:
        ValueError: a file that `make gpu` did not write.
    """
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text())
        sections = {name: {k: v for k, v in part.items() if isinstance(v, dict)} for name, part in found["sections"].items()}
        return GpuResult(found["device"]["name"], found["commit"], found["versions"]["torch"], sections)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path} is no result of `make gpu` ({error!r}); run it again") from error
