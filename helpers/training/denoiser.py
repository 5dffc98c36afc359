"""How does a denoiser learn, and what is left when training is interrupted?

Training minimises the noise-prediction loss over images x, timesteps t and noise ε:

    L = E || ε - ε̂(sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε, t) ||² / d        (Ho et al. 2020, equation 14; d pixels)

or, for a rectified flow (`helpers.training.path_recipe`), the same of the velocity: E || ε - x - v̂((1 - σ) x + σ ε, σ) ||² / d.
A `PrivateRecipe` takes the steps of `helpers.training.private_step`, which clip what each image adds, and add noise.

What step k draws depends on (seed, k) alone: a killed run goes on where its last checkpoint stood, and ends with the
same weights. Several processes (``accelerate launch``) share each step's batch between them, so that their number does
not matter either, but for rounding and for what dropout leaves out.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from accelerate import Accelerator
from diffusers import DDPMScheduler
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from torch.optim import Optimizer
from tqdm.auto import tqdm

from helpers.data.splits import check_images, check_latents, shape_of
from helpers.errors import InvalidInput
from helpers.models.denoisers import UNetDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.models.told_classes import ClassDenoiser
from helpers.training.checkpoints import TrainingState, resume, save_checkpoint
from helpers.training.class_recipe import ClassRecipe, build_class_unet
from helpers.training.path_recipe import PathRecipe, build_network, draw_sigmas, on_the_path, path_denoiser
from helpers.training.private_recipe import PrivateRecipe
from helpers.training.private_step import private_step
from helpers.training.processes import Share
from helpers.training.recipes import Recipe, build_unet


@dataclass
class TrainingRun:
    """What `train_denoiser` returns: the EMA denoiser, a `PathDenoiser` for a `PathRecipe`, and its history."""

    denoiser: Any
    losses: list[float] = field(default_factory=list)  # one per step
    probes: list[dict] = field(default_factory=list)  # one per checkpoint: {"step": ..., and what probe returned}
    seconds: float = 0.0  # over all the sessions of the run
    device: str = "cpu"


def train_denoiser(
    recipe: Recipe,
    images: Tensor,
    checkpoint_dir: str | Path | None = None,
    probe: Callable[[Any], dict] | None = None,
    progress: bool = True,
    spread: Tensor | None = None,
    labels: Tensor | None = None,
) -> TrainingRun:
    """Train the recipe's UNet on `images`, with EMA, on the best device there is, or on several.

    Args:
        recipe, images: what to train, on which images (n, c, h, w) in [-1, 1].
        spread: for latents, (n, c, h, w): their standard deviations, zero or more. `images` are then means of any range,
            and each step draws its latents anew.
        labels: for a `ClassRecipe`, the class of each image, (n,).
        checkpoint_dir: where a checkpoint is kept; a run of the same recipe found there goes on from it.
        probe: called on the EMA denoiser at each checkpoint; what it returns (JSON-able) is kept in the history.
        progress: show a progress bar.

    Raises:
        ValueError: bad images, labels that are not those of a `ClassRecipe`, a checkpoint that is corrupted or of another
            recipe, processes that do not divide the batch; of a `PrivateRecipe` latents, or several processes.

    Source: Ho et al. (2020), algorithm 1.
    """
    check_images(images) if spread is None else check_latents(images, spread)
    check_labels(recipe, labels, len(images))
    accelerator = Accelerator()
    check_alone(recipe, accelerator.num_processes, spread)
    share = Share(accelerator, recipe.batch_size)
    scheduler = linear_scheduler()
    unet = build(recipe, shape_of(images))
    ema = EMAModel(unet.parameters(), decay=recipe.ema_decay, min_decay=0.0, foreach=True)
    rate, decay = recipe.learning_rate, recipe.options.weight_decay
    optimizer = torch.optim.AdamW(unet.parameters(), lr=rate, weight_decay=decay, fused=True)
    unet, optimizer = accelerator.prepare(unet, optimizer)
    ema.to(accelerator.device)
    device = accelerator.device
    spread, labels = (part if part is None else part.to(device) for part in (spread, labels))
    given = Given(images.to(device), spread, labels)
    # With a scheduler of its own: the one that adds noise keeps its tables on the device, to be read there.
    denoiser = as_denoiser(recipe, accelerator.unwrap_model(unet), shape_of(images))
    run = TrainingRun(denoiser, device=accelerator.device.type)
    path = Path(checkpoint_dir) / f"{recipe.name}.checkpoint.safetensors" if checkpoint_dir else None
    state = TrainingState({"unet": denoiser.unet}, {"optimizer": optimizer}, ema)
    if path and path.exists():
        history = resume(path, recipe, state)
        run.losses, run.probes, run.seconds = history["losses"], history["probes"], history["seconds"]

    started, before = time.perf_counter(), run.seconds
    first, unread = len(run.losses), []  # losses that still lie on the device
    shown = {"desc": "training", "disable": not (progress and share.first), "mininterval": 1}
    bar = tqdm(range(first, recipe.steps), initial=first, total=recipe.steps, **shown)
    for step in bar:
        unread.append(_training_step(recipe, step, unet, given, scheduler, optimizer, share))
        ema.step(denoiser.unet.parameters())
        done = step + 1
        if done % recipe.checkpoint_every == 0 or done == recipe.steps:
            run.losses += torch.stack(unread).tolist()
            unread.clear()
            bar.set_postfix(loss=f"{sum(run.losses[-100:]) / len(run.losses[-100:]):.4f}")
            if probe:
                run.probes.append({"step": done, **_with_ema(denoiser, ema, probe)})
            run.seconds = before + time.perf_counter() - started
            if path and share.first:
                history = {"losses": run.losses, "probes": run.probes, "seconds": run.seconds}
                save_checkpoint(path, recipe, history, state)
    ema.copy_to(denoiser.unet.parameters())
    denoiser.unet.eval()
    return run


def build(recipe: Recipe, image_shape: tuple[int, int, int]) -> nn.Module:
    """The recipe's network, untrained."""
    if isinstance(recipe, ClassRecipe):
        return build_class_unet(recipe, image_shape)
    return build_network(recipe, image_shape) if isinstance(recipe, PathRecipe) else build_unet(recipe, image_shape)


def as_denoiser(recipe: Recipe, network: nn.Module, image_shape: tuple[int, int, int]) -> Any:
    """The recipe's network as a denoiser of its kind."""
    if isinstance(recipe, PathRecipe):
        return path_denoiser(recipe, network, image_shape)
    if isinstance(recipe, ClassRecipe):
        return ClassDenoiser(network, linear_scheduler(), torch.tensor([recipe.classes]))
    return UNetDenoiser(network, linear_scheduler())


class Given(NamedTuple):
    """What is trained on; see `train_denoiser`."""

    images: Tensor
    spread: Tensor | None
    labels: Tensor | None


def check_labels(recipe: Recipe, labels: Tensor | None, n: int) -> None:
    """Are these labels what the recipe wants for n images? A ValueError says what is wrong."""
    if not isinstance(recipe, ClassRecipe):
        if labels is not None:
            raise InvalidInput("only a ClassRecipe trains with labels; leave them out, or use one")
        return
    if labels is None or labels.numel() == 0:
        got = "none"
    elif labels.is_floating_point() or labels.shape != (n,) or not ((labels >= 0) & (labels < recipe.classes)).all():
        got = f"{tuple(labels.shape)} of {labels.dtype} in [{labels.min()}, {labels.max()}]"
    else:
        return
    raise InvalidInput(f"labels must be {n} whole numbers in [0, {recipe.classes}), one for each image, got {got}")


def check_alone(recipe: Recipe, processes: int, spread: Tensor | None) -> None:
    """Can a `PrivateRecipe` keep its account with so many processes, on such latents? A ValueError says why not."""
    if isinstance(recipe, PrivateRecipe) and (processes > 1 or spread is not None):
        got = f"{processes} processes" if processes > 1 else "latents with a spread"
        raise InvalidInput(f"a PrivateRecipe trains in one process, on images, got {got}")


def _training_step(
    recipe: Recipe,
    step: int,
    unet: nn.Module,
    given: Given,
    scheduler: DDPMScheduler,
    optimizer: Optimizer,
    share: Share,
) -> Tensor:
    if isinstance(recipe, PrivateRecipe):
        return private_step(recipe, step, unet, given.images, scheduler, optimizer)
    options, seed = recipe.options, 1_000_003 * (recipe.seed + 1) + step
    generator = torch.Generator().manual_seed(seed)
    if options.dropout:
        torch.manual_seed(seed + share.accelerator.process_index)
    images, spread, labels = given
    rows = torch.randint(len(images), (recipe.batch_size,), generator=generator)
    if isinstance(recipe, PathRecipe):
        timestep = draw_sigmas(recipe.times, recipe.batch_size, generator, scheduler.alphas_cumprod)
    else:
        timestep = torch.randint(len(scheduler.alphas_cumprod), (recipe.batch_size,), generator=generator)
    noise = torch.randn(recipe.batch_size, *images.shape[1:], generator=generator)
    around = torch.randn(noise.shape, generator=generator) if spread is not None else None
    mirrored = torch.rand(recipe.batch_size, generator=generator) < 0.5 if options.flips else None
    silent = torch.rand(recipe.batch_size, generator=generator) < recipe.no_label if isinstance(recipe, ClassRecipe) else None
    # Every process draws for all and takes its share: the step is the same for any number of them.
    rows, timestep, noise = share.of(rows, timestep, noise, device=images.device)
    around, mirrored, silent = share.of(around, mirrored, silent, device=images.device)
    clean = images[rows]
    if spread is not None and around is not None:
        clean = clean + spread[rows] * around
    if mirrored is not None:
        clean = torch.where(mirrored[:, None, None, None], clean.flip(3), clean)
    told = {}
    if isinstance(recipe, ClassRecipe) and labels is not None and silent is not None:
        told["class_labels"] = torch.where(silent, recipe.classes, labels[rows])
    for group in optimizer.param_groups:
        group["lr"] = recipe.rate(step)
    unet.train()
    if isinstance(recipe, PathRecipe):
        noisy, timestep, wanted = on_the_path(recipe.path, clean, noise, timestep, scheduler)
    else:
        noisy, wanted = scheduler.add_noise(clean, noise, timestep), noise
    loss = nn.functional.mse_loss(unet(noisy, timestep, **told).sample, wanted)
    optimizer.zero_grad()
    share.accelerator.backward(loss)
    if options.clip:
        share.accelerator.clip_grad_norm_(unet.parameters(), options.clip)
    optimizer.step()
    return share.mean(loss.detach())


def _with_ema(denoiser: Any, ema: EMAModel, probe: Callable[[Any], dict]) -> dict:
    ema.store(denoiser.unet.parameters())
    ema.copy_to(denoiser.unet.parameters())
    denoiser.unet.eval()
    try:
        return probe(denoiser)
    finally:
        ema.restore(denoiser.unet.parameters())
