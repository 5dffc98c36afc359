"""What does a text-to-image model draw, and remember, when it is told a caption, nothing, or words of yours?"""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor

from helpers.attacks.sima import norm_to_the_p
from helpers.data.emoji import CaptionedSplit
from helpers.errors import InvalidInput
from helpers.experiments.prompted import Captioned, Condition, parts_of
from helpers.files import to_8_bits
from helpers.models.reverse import timesteps_down
from helpers.models.schedule import check_timestep, ddim_step
from helpers.models.text_to_image import TextToImage
from helpers.widgets.packing import pack, unpack
from helpers.widgets.served import RunsNetworks, described, download
from helpers.widgets.source import script, style
from helpers.widgets.vocabulary import vocabulary
from helpers.zoo.trained import exported

CONDITIONS: tuple[Condition, ...] = ("right", "none", "other")
STEPS = 25
P = 4


@torch.inference_mode()
def drawn_from(model: TextToImage, captions: Sequence[str], start: Tensor, steps: int = STEPS) -> Tensor:
    """The picture that DDIM makes of one noise under each caption: (n, 3, h, w) in [-1, 1].

    Args:
        start: (1, c, h, w), standard normal.
    """
    denoiser, z = model.told(captions), start.expand(len(captions), -1, -1, -1)
    timesteps: list[int] = timesteps_down(steps, len(denoiser.alphas_cumprod))
    for t, s in zip(timesteps, [*timesteps[1:], None], strict=True):
        z = ddim_step(z, denoiser.predict_noise(z, t), t, s, denoiser.alphas_cumprod)
    return denoiser.decode(z).clamp(-1, 1)


class PromptPlayground(RunsNetworks):
    """Pictures, what a model is told about them, the noise that it predicts, and what it draws under the same words.

    All that is shown of captions is computed when the widget is made: noise and its norm at some pictures of the evaluation part,
    the norms of all that part's images, and drawings. Words of the reader's are asked of the model itself, which is loaded when
    the reader asks: in a page from its site, in a notebook from the kernel.

    Args:
        model: whose answers are computed.
        split: its members and held-out images, (n, 3, h, h), with captions.
        name: under which the same model was exported; see `helpers.zoo.told_export`.
        timesteps: rising, in [0, T), the slider's stops.
        timestep: where the slider starts, one of `timesteps`.
        members, held_out: rows of the evaluation part, the pictures that the reader chooses from.
        draws: how many pictures are drawn for each caption.

    Raises:
        ValueError: a split without captions, or of images that are not square or not in colour; timesteps out of range or not
            rising, or a start that is none of them; no picture of a kind, or one that is not there; no drawing.
        FileNotFoundError: the model was not exported.
    """

    _esm = script("prompt")
    _css = style()
    timesteps = traitlets.List().tag(sync=True)
    start = traitlets.Int().tag(sync=True)  # index into timesteps
    steps = traitlets.List().tag(sync=True)  # of a drawing: [timestep, ᾱ], falling
    p = traitlets.Int(P).tag(sync=True)  # norm order
    size = traitlets.Int().tag(sync=True)  # side of a picture
    latent_shape = traitlets.List().tag(sync=True)  # [channels, side, side]
    network = traitlets.Dict().tag(sync=True)  # {"model": file name, "sha256"}
    download = traitlets.Dict().tag(sync=True)  # {"wasm": bytes of all that there is to load, "webgpu": the same}
    words = traitlets.List().tag(sync=True)  # that the model knows
    ids = traitlets.List().tag(sync=True)  # the token of each word
    frame = traitlets.Dict().tag(sync=True)  # {"start", "end", "fill": tokens, "length": how many there are of a text}
    captions = traitlets.List().tag(sync=True)  # of all drawings; the first is ""
    pictures = traitlets.List().tag(sync=True)  # [{"member", "right", "none", "other": indices into captions}]
    images = traitlets.Bytes().tag(sync=True)  # uint8 (pictures, h, h, 3)
    latents = traitlets.Bytes().tag(sync=True)  # packed (pictures, channels * side²)
    latents_scales = traitlets.List().tag(sync=True)
    noises = traitlets.Bytes().tag(sync=True)  # packed (pictures * conditions * timesteps, channels * side²)
    noises_scales = traitlets.List().tag(sync=True)
    n_members = traitlets.Int().tag(sync=True)  # of the evaluation part
    known_norms = traitlets.Bytes().tag(sync=True)  # packed (conditions * timesteps, members + held-out): ||ε̂||_P
    known_norms_scales = traitlets.List().tag(sync=True)
    starts = traitlets.Bytes().tag(sync=True)  # packed (draws, channels * side²), the noise that drawings start from
    starts_scales = traitlets.List().tag(sync=True)
    drawn = traitlets.Bytes().tag(sync=True)  # uint8 (captions, draws, h, h, 3)

    def __init__(
        self,
        model: TextToImage,
        split: CaptionedSplit,
        name: str = "emoji-full-seed-0",
        timesteps: Sequence[int] = (20, 60, 100, 200),
        timestep: int = 100,
        members: Sequence[int] = (3, 4, 8, 9, 10, 11),
        held_out: Sequence[int] = (4, 6, 7, 8, 9, 10),
        draws: int = 2,
    ):
        denoiser, timesteps = model.told([""]), [int(t) for t in timesteps]
        check_timestep(torch.tensor(timesteps), len(denoiser.alphas_cumprod))
        if timesteps != sorted(set(timesteps)) or timestep not in timesteps:
            raise InvalidInput(f"timesteps must rise, and hold the starting timestep {timestep}, got {timesteps}")
        if draws < 1:
            raise InvalidInput(f"there must be at least one drawing of each caption, got {draws}")
        parts, file = _parts(split), exported(name)
        rows = {"members": list(members), "held_out": list(held_out)}
        for kind, chosen in rows.items():
            count = len(parts[kind].images)
            if not chosen or not all(0 <= row < count for row in chosen):
                raise InvalidInput(f"{kind} must be rows of the evaluation part, 0 to {count - 1}, got {chosen}")
        told = {kind: {c: part.told(c) for c in CONDITIONS} for kind, part in parts.items()}
        shown = [(kind, row) for kind, chosen in rows.items() for row in chosen]
        captions = list(dict.fromkeys(["", *(told[kind][c][row] for kind, row in shown for c in CONDITIONS)]))
        noise = {kind: _predicted(model, part, timesteps) for kind, part in parts.items()}
        norms = torch.cat([norm_to_the_p(noise[kind].flatten(0, 2), P).reshape(noise[kind].shape[:3]) for kind in rows], 2)
        images = torch.stack([parts[kind].images[row] for kind, row in shown])
        latents = denoiser.encode(images)
        shape = latents.shape[1:]
        starts, scales = pack(torch.randn(draws, shape.numel(), generator=torch.Generator().manual_seed(0)).numpy())
        noises_of_page = torch.from_numpy(unpack(starts, scales)).float().unflatten(1, shape)  # as the page has them
        drawn = torch.stack([drawn_from(model, captions, start[None]) for start in noises_of_page], 1)
        known = vocabulary(model.tokenizer, [c for part in split.captions for c in part])
        steps = timesteps_down(STEPS, len(denoiser.alphas_cumprod))
        packed = {
            "latents": latents.flatten(1),
            "noises": torch.stack([noise[kind][:, :, row] for kind, row in shown]).flatten(0, 2).flatten(1),
            "known_norms": (norms ** (1 / P)).flatten(0, 1),
        }
        rounded = {name: pack(values.numpy()) for name, values in packed.items()} | {"starts": (starts, scales)}
        super().__init__(
            timesteps=timesteps,
            start=timesteps.index(timestep),
            steps=[[t, denoiser.alphas_cumprod[t].item()] for t in steps],
            size=images.shape[-1],
            latent_shape=list(shape),
            network=described(file),
            download=download([file]),
            words=list(known),
            ids=list(known.values()),
            frame={
                "start": model.tokenizer.bos_token_id,
                "end": model.tokenizer.eos_token_id,
                "fill": model.tokenizer.pad_token_id,
                "length": model.tokenizer.model_max_length,
            },
            captions=captions,
            pictures=[
                {"member": kind == "members"} | {c: captions.index(told[kind][c][row]) for c in CONDITIONS} for kind, row in shown
            ],
            images=_levels(images),
            n_members=len(parts["members"].images),
            drawn=_levels(drawn),
            **{name: numbers for name, (numbers, _) in rounded.items()},
            **{f"{name}_scales": scales for name, (_, scales) in rounded.items()},
        )
        self.serve([file])


def _parts(split: CaptionedSplit) -> dict[str, Captioned]:
    """Kind -> images with captions, of the evaluation part."""
    if not isinstance(split, CaptionedSplit) or not split.captions.members:
        raise InvalidInput("the images must have captions, as those of load_emoji")
    shape = tuple(split.members.shape[1:])
    if shape[0] != 3 or shape[1] != shape[2]:
        raise InvalidInput(f"pictures must be square and in colour, (n, 3, h, h), got (n, {', '.join(map(str, shape))})")
    return parts_of(split)["evaluation"]


@torch.inference_mode()
def _predicted(model: TextToImage, part: Captioned, timesteps: list[int]) -> Tensor:
    """The noise predicted at each clean latent: (conditions, timesteps, n, c, h, w)."""
    found = []
    for condition in CONDITIONS:
        denoiser = model.told(part.told(condition))
        z = denoiser.encode(part.images)
        found.append(torch.stack([denoiser.predict_noise(z, t) for t in timesteps]))
    return torch.stack(found)


def _levels(images: Tensor) -> bytes:
    """(..., 3, h, h) as uint8 with a pixel's colours side by side."""
    return to_8_bits(images.movedim(-3, -1)).tobytes()
