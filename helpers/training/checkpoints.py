"""What has to survive when training is interrupted?

Networks, moving average, optimizers and history, in one safetensors file (never pickle), written under a temporary name
and then renamed: a reader finds the old checkpoint or the new one, never half of one.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from diffusers.training_utils import EMAModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from helpers.errors import InvalidInput
from helpers.files import replacing


class Resumable(Protocol):
    """What a checkpoint asks of the recipe of its run."""

    @property
    def steps(self) -> int: ...

    def to_json(self) -> str: ...

    def trajectory(self) -> str: ...


class TrainingState(NamedTuple):
    """All that a training step reads and changes; the names are those of the tensors in the file."""

    networks: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]
    ema: EMAModel | None = None


def write_safetensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write all or nothing."""
    with replacing(path) as temporary:
        save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary, metadata)


def save_checkpoint(path: Path, recipe: Resumable, history: dict, state: TrainingState) -> None:
    """Write the state and the history (JSON-able) of a run of `recipe`, all or nothing."""
    tensors = {f"{name}.{k}": v for name, network in state.networks.items() for k, v in network.state_dict().items()}
    for name, optimizer in state.optimizers.items():
        for i, moments in optimizer.state_dict()["state"].items():
            tensors |= {f"{name}.{i}.{k}": torch.as_tensor(v) for k, v in moments.items()}
    if state.ema:
        tensors |= {f"ema.{i}": v for i, v in enumerate(state.ema.shadow_params)}
    provenance = {"recipe": recipe.to_json(), "trajectory": recipe.trajectory(), "history": json.dumps(history)}
    write_safetensors(tensors, path, provenance)


def resume(path: Path, recipe: Resumable, state: TrainingState) -> dict:
    """Put the state back to where the checkpoint stood, and return its history.

    Raises:
        ValueError: the file is corrupted, belongs to another recipe, or has more steps behind it than the recipe has.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata, tensors = file.metadata() or {}, {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InvalidInput(f"checkpoint {path} is corrupted ({error}); delete it to start over") from error
    history = json.loads(metadata.get("history", "{}"))
    if metadata.get("trajectory") != recipe.trajectory():
        raise InvalidInput(
            f"checkpoint {path} belongs to another recipe ({metadata.get('recipe')}); delete it or use another folder"
        )
    if (done := len(history["losses"])) > recipe.steps:
        raise InvalidInput(
            f"checkpoint {path} has {done} steps behind it, more than the {recipe.steps} wanted; delete it or use another folder"
        )

    def part(name: str) -> dict[str, Tensor]:
        return {k.removeprefix(f"{name}."): v for k, v in tensors.items() if k.startswith(f"{name}.")}

    for name, network in state.networks.items():
        network.load_state_dict(part(name))
    for name, optimizer in state.optimizers.items():
        stored = optimizer.state_dict()
        for key, value in part(name).items():
            i, moment = key.split(".")
            stored["state"].setdefault(int(i), {})[moment] = value
        optimizer.load_state_dict(stored)
    if state.ema:
        shadows = part("ema")
        state.ema.shadow_params = [shadows[str(i)].to(p.device) for i, p in enumerate(state.ema.shadow_params)]
        state.ema.optimization_step = done
    return history
