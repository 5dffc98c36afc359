"""What does the trained network say of an image of yours? It runs in the page."""

import hashlib
from collections.abc import Sequence

import anywidget
import torch
import traitlets
from torch import Tensor

from helpers import zoo
from helpers.attacks.sima import norm_to_the_p
from helpers.data import MembershipSplit
from helpers.schedule import check_timestep
from helpers.widgets.packing import pack
from helpers.widgets.source import FOLDER, script, style

RUNTIME = FOLDER / "runtime"
MODELS = zoo.WEIGHTS / "onnx"
P = 4


def examples_of(split: MembershipSplit, member: int = 0, held_out: int = 0, seed: int = 0) -> dict[str, Tensor]:
    """Images to start from, (1, 8, 8) with 17 grey levels in [-1, 1]: from a member, by and by, to what no digit looks like."""
    image = split.evaluation.members[member]
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))
    return {
        "a member": image,
        "a held-out image": split.evaluation.held_out[held_out],
        "the member, with noise": ((image + 0.3 * noise).clamp(-1, 1) * 8).round() / 8,
        "the member, one pixel to the right": image.roll(1, 2),
        "the member, inverted": -image,
    }


class DrawAndScore(anywidget.AnyWidget):
    """A drawing, and what the exported network predicts at it: noise, norm, rank, and the whole curve over timesteps.

    Norms of members and held-out images, of the evaluation part, are computed when the widget is made, and so is all that
    is shown of the examples. The network itself is loaded when a reader asks: in a page from its site, in a notebook
    from the kernel.

    Args:
        name: of a model of `helpers.export`.
        split: the model's, of images (n, 1, 8, 8) with 17 grey levels.
        timesteps: rising, in [0, T), the slider's stops.
        timestep: where the slider starts, one of `timesteps`.

    Raises:
        ValueError: timesteps out of range or not rising, a start that is none of them, or images of another shape.
        FileNotFoundError: the model was not exported.
    """

    _esm = script("draw")
    _css = style()
    timesteps = traitlets.List().tag(sync=True)
    alphas_cumprod = traitlets.List().tag(sync=True)  # at the timesteps
    start = traitlets.Int().tag(sync=True)  # index into timesteps
    known_norms = traitlets.Bytes().tag(sync=True)  # packed (timesteps, members + held-out): ||ε̂||_P
    norm_scales = traitlets.List().tag(sync=True)  # of the packed rows
    n_members = traitlets.Int().tag(sync=True)  # of the evaluation part
    training = traitlets.Bytes().tag(sync=True)  # uint8 (all members, 64): levels, 0 to 16
    examples = traitlets.List().tag(sync=True)  # [{"name", "levels"}]
    noises = traitlets.Bytes().tag(sync=True)  # float32 (examples, timesteps, 64)
    network = traitlets.Dict().tag(sync=True)  # {"model": file name, "sha256", "size": side of an image, "bytes": of all to load}

    def __init__(self, name: str, split: MembershipSplit, timesteps: Sequence[int], timestep: int = 50):
        timesteps = [int(t) for t in timesteps]
        denoiser, exported = zoo.load(name), MODELS / f"{name}.onnx"
        check_timestep(torch.tensor(timesteps), len(denoiser.alphas_cumprod))
        if timesteps != sorted(set(timesteps)) or timestep not in timesteps:
            raise ValueError(f"timesteps must rise, and hold the starting timestep {timestep}, got {timesteps}")
        if tuple(split.members.shape[1:]) != (1, 8, 8):
            raise ValueError(f"digits (n, 1, 8, 8) can be drawn, got {tuple(split.members.shape)}")
        if not exported.exists():
            raise FileNotFoundError(f"no exported model at {exported}; run `.venv/bin/python -m helpers.export {name}`")
        part, examples = split.evaluation, examples_of(split)
        with torch.inference_mode():
            asked = torch.cat([part.members, part.held_out])
            norms = [norm_to_the_p(denoiser.predict_noise(asked, t), P) ** (1 / P) for t in timesteps]
            noises = [denoiser.predict_noise(torch.stack([*examples.values()]), t) for t in timesteps]
        packed, scales = pack(torch.stack(norms).numpy())
        needed = [exported, RUNTIME / "ort.mjs", RUNTIME / "ort.wasm"]
        self._files = {path.name: path for path in needed}
        super().__init__(
            timesteps=timesteps,
            alphas_cumprod=denoiser.alphas_cumprod[timesteps].tolist(),
            start=timesteps.index(timestep),
            known_norms=packed,
            norm_scales=scales,
            n_members=len(part.members),
            training=_levels(split.members).numpy().tobytes(),
            examples=[{"name": n, "levels": _levels(x).flatten().tolist()} for n, x in examples.items()],
            noises=torch.stack(noises, 1).float().numpy().tobytes(),
            network={
                "model": exported.name,
                "sha256": hashlib.sha256(exported.read_bytes()).hexdigest(),
                "size": split.members.shape[-1],
                "bytes": sum(path.stat().st_size for path in needed),
            },
        )
        self.on_msg(self._send_file)

    def _send_file(self, _, content: dict, buffers: list) -> None:
        """Answer a notebook's request for one of the files, and for no other."""
        if content.get("file") in self._files:
            self.send({"file": content["file"]}, [self._files[content["file"]].read_bytes()])


def _levels(images: Tensor) -> Tensor:
    return ((images + 1) * 8).round().to(torch.uint8)
