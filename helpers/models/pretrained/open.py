"""From a folder to the family that knows it: what lies here, and what is to be said of the rest?"""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from helpers.errors import Advice, InvalidInput, MissingFile
from helpers.models.pretrained.beside import adapters_among, refuse_adapters, unread_files
from helpers.models.pretrained.families import FAMILIES
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.lora import DENOISERS, Lora, read_lora
from helpers.models.pretrained.parts import Parts, is_component
from helpers.models.pretrained.pixels import BARE
from helpers.models.pretrained.promise import PROMISE, read_promise
from helpers.models.pretrained.safe_files import read_json
from helpers.models.pretrained.single_file import refuse_single_file
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


def load_pipeline(
    path: str | Path,
    device: str | torch.device = "cpu",
    size: int | tuple[int, int] | None = None,
    dtype: torch.dtype = torch.float32,
    variant: str | None = None,
    base: str | Path | None = None,
    lora: str | Path | None = None,
    ignore_lora: bool = False,
) -> LoadedModel:
    """The denoiser in a folder: a pipeline of one of FAMILIES, or a bare UNet with its scheduler.

    Args:
        path: a folder with model_index.json, or with the subfolders unet and scheduler, or a checkpoint of a training run.
        size: of the images, in pixels, or (height, width); by default what the model's config says, which for a model
            that was fine-tuned at another resolution is often still its base's.
        dtype: in which networks compute; autoencoders keep single precision.
        variant: which weights, "fp16" for example; by default the plain ones, or the only variant there is.
        base: the model that this one was made from: components are taken from there that this folder lacks, and it is the
            model's `reference`. The reference of a model with a LoRA is the same without, where no base is named.
        lora: low-rank weights to apply, at scale 1: a file of diffusers, of peft or of another program, or its folder.
        ignore_lora: read a model beside which a LoRA lies without it.

    Raises:
        FileNotFoundError: no model there, or a file is missing.
        ValueError: no family of these classes, a component of an unknown class, pickled, damaged or degenerate weights, a
            setting that is not understood, a LoRA of which nobody said whether to apply it, or a claim about privacy that
            cannot be understood.
    """
    folder, base_folder = Path(path), None if base is None else Path(base)
    index, own = read_index(folder, base_folder)
    kind = index.get("_class_name")
    family = next((family for family in FAMILIES if kind in family.pipelines), None)
    if family is None:
        raise InvalidInput(unknown_family(folder, index))
    pair = None if size is None else as_pair(size)
    try:
        parts = Parts(
            folder, str(kind), family, index, base=base_folder, own=own,
            device=torch.device(device), dtype=dtype, variant=variant, size=pair,
        )  # fmt: skip
        if lora is not None:
            parts.lora = _lora_of(parts, Path(lora))
        model = family.build(parts)
        if parts.lora:
            parts.lora.check_all_applied(str(kind))
        if variant and variant not in parts.variants:
            raise InvalidInput(f"no weights of the variant {variant} in {folder}; leave variant (--variant) out")
        promise = read_promise(folder)
        unread = unread_files(folder, [*parts.files, folder / PROMISE], family.unneeded)
    except Advice:
        raise
    except Exception as error:  # whatever a library meets in a stranger's files
        reason = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise InvalidInput(f"{folder} cannot be loaded as a {kind}: {reason}") from error
    if not ignore_lora:
        refuse_adapters(folder, unread)
    model.files, model.unread, model.notes = sorted(set(parts.files)), unread, parts.notes
    model.promise = promise
    model.settings = {"size": " x ".join(map(str, model.image_shape[1:])), "dtype": str(dtype).removeprefix("torch.")}
    if base_folder or lora is not None:
        own_variant = None if base_folder else variant
        other = load_pipeline(base_folder or folder, device, model.image_shape[1:], dtype, own_variant, ignore_lora=True)
        model.reference = _checked_reference(model, other, base_folder or folder)
    return model


def _lora_of(parts: Parts, lora: Path) -> Lora:
    denoiser = next(name for name in DENOISERS if name in parts.family.components)
    config = SimpleNamespace(**parts.config("unet")) if denoiser == "unet" else None
    return read_lora(lora, parts.kind, denoiser, config)


def _checked_reference(model: LoadedModel, other: LoadedModel, place: Path) -> LoadedModel:
    """The base, if it can be asked the same questions.

    Raises:
        ValueError: it denoises other images, or along another path.
    """
    if other.image_shape != model.image_shape:
        raise InvalidInput(f"{place} is no base of this model: its images are {other.image_shape}, here {model.image_shape}")
    ours, theirs = model.denoiser.alphas_cumprod, other.denoiser.alphas_cumprod
    if len(ours) != len(theirs) or not torch.allclose(ours.double(), theirs.double(), atol=1e-6):
        model.notes.append("the noise schedule of the base is another one: scores relative to it compare different questions")
    return other


def read_index(folder: Path, base: Path | None = None) -> tuple[dict[str, Any], dict[str, Path]]:
    """What model_index.json says, or would say, of a folder; and component -> where it lies, if not under its name.

    Raises:
        FileNotFoundError: no model there.
        ValueError: an index that cannot be read, a single file, or parts of a model without the rest.
    """
    if not folder.exists():
        raise MissingFile(f"no model at {folder}: no such folder; nothing is fetched, so download it first")
    if folder.is_file():
        refuse_single_file(folder)
    if (folder / "model_index.json").exists():
        return read_json(folder / "model_index.json"), {}
    if base is not None:
        index, _ = read_index(base)
        return index, _own_components(folder, index)
    if (folder / "unet" / "config.json").exists() and (folder / "scheduler" / "scheduler_config.json").exists():
        scheduler = _class_name(folder / "scheduler" / "scheduler_config.json")
        unet = _class_name(folder / "unet" / "config.json")
        return {"_class_name": BARE, "unet": ["diffusers", unet], "scheduler": ["diffusers", scheduler]}, {}
    raise MissingFile(f"no model at {folder}: it has neither model_index.json nor unet and scheduler{_found_instead(folder)}")


def _own_components(folder: Path, index: dict[str, Any]) -> dict[str, Path]:
    """Component -> its place in a folder that has only some; averaged weights stand in for what is not there otherwise.

    Raises:
        FileNotFoundError: none of them.
    """
    named = [name for name, value in index.items() if is_component(value) and value[0]]
    if (folder / "config.json").exists():
        cls = _class_name(folder / "config.json")
        found = {name: folder for name in named if index[name][1] == cls}
    else:
        places = {name: [folder / name, folder / f"{name}_ema"] for name in named}
        found = {name: next(filter(Path.is_dir, places[name])) for name in named if any(map(Path.is_dir, places[name]))}
    if not found:
        raise MissingFile(f"no part of a {index.get('_class_name')} in {folder}: looked for {', '.join(named)}")
    return found


def _class_name(config: Path) -> str:
    named = read_json(config).get("_class_name") or next(iter(read_json(config).get("architectures") or []), None)
    if not isinstance(named, str):
        raise InvalidInput(f"{config} does not say of which class it is")
    return named


def _found_instead(folder: Path) -> str:
    """What else there is where no model is, and what to do with it; "" for nothing."""
    if (folder / "config.json").exists():
        return f"; it is a {_class_name(folder / 'config.json')} alone: name the model that has the rest with base= (--base)"
    snapshots = sorted(path.parent.name for path in folder.glob("snapshots/*/model_index.json"))
    if snapshots:
        return f"; it is a copy of the hub's: name {folder / 'snapshots' / snapshots[-1]}"
    checkpoints = sorted(path.name for path in folder.glob("checkpoint-*") if path.is_dir())
    if checkpoints:
        return f"; it has checkpoints of a training run: name one, {folder / checkpoints[-1]}, and its base with base= (--base)"
    parts = sorted(path.parent.name for path in folder.glob("*/config.json"))
    if parts:
        return f"; it has {', '.join(parts)}: name the model that has the rest with base= (--base)"
    files = [path.name for path in sorted(folder.glob("*.safetensors"))]
    if adapters_among(folder, files):
        return f"; it has a LoRA, {files[0]}: name the model it belongs to, and this with lora= (--lora)"
    if len(files) == 1:
        refuse_single_file(folder / files[0])
    return ""


def unknown_family(folder: Path, index: dict[str, Any]) -> str:
    """What is there, what is known, and how to go on without an adapter."""
    kind = index.get("_class_name")
    if kind is None:
        return f"{folder / 'model_index.json'} does not say of which class the model is"
    found = [f"{name} {'.'.join(value)}" for name, value in index.items() if is_component(value) and value[0] and value[1]]
    known = ", ".join(name for family in FAMILIES for name in family.pipelines)
    return (
        f"{folder} is a {kind} ({', '.join(found) or 'no components'}), for which there is no adapter; known are {known}. "
        f"Any model can be asked from Python, as a Denoiser:\n{WRAP}"
    )
