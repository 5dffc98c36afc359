"""How does a denoiser learn, and what is left when training is interrupted?

Training minimises the noise-prediction loss over images x, timesteps t and noise ε:

    L = E || ε - ε̂(sqrt(ᾱ_t) x + sqrt(1 - ᾱ_t) ε, t) ||² / d        (Ho et al. 2020, equation 14; d pixels)

What step k draws depends on (seed, k) alone: a killed run goes on where its last checkpoint stood, and ends with the
same weights. Several processes (``accelerate launch``) share each step's batch between them, so that their number does
not matter either, but for rounding.
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
from helpers.denoisers import UNetDenoiser
from helpers.devices import Share
from helpers.schedule import linear_scheduler


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

    # Fields of `helpers.paper.PaperRecipe`; as fields here, they would change the text below.
    dropout, warm_up, flips = 0.0, 0, False

    def to_json(self) -> str:
        """The canonical text that is compared, byte for byte, with the one stored beside trained weights."""
        return json.dumps(asdict(self), sort_keys=True)

    @property
    def attention(self) -> int:
        """At which entry of `channels` the network attends to itself."""
        return len(self.channels) - 1

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.learning_rate * min(1.0, (step + 1) / max(self.warm_up, 1))

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
    """The recipe's network, untrained: one resolution per entry of `channels`, self-attention at one of them."""
    channels, _, width = image_shape
    attends = [level == recipe.attention for level in range(len(recipe.channels))]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return UNet2DModel(
            sample_size=width,
            in_channels=channels,
            out_channels=channels,
            block_out_channels=recipe.channels,
            layers_per_block=recipe.layers_per_block,
            norm_num_groups=recipe.norm_groups,
            dropout=recipe.dropout,
            down_block_types=["AttnDownBlock2D" if a else "DownBlock2D" for a in attends],
            up_block_types=["AttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attends)],
        )


def train_denoiser(
    recipe: Recipe,
    images: Tensor,
    checkpoint_dir: str | Path | None = None,
    probe: Callable[[UNetDenoiser], dict] | None = None,
    progress: bool = True,
    spread: Tensor | None = None,
) -> TrainingRun:
    """Train the recipe's UNet on `images`, with EMA, on the best device there is, or on several.

    Args:
        recipe, images: what to train, on which images (n, c, h, w) in [-1, 1].
        spread: for latents, (n, c, h, w): their standard deviations, zero or more. `images` are then means of any range,
            and each step draws its latents anew.
        checkpoint_dir: where a checkpoint is kept; a run of the same recipe found there goes on from it.
        probe: called on the EMA denoiser at each checkpoint; what it returns (JSON-able) is kept in the history.
        progress: show a progress bar.

    Raises:
        ValueError: bad images, a checkpoint that is corrupted or of another recipe, processes that do not divide the batch.

    Source: Ho et al. (2020), algorithm 1.
    """
    check_images(images) if spread is None else check_latents(images, spread)
    accelerator = Accelerator()
    share = Share(accelerator, recipe.batch_size)
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
    shown = {"desc": "training", "disable": not (progress and share.first), "mininterval": 1}
    bar = tqdm(range(first, recipe.steps), initial=first, total=recipe.steps, **shown)
    for step in bar:
        run.losses.append(_training_step(recipe, step, unet, images, spread, scheduler, optimizer, share))
        ema.step(denoiser.unet.parameters())
        done = step + 1
        if done % recipe.checkpoint_every == 0 or done == recipe.steps:
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


def _training_step(recipe, step, unet, images, spread, scheduler, optimizer, share) -> float:
    generator = torch.Generator().manual_seed(1_000_003 * (recipe.seed + 1) + step)
    rows = torch.randint(len(images), (recipe.batch_size,), generator=generator)
    timestep = torch.randint(len(scheduler.alphas_cumprod), (recipe.batch_size,), generator=generator)
    noise = torch.randn(recipe.batch_size, *images.shape[1:], generator=generator)
    around = torch.randn(noise.shape, generator=generator) if spread is not None else None
    mirrored = torch.rand(recipe.batch_size, generator=generator) < 0.5 if recipe.flips else None
    # Every process draws for all and takes its share: the step is the same for any number of them.
    rows, timestep, noise, around, mirrored = share.of(rows, timestep, noise, around, mirrored, device=images.device)
    clean = images[rows]
    if spread is not None:
        clean = clean + spread[rows] * around
    if mirrored is not None:
        clean = torch.where(mirrored[:, None, None, None], clean.flip(3), clean)
    for group in optimizer.param_groups:
        group["lr"] = recipe.rate(step)
    unet.train()
    loss = torch.nn.functional.mse_loss(unet(scheduler.add_noise(clean, noise, timestep), timestep).sample, noise)
    optimizer.zero_grad()
    share.accelerator.backward(loss)
    optimizer.step()
    return share.mean(loss.detach())


def _with_ema(denoiser: UNetDenoiser, ema: EMAModel, probe: Callable[[UNetDenoiser], dict]) -> dict:
    ema.store(denoiser.unet.parameters())
    ema.copy_to(denoiser.unet.parameters())
    denoiser.unet.eval()
    try:
        return probe(denoiser)
    finally:
        ema.restore(denoiser.unet.parameters())
