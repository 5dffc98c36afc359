"""What do trained networks say of an image of yours? They run in the page."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import traitlets
from torch import Tensor

from helpers.attacks.sima import norm_to_the_p
from helpers.data.bitmaps import SIZES, bitmap_of, levels
from helpers.data.catalogue import DATASETS
from helpers.data.labels import what_is_shown
from helpers.data.splits import LabelledPart
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser, encoded
from helpers.models.schedule import check_timestep
from helpers.training.book_recipes import split_for
from helpers.widgets.packing import pack
from helpers.widgets.served import RunsNetworks, described, download
from helpers.widgets.source import script, style
from helpers.zoo.trained import exported, trained

P = 4


def examples_of(part: LabelledPart, white: int = 1, seed: int = 0) -> dict[str, Tensor]:
    """Images to start from, (1, h, h) with the grey levels of a bitmap: from a member to what no image looks like."""
    image, steps = part.members[0], levels(white)
    noise = torch.randn(image.shape, generator=torch.Generator().manual_seed(seed))
    noisy = (image + 0.3 * noise).clamp(-1, 1)
    return {
        "a member": image,
        "a held-out image": part.held_out[0],
        "the member, with noise": ((noisy + 1) / 2 * steps).round() / steps * 2 - 1,
        "the member, one pixel to the right": image.roll(1, 2),
        "the member, inverted": -image,
    }


class DrawAndScore(RunsNetworks):
    """A drawing, and what exported networks predict at it: noise, norm, rank, and the whole curve over timesteps.

    Norms of members and held-out images, of the evaluation part, are computed when the widget is made, and so is all that
    is shown of the examples. The networks themselves are loaded when a reader asks: in a page from its site, in a notebook
    from the kernel.

    Args:
        networks: the name of a model of `helpers.zoo.onnx_export`; or several of one split, each under its label on the slider.
        timesteps: rising, in [0, T), the slider's stops.
        timestep: where the slider starts, one of `timesteps`.
        label: what the slider over networks is called.

    Raises:
        ValueError: no network, or networks of different splits, or of images that no drawing becomes; channels that do not
            make a square; timesteps out of range or not rising, or a start that is none of them.
        FileNotFoundError: a model was not exported.
    """

    _esm = script("draw")
    _css = style()
    timesteps = traitlets.List().tag(sync=True)
    alphas_cumprod = traitlets.List().tag(sync=True)  # at the timesteps
    start = traitlets.Int().tag(sync=True)  # index into timesteps
    size = traitlets.Int().tag(sync=True)  # side of an image
    white = traitlets.Int().tag(sync=True)  # of a bitmap
    levels = traitlets.Int().tag(sync=True)  # of the brightest pixel of an image
    p = traitlets.Int(P).tag(sync=True)  # norm order
    channels = traitlets.Int().tag(sync=True)  # of a predicted noise
    label = traitlets.Unicode().tag(sync=True)  # of the slider over networks
    networks = traitlets.List().tag(sync=True)  # [{"label", "model": file name, "sha256", "size": side of an image}]
    download = traitlets.Dict().tag(sync=True)  # {"wasm": bytes of all that there is to load, "webgpu": the same}
    n_members = traitlets.Int().tag(sync=True)  # of the evaluation part
    known_norms = traitlets.Bytes().tag(sync=True)  # packed (networks * timesteps, members + held-out): ||ε̂||_P
    known_norms_scales = traitlets.List().tag(sync=True)
    shows = traitlets.List().tag(sync=True)  # what each example shows, "a 3", or ""
    bitmaps = traitlets.Bytes().tag(sync=True)  # uint8 (examples, 32, 32)
    noises = traitlets.Bytes().tag(sync=True)  # packed (networks * examples * timesteps, channels * side²)
    noises_scales = traitlets.List().tag(sync=True)
    latents = traitlets.Bytes().tag(sync=True)  # packed (networks * examples, channels * side²)
    latents_scales = traitlets.List().tag(sync=True)
    training = traitlets.Bytes().tag(sync=True)  # uint16 (all members, size²), 0 to `levels`; empty behind an encoder

    def __init__(self, networks: str | Mapping[str, str], timesteps: Sequence[int], timestep: int = 50, label: str = "β"):
        networks = {networks: networks} if isinstance(networks, str) else dict(networks)
        timesteps = [int(t) for t in timesteps]
        if not networks:
            raise InvalidInput("there must be at least one network")
        found = [trained(name) for name in networks.values()]
        denoisers = [denoiser for denoiser, _, _ in found]
        check_timestep(torch.tensor(timesteps), len(denoisers[0].alphas_cumprod))
        if timesteps != sorted(set(timesteps)) or timestep not in timesteps:
            raise InvalidInput(f"timesteps must rise, and hold the starting timestep {timestep}, got {timesteps}")
        if len({(recipe.dataset, recipe.split_seed) for _, recipe, _ in found}) > 1:
            raise InvalidInput(f"the networks must belong to one split, got {', '.join(networks.values())}")
        dataset = found[0][1].dataset
        drawn = {name: d.white for name, d in DATASETS.items() if d.white}
        if dataset not in drawn:
            raise InvalidInput(f"a drawing becomes an image of {' or '.join(drawn)}, the networks were trained on {dataset}")
        files = [exported(name) for name in networks.values()]
        split, white = split_for(found[0][1]), drawn[dataset]
        part, examples = split.evaluation, examples_of(split.evaluation, white)
        asked, shown = torch.cat([part.members, part.held_out]), torch.stack([*examples.values()])
        with torch.inference_mode():
            z = [encoded(denoiser, shown) for denoiser in denoisers]
            norms = [_norms(denoiser, asked, timesteps) for denoiser in denoisers]
            noises = [torch.stack([d.predict_noise(x, t) for t in timesteps], 1) for d, x in zip(denoisers, z, strict=True)]
        latent, channels = z[0].shape != shown.shape, z[0].shape[1]
        if math.isqrt(channels) ** 2 != channels:
            raise InvalidInput(f"channels are drawn as a square of squares, so there must be 1, 4, 9 ... of them, got {channels}")
        rows = {"known_norms": torch.cat(norms), "noises": _rows(noises, 2), "latents": _rows(z, 1)}
        packed = {name: pack(values.numpy()) for name, values in rows.items()}
        super().__init__(
            timesteps=timesteps,
            alphas_cumprod=denoisers[0].alphas_cumprod[timesteps].tolist(),
            start=timesteps.index(timestep),
            size=SIZES[white],
            white=white,
            levels=levels(white),
            channels=channels,
            label=label,
            networks=[
                described(path) | {"label": label, "size": SIZES[white]} for label, path in zip(networks, files, strict=True)
            ],
            download=download(files),
            n_members=len(part.members),
            shows=what_is_shown(shown),
            bitmaps=np.stack([bitmap_of(image, white).numpy() for image in examples.values()]).tobytes(),
            training=b"" if latent else ((split.members + 1) / 2 * levels(white)).round().numpy().astype("<u2").tobytes(),
            **{name: numbers for name, (numbers, _) in packed.items()},
            **{f"{name}_scales": scales for name, (_, scales) in packed.items()},
        )
        self.serve(files)


def _norms(denoiser: Denoiser, images: Tensor, timesteps: list[int]) -> Tensor:
    """||ε̂||_P: (timesteps, n)"""
    z = encoded(denoiser, images)
    return torch.stack([norm_to_the_p(denoiser.predict_noise(z, t), P) ** (1 / P) for t in timesteps])


def _rows(tensors: list[Tensor], dimensions: int) -> Tensor:
    """All of them, one after the other, with their first dimensions as one and the others as one."""
    return torch.stack(tensors).flatten(0, dimensions).flatten(1)
