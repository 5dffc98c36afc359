"""How many images a second are trained on and scored, in which precision, and how much of the card is that?

    fraction of the peak = FLOPs(image) · images/s / FLOP/s of a large matrix product in the same precision

Scoring is SimA, one query an image, as `helpers.attacks` does it. Training is measured twice: as `helpers.training` does
it, and as a plain step (forward, error, backward, AdamW) that also runs compiled, or recorded once and replayed (a CUDA
graph). Where the recorded step is much faster than the plain one, the card waits for the processor to launch its work.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from helpers.attacks import SimA
from helpers.bench.devices import moved
from helpers.bench.machine import PRECISIONS, peak, peak_memory, precision, reset_peak_memory, timed
from helpers.bench.networks import NETWORKS, Network, network
from helpers.bench.results import ALWAYS, Context, LeftOut, Measurement
from helpers.bench.step import as_the_project_trains, busy
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser

COMPILED = (  # the most telling first: each costs up to a minute of compiling
    ("paper 32x32", "training", "bfloat16"),
    ("ddpm-digits", "scoring", "float32"),
    ("paper 32x32", "scoring", "bfloat16"),
    ("ddpm-digits", "training", "float32"),
    ("paper 32x32", "training", "TF32"),
    ("latent", "scoring", "float32"),
    ("paper 32x32", "scoring", "TF32"),
    ("latent", "training", "float32"),
    ("ddpm-digits", "scoring", "bfloat16"),
    ("ddpm-digits", "training", "bfloat16"),
)
COMPILING = 40.0  # seconds without which nothing is compiled


def measurements(context: Context) -> list[Measurement]:
    """The peak in each precision; then all networks, eager, in the order in which they would be missed."""
    peaks = [Measurement(f"peak, {mode}", partial(measured_peak, mode)) for mode in PRECISIONS]
    order = ("ddpm-digits", "paper 32x32", "latent")
    eager = [
        Measurement(_name(what, work, mode, "eager"), partial(WORK[work], what, mode, "eager"))
        for what in order
        for work in ("scoring", "training")
        for mode in PRECISIONS
    ]
    recorded = [
        Measurement(_name(what, "training", mode, "recorded"), partial(training, what, mode, "recorded"))
        for what in order
        for mode in ("float32", "bfloat16")
    ]
    turned = [
        Measurement(_name(what, work, "bfloat16", "channels last"), partial(WORK[work], what, "bfloat16", "channels last"))
        for what in order
        for work in ("scoring", "training")
    ]
    project = [Measurement(f"{what}, as the project trains", partial(as_the_project_trains, what)) for what in order]
    kernels = [Measurement(f"{what}, kernels of a step", partial(busy, what)) for what in order]
    host = [Measurement(f"{what}, scoring, images on the processor", partial(scoring_from_host, what)) for what in order]
    missing = [Measurement(what, partial(_missing, what), ALWAYS) for what in NETWORKS if what not in order]
    return [*peaks, *eager, *recorded, *turned, *project, *kernels, *host, *missing]


def compiled_measurements(context: Context) -> list[Measurement]:
    """What the compiler makes of it; apart, since compiling takes longer than measuring."""
    return [
        Measurement(_name(what, work, mode, "compiled"), partial(WORK[work], what, mode, "compiled"), COMPILING)
        for what, work, mode in COMPILED
    ]


def _name(what: str, work: str, mode: str, how: str) -> str:
    return f"{what}, {work}, {mode}, {how}"


def _missing(what: str, context: Context) -> dict:
    return {"network": str(network(what, context))}  # raises and says why


def measured_peak(mode: str, context: Context) -> dict:
    """The machine's peak in a precision, which the context keeps: utilisation is measured against it."""
    found = peak(mode, context.device)
    context.peaks[mode] = 1e12 * found["TFLOP/s"]
    return found


def scoring(what: str, mode: str, how: str, context: Context) -> dict:
    """SimA on one batch that lies on the device already."""
    model = network(what, context)
    denoiser = moved(model.denoiser, context.device)
    if how == "compiled":
        _needs_card(context, "compiling takes minutes on a processor")
        denoiser = _compiled(denoiser)
    if how == "channels last":
        denoiser.unet.to(memory_format=torch.channels_last)
    images = model.images(model.batch_size).to(context.device)
    attack = SimA(50, batch_size=model.batch_size)
    return _rate(lambda: attack.score(denoiser, images), mode, model.batch_size, model.scoring_flops(), context)


def scoring_from_host(what: str, context: Context) -> dict:
    """The same in torch's default precision, with images and scores on the processor: what a chapter does."""
    model = network(what, context)
    denoiser, images = moved(model.denoiser, context.device), model.images(model.batch_size)
    attack = SimA(50, batch_size=model.batch_size)
    return _rate(lambda: attack.score(denoiser, images), "default", model.batch_size, model.scoring_flops(), context)


def training(what: str, mode: str, how: str, context: Context) -> dict:
    """A plain step on one batch that lies on the device already."""
    model = network(what, context)
    unet = moved(model.denoiser, context.device).unet.train()
    if how == "compiled":
        _needs_card(context, "compiling takes minutes on a processor")
        torch._dynamo.reset()
        unet = torch.compile(unet, dynamic=False)
    if how == "channels last":
        unet.to(memory_format=torch.channels_last)
    step = plain_step(unet, model, context.device, capturable=how == "recorded")
    if how == "recorded":
        _needs_card(context, "a processor records nothing")
        with precision(mode, context.device):
            step = recorded(step)
    return _rate(step, mode, model.training_batch, model.training_flops(), context)


WORK = {"scoring": scoring, "training": training}


def plain_step(unet: nn.Module, model: Network, device: torch.device, capturable: bool = False) -> Callable[[], None]:
    """Forward, mean squared error, backward, AdamW: nothing is drawn, copied or read back."""
    optimizer = torch.optim.AdamW(unet.parameters(), lr=1e-4, fused=True, capturable=capturable)
    x, noise = (torch.randn(model.training_batch, *model.shape, device=device) for _ in range(2))
    timestep = torch.randint(1000, (model.training_batch,), device=device)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        nn.functional.mse_loss(unet(x, timestep).sample.float(), noise).backward()
        optimizer.step()

    return step


def recorded(step: Callable[[], None]) -> Callable[[], None]:
    """The step as a CUDA graph: all its kernels, launched by one call."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def _compiled(denoiser: UNetDenoiser | LatentDenoiser) -> UNetDenoiser | LatentDenoiser:
    torch._dynamo.reset()
    if isinstance(denoiser, LatentDenoiser):
        return LatentDenoiser(denoiser.autoencoder, denoiser.denoiser.compiled(), denoiser.scaling_factor)
    return denoiser.compiled()


def _needs_card(context: Context, why_not: str) -> None:
    if context.device.type != "cuda":
        raise LeftOut(why_not)


def _rate(work: Callable[[], object], mode: str, images: int, flops: int, context: Context) -> dict:
    reset_peak_memory(context.device)
    with precision(mode, context.device):
        found = timed(work, context.device, 0.2 if context.small else 1.0, 1 if context.small else 3)
    rate = images / found["each"]
    result = {"images/s": rate, "batch": images, "milliseconds": 1e3 * found["each"], **peak_memory(context.device)}
    spread = (found["slowest"] - found["fastest"]) / found["each"]
    if mode in context.peaks:
        result["fraction of the peak"] = flops * rate / context.peaks[mode]
    return result | {"TFLOP/s": flops * rate / 1e12, "spread": spread}
