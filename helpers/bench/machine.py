"""On what was it measured, in which precision, and how long did it take?

Three precisions: "float32" (IEEE throughout), "TF32" (products of float32 rounded to 10 bits, on tensor cores) and "bfloat16"
(autocast). "default" is what torch does when nobody says anything: TF32 in convolutions, float32 in matrix products.
"""

import platform
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

import torch

from helpers import __version__
from helpers.errors import InvalidInput

PRECISIONS = ("float32", "TF32", "bfloat16")
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("torch", "diffusers", "accelerate", "safetensors", "numpy", "scipy", "scikit-learn", "triton")


def about(device: torch.device) -> dict:
    """Device, versions and commit, as they stand in front of the results."""
    return {
        "commit": commit(),
        "version": __version__,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "device": describe(device),
        "versions": {"python": platform.python_version(), **{name: _installed(name) for name in PACKAGES}},
    }


def describe(device: torch.device) -> dict:
    """Name, memory and capability of the device, and the processor's threads."""
    found = {"type": device.type, "processor threads": torch.get_num_threads()}
    if device.type != "cuda":
        return found | {"name": platform.processor() or platform.machine()}
    card = torch.cuda.get_device_properties(device)
    return found | {
        "name": card.name,
        "GiB": card.total_memory / 2**30,
        "capability": f"{card.major}.{card.minor}",
        "multiprocessors": card.multi_processor_count,
        "devices": torch.cuda.device_count(),
        "CUDA": torch.version.cuda,
        "cuDNN": torch.backends.cudnn.version(),
    }


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def commit(root: Path = ROOT) -> str:
    """What the file COMMIT of a bundle says; in a checkout its commit, with "+changes" if there are some."""
    note = root / "COMMIT"
    if note.exists():
        return note.read_text().strip()
    try:
        found = _git(root, "rev-parse", "HEAD")
        return found + ("+changes" if _git(root, "status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.SubprocessError):
        return "unknown"


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()


@contextmanager
def precision(name: str, device: torch.device) -> Iterator[None]:
    """Compute in one of PRECISIONS, or as torch does by "default"; what was set before is set again in the end."""
    if name not in (*PRECISIONS, "default"):
        raise InvalidInput(f"precision must be one of {', '.join(PRECISIONS)} or default, got {name!r}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Please use the new API")
        before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
        torch.set_float32_matmul_precision("high" if name == "TF32" else "highest")
        torch.backends.cudnn.allow_tf32 = name != "float32"
    try:
        # Casts of weights are not kept: those of a captured step would be stale, those of another mode of no use.
        with torch.autocast(device.type, torch.bfloat16, enabled=name == "bfloat16", cache_enabled=False):
            yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was asked to do."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(work: Callable[[], object], device: torch.device, seconds: float = 1.0, warm_up: int = 3) -> dict[str, float]:
    """Median, least and most seconds of a call of `work`, over blocks of calls that last about `seconds` together."""
    for _ in range(warm_up):
        work()
    once = _block(work, device, 1)
    calls = max(1, int(seconds / 5 / max(once, 1e-6)))
    blocks = [_block(work, device, calls) for _ in range(5 if once < seconds else 1)]
    return {"each": median(blocks), "fastest": min(blocks), "slowest": max(blocks)}


def _block(work: Callable[[], object], device: torch.device, calls: int) -> float:
    synchronize(device)
    started = time.perf_counter()
    for _ in range(calls):
        work()
    synchronize(device)
    return (time.perf_counter() - started) / calls


def peak(name: str, device: torch.device) -> dict[str, float]:
    """FLOP/s of a large square matrix product in a precision: what the card can do, as far as anybody sees it."""
    size = 8192 if device.type == "cuda" else 512
    dtype = torch.bfloat16 if name == "bfloat16" else torch.float32
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    with precision("float32" if name == "bfloat16" else name, device):
        found = timed(lambda: left @ right, device)
    return {"TFLOP/s": 2 * size**3 / found["each"] / 1e12, "size": size}


def reset_peak_memory(device: torch.device) -> None:
    """Count the peak of a GPU's memory from here on."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: torch.device) -> dict[str, float]:
    """The most memory that tensors have taken since `reset_peak_memory`, in MiB; nothing on a processor."""
    return {"MiB": torch.cuda.max_memory_allocated(device) / 2**20} if device.type == "cuda" else {}
