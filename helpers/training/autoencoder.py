"""What does an autoencoder pay for, and what does it get?

    L = ( ||x - D(z)||² + β KL(N(μ, σ²) || N(0, I)) ) / d  -  w E[C(D(z))]          (d pixels; z ~ N(μ(x), σ(x)²))

With this scale β is twice the variance of the decoder's noise in a β-VAE, whatever the size of the latent. A
vector-quantised autoencoder pays its codebook loss instead of the KL.
Source: Higgins et al., "β-VAE" (2017), equation 4; `helpers.training.discriminator` for the last term.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.data.splits import check_images, shape_of
from helpers.models.autoencoders import Autoencoder, AutoencoderRecipe, build_autoencoder
from helpers.training.checkpoints import TrainingState, resume, save_checkpoint
from helpers.training.discriminator import WINDOW, build_discriminator, collapse, hinge_loss


@dataclass
class AutoencoderRun:
    """What `train_autoencoder` returns: the autoencoder and its history."""

    autoencoder: Autoencoder
    losses: list[float] = field(default_factory=list)  # squared error per pixel, one per step
    critic_losses: list[float] = field(default_factory=list)  # one per step after the warm-up
    critic_gaps: list[float] = field(default_factory=list)
    seconds: float = 0.0
    failed: str = ""  # why the run counts as failed, if it does

    def history(self) -> dict:
        names = ("losses", "critic_losses", "critic_gaps", "seconds", "failed")
        return {name: getattr(self, name) for name in names}


def train_autoencoder(
    recipe: AutoencoderRecipe,
    images: Tensor,
    checkpoint_dir: str | Path | None = None,
    progress: bool = True,
    critic: nn.Module | None = None,
    window: int = WINDOW,
) -> AutoencoderRun:
    """Train the recipe's autoencoder on images (n, c, h, w) in [-1, 1], on the best device there is.

    A run whose discriminator collapses stops there, and says why in ``failed``.

    Args:
        critic: judges instead of the discriminator of the recipe's architecture, where the recipe asks for one.
        window: steps over which a collapse is judged.

    Raises:
        ValueError: bad images, or a checkpoint that is corrupted or belongs to another recipe.
    """
    check_images(images)
    accelerator = Accelerator()
    device = accelerator.device
    run = AutoencoderRun(build_autoencoder(recipe, shape_of(images)).to(device))
    optimizer = torch.optim.AdamW(run.autoencoder.parameters(), lr=recipe.learning_rate, fused=True)
    networks, optimizers = {"autoencoder": run.autoencoder}, {"optimizer": optimizer}
    if recipe.discriminator:
        critic = (critic or build_discriminator(recipe.discriminator, shape_of(images), recipe.seed)).to(device)
        networks["critic"] = critic
        optimizers["critic_optimizer"] = torch.optim.AdamW(critic.parameters(), lr=5e-4, betas=(0.5, 0.9), fused=True)
    state = TrainingState(networks, optimizers)
    path = Path(checkpoint_dir) / f"{recipe.name}.checkpoint.safetensors" if checkpoint_dir else None
    if path and path.exists():
        vars(run).update(resume(path, recipe, state))

    images = images.to(device)
    started, before, first = time.perf_counter(), run.seconds, len(run.losses)
    steps = range(first, first if run.failed else recipe.steps)
    for step in tqdm(steps, initial=first, total=recipe.steps, desc="autoencoder", disable=not progress, mininterval=1):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, step)
        _training_step(recipe, step, run, critic, state, images)
        run.failed = collapse(run.critic_losses, run.critic_gaps, window)
        done = step + 1
        if done % recipe.checkpoint_every == 0 or done == recipe.steps or run.failed:
            run.seconds = before + time.perf_counter() - started
            if path:
                save_checkpoint(path, recipe, run.history(), state)
        if run.failed:
            break
    run.autoencoder.eval()
    return run


def learning_rate(recipe: AutoencoderRecipe, step: int) -> float:
    """Up to the recipe's rate in the first tenth of the steps, then down to 0 along a cosine; of `step` alone."""
    share = step / recipe.steps
    if share < 0.1:
        return recipe.learning_rate * (step + 1) / (0.1 * recipe.steps + 1)
    return recipe.learning_rate * (1 + torch.cos(torch.tensor(torch.pi * (share - 0.1) / 0.9)).item()) / 2


def objective(recipe: AutoencoderRecipe, autoencoder: Autoencoder, x: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """L without its last term, the squared error per pixel alone, and the reconstruction (n, c, h, w); noise is η."""
    encoded = autoencoder.encode(x)
    if recipe.family == "kl":
        q = encoded.latent_dist
        output = autoencoder.decode(q.mean + q.std * noise)
        penalty = recipe.beta * q.kl().mean() / x[0].numel()
    else:
        output = autoencoder.decode(encoded.latents)
        penalty = output.commit_loss.mean() if recipe.family == "vq" else torch.zeros((), device=x.device)
    error = (output.sample - x).square().mean()
    return error + penalty, error, output.sample


def _training_step(
    recipe: AutoencoderRecipe,
    step: int,
    run: AutoencoderRun,
    critic: nn.Module | None,
    state: TrainingState,
    images: Tensor,
) -> None:
    generator = torch.Generator().manual_seed(1_000_003 * (recipe.seed + 1) + step)
    rows = torch.randint(len(images), (recipe.batch_size,), generator=generator)
    x = images[rows.to(images.device)]
    noise = torch.randn(len(x), *recipe.latent_shape(x.shape[-1]), generator=generator).to(x)
    loss, error, reconstruction = objective(recipe, run.autoencoder, x, noise)
    if step < recipe.warm_up:
        critic = None
    if critic is not None:
        loss = loss - recipe.discriminator_weight * critic(reconstruction).mean()
    _descend(state.optimizers["optimizer"], loss)
    if critic is None:
        run.losses.append(error.item())
        return
    real, fake = critic(x), critic(reconstruction.detach())
    critic_loss = hinge_loss(real, fake)
    _descend(state.optimizers["critic_optimizer"], critic_loss)
    # Read together: each reading waits for the device.
    histories = run.losses, run.critic_losses, run.critic_gaps
    for history, value in zip(histories, torch.stack([error, critic_loss, real.mean() - fake.mean()]).tolist(), strict=True):
        history.append(value)


def _descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
