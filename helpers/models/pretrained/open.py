"""From a folder to the family that knows it: what lies here, and what is to be said of the rest?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from helpers.errors import Advice, InvalidInput, MissingFile
from helpers.models.pretrained.beside import refuse_adapters, unread_files
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts, component_class, is_component
from helpers.models.pretrained.pixels import BARE
from helpers.models.pretrained.safe_files import read_json
from helpers.models.pretrained.sizes import as_pair

WRAP = """
    import torch

    class MyDenoiser:
        alphas_cumprod = ...   # (T,), the share of the image's variance that is left at each timestep

        @torch.no_grad()
        def predict_noise(self, x, timestep):   # x (n, c, h, w) = sqrt(ᾱ) x₀ + sqrt(1 - ᾱ) ε
            t = torch.as_tensor(timestep).expand(len(x))
            return network(x, t)   # ε; from v: sqrt(ᾱ) v + sqrt(1 - ᾱ) x

    scores = helpers.attacks.SimA(timestep=50).score(MyDenoiser(), images)   # images in [-1, 1]"""


def open_model(
    families: Sequence[Family], folder: Path, size: int | tuple[int, int] | None, base: Path | None, ignore_lora: bool,
    **reading: Any,
) -> LoadedModel:  # fmt: skip
    """The model in a folder; see `helpers.models.pretrained.load_pipeline`.

    Args:
        reading: how its `Parts` are read: device, dtype, variant, lora.
    """
    index, own = read_index(folder, base)
    kind = str(index.get("_class_name"))
    family = next((family for family in families if kind in family.pipelines), None)
    if family is None:
        raise InvalidInput(unknown_family(folder, kind, index, families))
    if reading["lora"] is not None:
        raise InvalidInput(f"a LoRA is not applied to a {kind}; merge it into the model with diffusers, and audit that")
    pair = None if size is None else as_pair(size)
    try:
        parts = Parts(folder, kind, family, index, base=base, size=pair, own=own, **reading)
        model = family.build(parts)
        unread = unread_files(folder, parts.files, family.unneeded)
    except Advice:
        raise
    except Exception as error:  # whatever a library meets in a stranger's files
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InvalidInput(f"{folder} cannot be loaded as a {kind}: {reason}") from error
    if not ignore_lora:
        refuse_adapters(folder, unread)
    model.files, model.unread, model.notes = sorted(set(parts.files)), unread, parts.notes
    model.settings = {"size": " x ".join(map(str, model.image_shape[1:])), "dtype": str(parts.dtype).removeprefix("torch.")}
    return model


def read_index(folder: Path, base: Path | None) -> tuple[dict[str, Any], dict[str, Path]]:
    """What model_index.json says, or would say, of a folder; and component -> where it lies, if not under its name.

    Raises:
        FileNotFoundError: no model there.
        ValueError: an index that cannot be read.
    """
    if not folder.exists():
        raise MissingFile(f"no model at {folder}: no such folder; nothing is fetched, so download it first")
    if (folder / "model_index.json").exists():
        return read_json(folder / "model_index.json"), {}
    if (folder / "unet" / "config.json").exists() and (folder / "scheduler").is_dir():
        scheduler = read_json(folder / "scheduler" / "scheduler_config.json").get("_class_name")
        unet = component_class(folder / "unet")
        return {"_class_name": BARE, "unet": ["diffusers", unet], "scheduler": ["diffusers", scheduler]}, {}
    raise MissingFile(f"no model at {folder}: it has neither model_index.json nor unet/config.json and scheduler")


def unknown_family(folder: Path, kind: str, index: dict[str, Any], families: Sequence[Family]) -> str:
    """What is there, what is known, and how to go on without an adapter."""
    found = [f"{name} {'.'.join(value)}" for name, value in index.items() if is_component(value) and value[0]]
    known = ", ".join(kind for family in families for kind in family.pipelines)
    return (
        f"{folder} is a {kind} ({', '.join(found) or 'no components'}), for which there is no adapter; known are {known}. "
        f"Any model can be asked from Python, as a Denoiser:\n{WRAP}"
    )
