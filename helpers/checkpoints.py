"""What has to survive when training is interrupted?

Network, moving average, optimizer and history, in one safetensors file (never pickle), written under a temporary name
and then renamed: a reader finds the old checkpoint or the new one, never half of one.
"""

import json
import os
from pathlib import Path

import torch
from diffusers.training_utils import EMAModel
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.optim import Optimizer


def write_safetensors(tensors: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> None:
    """Write all or nothing: to a temporary name in the same folder, then renamed over `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary, metadata)
    os.replace(temporary, path)


def save_checkpoint(path: Path, recipe, run, ema: EMAModel, optimizer: Optimizer) -> None:
    """Write network, moving average, optimizer and history of a `TrainingRun` of `recipe`, all or nothing."""
    tensors = {f"unet.{k}": v for k, v in run.denoiser.unet.state_dict().items()}
    tensors |= {f"ema.{i}": v for i, v in enumerate(ema.shadow_params)}
    for i, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{i}.{k}": torch.as_tensor(v) for k, v in state.items()}
    history = {"losses": run.losses, "probes": run.probes, "seconds": run.seconds}
    provenance = {"recipe": recipe.to_json(), "trajectory": recipe.trajectory(), "history": json.dumps(history)}
    write_safetensors(tensors, path, provenance)


def resume(path: Path, recipe, run, ema: EMAModel, optimizer: Optimizer) -> None:
    """Put network, moving average, optimizer and history back to where the checkpoint stood.

    Raises:
        ValueError: the file is corrupted, or belongs to another recipe.
    """
    try:
        with safe_open(path, "pt") as file:
            metadata, tensors = file.metadata() or {}, {k: file.get_tensor(k) for k in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"checkpoint {path} is corrupted ({error}); delete it to start over") from error
    history = json.loads(metadata.get("history", "{}"))
    if metadata.get("trajectory") != recipe.trajectory() or len(history["losses"]) > recipe.steps:
        raise ValueError(
            f"checkpoint {path} belongs to another recipe ({metadata.get('recipe')}); delete it or use another folder"
        )
    run.denoiser.unet.load_state_dict({k[5:]: v for k, v in tensors.items() if k.startswith("unet.")})
    ema.shadow_params = [tensors[f"ema.{i}"].to(p.device) for i, p in enumerate(ema.shadow_params)]
    state = optimizer.state_dict()
    for key, value in tensors.items():
        if key.startswith("optimizer."):
            _, i, name = key.split(".")
            state["state"].setdefault(int(i), {})[name] = value
    optimizer.load_state_dict(state)
    run.losses, run.probes, run.seconds = history["losses"], history["probes"], history["seconds"]
    ema.optimization_step = len(run.losses)
