"""How does a denoiser learn, and what is left when training is interrupted?

Training minimises the noise-prediction loss over images x, timesteps t and noise ε:

    L = E || ε - ε̂(sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε, t) ||² / d        (Ho et al. 2020, equation 14; d pixels)

What step k draws depends on (seed, k) alone: a killed run goes on where its last checkpoint stood, and ends with the
same weights.
"""

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator
from diffusers import UNet2DModel
from diffusers.training_utils import EMAModel
from torch import Tensor
from tqdm.auto import tqdm

from helpers.checkpoints import TrainingState, resume, save_checkpoint
from helpers.data import check_images, check_latents
from helpers.denoisers import Denoiser, UNetDenoiser, encoded
from helpers.schedule import add_noise, linear_scheduler


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights of a denoiser, apart from the images and the machine.

    ``subset`` says which images: the split's "members", the "shadow" half of its auxiliary images, or
    "candidates-i", those of ``MembershipSplit.candidate_half(i)``. ``norm_groups`` groups of channels are normalised
    together. With one channel a group, normalisation would undo what the time embedding adds, and blind the block to t.
    """

    name: str
    dataset: str = "digits"
    subset: str = "members"
    split_seed: int = 0
    seed: int = 0
    channels: tuple[int, ...] = (32, 64)
    norm_groups: int = 8
    layers_per_block: int = 1
    steps: int = 2100
    batch_size: int = 128
    learning_rate: float = 1e-3
    ema_decay: float = 0.99
    checkpoint_every: int = 300

    def to_json(self) -> str:
        """The canonical text that is compared, byte for byte, with the one stored beside trained weights."""
        return json.dumps(asdict(self), sort_keys=True)

    def trajectory(self) -> str:
        """What decides the weights at step k of the run: all but where it ends. See `zoo.continue_shorter`."""
        return json.dumps({k: v for k, v in asdict(self).items() if k not in ("name", "steps", "checkpoint_every")})


@dataclass
class TrainingRun:
    """What `train_denoiser` returns: the EMA denoiser and its history."""

    denoiser: UNetDenoiser
    losses: list[float] = field(default_factory=list)  # one per step
    probes: list[dict] = field(default_factory=list)  # one per checkpoint: {"step": ..., and what probe returned}
    seconds: float = 0.0  # over all the sessions of the run
    device: str = "cpu"


def build_unet(recipe: Recipe, image_shape: tuple[int, int, int]) -> UNet2DModel:
    """The recipe's network, untrained: one resolution per entry of `channels`, self-attention at the innermost."""
    channels, _, width = image_shape
    inner = len(recipe.channels) - 1
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return UNet2DModel(
            sample_size=width,
            in_channels=channels,
            out_channels=channels,
            block_out_channels=recipe.channels,
            layers_per_block=recipe.layers_per_block,
            norm_num_groups=recipe.norm_groups,
            down_block_types=("DownBlock2D",) * inner + ("AttnDownBlock2D",),
            up_block_types=("AttnUpBlock2D",) + ("UpBlock2D",) * inner,
        )


def train_denoiser(
    recipe: Recipe,
    images: Tensor,
    checkpoint_dir: str | Path | None = None,
    probe: Callable[[UNetDenoiser], dict] | None = None,
    progress: bool = True,
    spread: Tensor | None = None,
) -> TrainingRun:
    """Train the recipe's UNet on `images`, with EMA, on the best device there is.

    Args:
        recipe, images: what to train, on which images (n, c, h, w) in [-1, 1].
        spread: for latents, (n, c, h, w): their standard deviations, zero or more. `images` are then means of any range,
            and each step draws its latents anew.
        checkpoint_dir: where a checkpoint is kept; a run of the same recipe found there goes on from it.
        probe: called on the EMA denoiser at each checkpoint; what it returns (JSON-able) is kept in the history.
        progress: show a progress bar.

    Raises:
        ValueError: bad images, or a checkpoint that is corrupted or belongs to another recipe.

    Source: Ho et al. (2020), algorithm 1.
    """
    check_images(images) if spread is None else check_latents(images, spread)
    accelerator = Accelerator()
    scheduler = linear_scheduler()
    unet = build_unet(recipe, tuple(images.shape[1:]))
    ema = EMAModel(unet.parameters(), decay=recipe.ema_decay, min_decay=0.0, foreach=True)
    optimizer = torch.optim.AdamW(unet.parameters(), lr=recipe.learning_rate, fused=True)
    unet, optimizer = accelerator.prepare(unet, optimizer)
    ema.to(accelerator.device)
    images, spread = images.to(accelerator.device), None if spread is None else spread.to(accelerator.device)
    denoiser = UNetDenoiser(accelerator.unwrap_model(unet), scheduler)
    run = TrainingRun(denoiser, device=accelerator.device.type)
    path = Path(checkpoint_dir) / f"{recipe.name}.checkpoint.safetensors" if checkpoint_dir else None
    state = TrainingState({"unet": denoiser.unet}, {"optimizer": optimizer}, ema)
    if path and path.exists():
        history = resume(path, recipe, state)
        run.losses, run.probes, run.seconds = history["losses"], history["probes"], history["seconds"]

    started, before = time.perf_counter(), run.seconds
    first = len(run.losses)
    bar = tqdm(
        range(first, recipe.steps), initial=first, total=recipe.steps, desc="training", disable=not progress, mininterval=1
    )
    for step in bar:
        run.losses.append(_training_step(recipe, step, unet, images, spread, scheduler, optimizer, accelerator))
        ema.step(denoiser.unet.parameters())
        done = step + 1
        if done % recipe.checkpoint_every == 0 or done == recipe.steps:
            bar.set_postfix(loss=f"{sum(run.losses[-100:]) / len(run.losses[-100:]):.4f}")
            if probe:
                run.probes.append({"step": done, **_with_ema(denoiser, ema, probe)})
            run.seconds = before + time.perf_counter() - started
            if path:
                history = {"losses": run.losses, "probes": run.probes, "seconds": run.seconds}
                save_checkpoint(path, recipe, history, state)
    ema.copy_to(denoiser.unet.parameters())
    denoiser.unet.eval()
    return run


@torch.inference_mode()
def denoising_loss(denoiser: Denoiser, images: Tensor, draws: int = 4, seed: int = 0) -> float:
    """The loss above on images (n, c, h, w) in [-1, 1], over `draws` of (t, ε) per image.

    The draws depend on seed and n alone, so two groups of n images meet the same timesteps and noise.

    Raises:
        ValueError: bad images, or no draw.
    """
    check_images(images)
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    images, generator = encoded(denoiser, images), torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(draws):
        timestep = torch.randint(len(denoiser.alphas_cumprod), (len(images),), generator=generator)
        noise = torch.randn(images.shape, generator=generator).to(images)
        predicted = denoiser.predict_noise(add_noise(images, noise, timestep, denoiser.alphas_cumprod), timestep)
        losses.append((predicted - noise).square().mean())
    return torch.stack(losses).mean().item()


def _training_step(recipe, step, unet, images, spread, scheduler, optimizer, accelerator) -> float:
    generator = torch.Generator().manual_seed(1_000_003 * (recipe.seed + 1) + step)
    rows = torch.randint(len(images), (recipe.batch_size,), generator=generator)
    timestep = torch.randint(len(scheduler.alphas_cumprod), (recipe.batch_size,), generator=generator)
    noise = torch.randn(recipe.batch_size, *images.shape[1:], generator=generator).to(images)
    timestep = timestep.to(images.device)
    clean = images[rows := rows.to(images.device)]
    if spread is not None:
        clean = clean + spread[rows] * torch.randn(clean.shape, generator=generator).to(images)
    noisy = scheduler.add_noise(clean, noise, timestep)
    unet.train()
    loss = torch.nn.functional.mse_loss(unet(noisy, timestep).sample, noise)
    optimizer.zero_grad()
    accelerator.backward(loss)
    optimizer.step()
    return loss.item()


def _with_ema(denoiser: UNetDenoiser, ema: EMAModel, probe: Callable[[UNetDenoiser], dict]) -> dict:
    ema.store(denoiser.unet.parameters())
    ema.copy_to(denoiser.unet.parameters())
    denoiser.unet.eval()
    try:
        return probe(denoiser)
    finally:
        ema.restore(denoiser.unet.parameters())
