"""What is in this one file, and which parts of a model are missing from it?

A single file holds tensors and no settings: neither the schedule nor what the network predicts, and often only one network.
"""

from pathlib import Path

from helpers.errors import InvalidInput
from helpers.models.pretrained.safe_files import PICKLED, header

# The start of its tensors' names -> the part of a model; the first that fits counts.
WHOLE = {
    "model.diffusion_model.": "the network that denoises",
    "first_stage_model.": "the autoencoder",
    "vae.": "the autoencoder",
    "cond_stage_model.": "the text encoders",
    "conditioner.embedders.": "the text encoders",
    "text_encoders.": "the text encoders",
}
ALONE = {
    "down_blocks.": "the network that denoises",
    "transformer_blocks.": "the network that denoises",
    "double_blocks.": "the network that denoises",
    "joint_blocks.": "the network that denoises",
    "encoder.": "the autoencoder",
    "decoder.": "the autoencoder",
    "text_model.": "the text encoders",
}
PARTS = ("the network that denoises", "the autoencoder", "the text encoders")


def refuse_single_file(path: Path) -> None:
    """Say what a file holds, what it lacks, and what to do.

    Raises:
        ValueError: always.
    """
    if path.suffix in PICKLED:
        raise InvalidInput(f"{path} is a pickle, and reading it could run any code; convert it where it is trusted")
    names = header(path)
    if any("lora" in name.lower() for name in names):
        raise InvalidInput(f"{path} is a LoRA; name the model it belongs to, and this file with lora= (--lora)")
    held = [part for part in PARTS if any(_part(name) == part for name in names)]
    lacking = [part for part in PARTS if part not in held]
    whole = any(name.startswith(tuple(WHOLE)) for name in names)
    todo = (
        "make a folder of it with StableDiffusionPipeline.from_single_file(...).save_pretrained(...) of diffusers, and audit that"
        if whole
        else "put it as diffusion_pytorch_model.safetensors beside its config.json in a folder, name that, and name the model "
        "that has the rest with base= (--base)"
    )
    raise InvalidInput(
        f"{path} is a single file of {len(names)} tensors: {_listed(held) or 'no part that is known'}; without "
        f"{_listed([*lacking, 'the schedule', 'the settings'])}. {todo[0].upper()}{todo[1:]}"
    )


def _part(name: str) -> str | None:
    return next((part for start, part in {**WHOLE, **ALONE}.items() if name.startswith(start)), None)


def _listed(parts: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))
