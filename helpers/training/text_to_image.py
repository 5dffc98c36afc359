"""How does a model learn to draw what it is told, and what does a fine-tune change?

    L = E || ε - ε̂(√ᾱ_t z + √(1-ᾱ_t) ε, t, c) ||² / d        (z: latent of an image, c: its caption, or none)

For one image in ten the caption is left out, so that the model can be asked without one, too. A model that is trained from the
start learns its text encoder as well; a fine-tune leaves that as it is, as diffusers' own scripts do. A fine-tune changes all
weights of the network, or only a LoRA beside its attention (`helpers.training.lora`).

What step k draws depends on (seed, k) alone, so that an interrupted run goes on and ends with the same weights.
Source: Rombach et al. (2022), equation 3; Ho and Salimans, "Classifier-Free Diffusion Guidance" (2022), algorithm 1.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

import torch
from diffusers import DDPMScheduler, UNet2DConditionModel
from peft import LoraConfig, get_peft_model_state_dict, inject_adapter_in_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn
from tqdm.auto import tqdm

from helpers.data.splits import check_images
from helpers.errors import InvalidInput
from helpers.models.autoencoders import encode_all
from helpers.models.pretrained.prompts import tokens
from helpers.models.schedule import linear_scheduler
from helpers.models.text_to_image import TextToImage
from helpers.training.checkpoints import TrainingState, resume, save_checkpoint

ADAPTED = ["to_q", "to_k", "to_v", "to_out.0"]  # the layers that diffusers' scripts put a LoRA beside


@dataclass(frozen=True)
class TextToImageRecipe:
    """Everything that decides the weights, apart from images, captions and the machine.

    Args:
        base: the recipe whose model is fine-tuned; "" for one that starts from nothing.
        rank: of a LoRA; 0 to train all weights.
        split_seed: draws members and held-out images; see `helpers.data.emoji.load_emoji`.
        cooling: the learning rate falls to 0 along a cosine, instead of staying where it is.
        no_caption: the share of images whose caption is left out.
        captions: "own"; "shuffled" gives each image the caption of another, the same one throughout; "none" leaves all out.
        lora_dropout: what share of a LoRA's inputs is left out at random.

    Raises:
        ValueError: a LoRA without a base, a rank below 0, other captions, or a share outside [0, 1).
    """

    name: str
    base: str = ""
    rank: int = 0
    split_seed: int = 0
    seed: int = 0
    channels: tuple[int, ...] = (32, 64)
    text_width: int = 64
    steps: int = 3000
    batch_size: int = 64
    learning_rate: float = 1e-3
    cooling: bool = False
    no_caption: float = 0.1
    captions: Literal["own", "shuffled", "none"] = "own"
    lora_dropout: float = 0.0
    checkpoint_every: int = 250

    def __post_init__(self):
        if self.rank < 0 or (self.rank and not self.base):
            raise InvalidInput(f"rank must be at least 0, and above 0 only for a fine-tune; got {self.rank} on {self.base!r}")
        if self.captions not in ("own", "shuffled", "none"):
            raise InvalidInput(f'captions must be "own", "shuffled" or "none", got {self.captions!r}')
        if not (0 <= self.no_caption < 1 and 0 <= self.lora_dropout < 1):
            raise InvalidInput(f"no_caption and lora_dropout must be in [0, 1), got {self.no_caption} and {self.lora_dropout}")

    @property
    def size(self) -> int:
        """The side of its pictures in pixels. No field, so that it is not in the text of recipes of this size."""
        return 32

    def to_json(self) -> str:
        """The canonical text that is compared, byte for byte, with the one stored beside weights and scores."""
        return json.dumps(asdict(self), sort_keys=True)

    def trajectory(self) -> str:
        """What decides the weights at step k of the run; where a rate cools, that includes where it ends."""
        left_out = {"name", "checkpoint_every", *(() if self.cooling else ("steps",))}
        return json.dumps({k: v for k, v in asdict(self).items() if k not in left_out}, sort_keys=True)

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.learning_rate * ((1 + math.cos(math.pi * step / self.steps)) / 2 if self.cooling else 1)


@dataclass(frozen=True)
class LargeTextToImageRecipe(TextToImageRecipe):
    """The same for larger pictures, with a wider network: for a GPU.

    Args:
        size: the side of its pictures in pixels.
    """

    channels: tuple[int, ...] = (64, 128)
    text_width: int = 128
    size: int = 64


@dataclass
class TextToImageRun:
    """The trained model, with its LoRA in place if it has one, and the run's history."""

    model: TextToImage
    losses: list[float] = field(default_factory=list)  # one per step
    probes: list[dict] = field(default_factory=list)  # one per checkpoint: {"step": ..., and what probe returned}
    seconds: float = 0.0

    def lora(self) -> dict[str, Tensor]:
        """A and B of each layer that has a LoRA, named as diffusers names them."""
        found = get_peft_model_state_dict(self.model.unet)
        return {f"unet.{name}": value.detach().contiguous() for name, value in found.items()}


def train_text_to_image(
    recipe: TextToImageRecipe,
    model: TextToImage,
    images: Tensor,
    captions: Sequence[str],
    checkpoint_dir: Path | None = None,
    probe: Callable[[TextToImage, int], dict] | None = None,
    progress: bool = True,
) -> TextToImageRun:
    """Train the model's network in place, on images (n, c, h, w) in [-1, 1] with a caption each.

    Args:
        model: untrained but for its autoencoder; or what a fine-tune starts from.
        checkpoint_dir: where a checkpoint is kept; a run of the same recipe found there goes on from it.
        probe: called at each checkpoint with the model and the number of steps done; what it returns (JSON-able) is kept in the
            history.

    Raises:
        ValueError: bad images, another number of captions, or a checkpoint that is corrupted or of another recipe.
    """
    check_images(images)
    if len(captions) != len(images):
        raise InvalidInput(f"each image needs a caption: got {len(captions)} for {len(images)} images")
    if recipe.rank:
        model.unet = adapted(recipe, model.unet)
    trained: dict[str, nn.Module] = {"unet": model.unet} | ({} if recipe.base else {"text_encoder": model.text_encoder})
    weights = [p for network in trained.values() for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=recipe.learning_rate, fused=True)
    given = _Given.of(recipe, model, images, captions)
    run, state = TextToImageRun(model), TrainingState(trained, {"optimizer": optimizer})
    path = Path(checkpoint_dir) / f"{recipe.name}.checkpoint.safetensors" if checkpoint_dir else None
    if path and path.exists():
        history = resume(path, recipe, state)
        run.losses, run.probes, run.seconds = history["losses"], history["probes"], history["seconds"]

    scheduler, started, before, first = linear_scheduler(), time.perf_counter(), run.seconds, len(run.losses)
    bar = tqdm(
        range(first, recipe.steps), initial=first, total=recipe.steps, desc=recipe.name, disable=not progress, mininterval=1
    )
    for step in bar:
        _set_mode(trained, training=True)
        run.losses.append(_training_step(recipe, step, model, given, scheduler, optimizer))
        done = step + 1
        if done % recipe.checkpoint_every == 0 or done == recipe.steps:
            _set_mode(trained, training=False)
            bar.set_postfix(loss=f"{sum(run.losses[-100:]) / len(run.losses[-100:]):.4f}")
            if probe:
                run.probes.append({"step": done, **probe(model, done)})
            run.seconds = before + time.perf_counter() - started
            if path:
                save_checkpoint(path, recipe, {"losses": run.losses, "probes": run.probes, "seconds": run.seconds}, state)
    _set_mode({"unet": model.unet, "text_encoder": model.text_encoder}, training=False)
    return run


def _set_mode(networks: Mapping[str, nn.Module], training: bool) -> None:
    for network in networks.values():
        network.train(training)


def adapted(recipe: TextToImageRecipe, unet: UNet2DConditionModel) -> UNet2DConditionModel:
    """The network with an untrained LoRA beside its attention, which changes nothing yet; only the LoRA has gradients."""
    torch.manual_seed(recipe.seed)  # peft draws A from the global generator
    config = LoraConfig(r=recipe.rank, lora_alpha=recipe.rank, target_modules=ADAPTED, lora_dropout=recipe.lora_dropout)
    return inject_adapter_in_model(config, unet)


@contextmanager
def lora_scaled(unet: UNet2DConditionModel, scale: float) -> Iterator[None]:
    """Within, the network's LoRA counts `scale` times: W' = W + scale B A; 0 is the base, 1 as it was trained."""
    layers = [layer for layer in unet.modules() if isinstance(layer, LoraLayer)]
    for layer in layers:
        layer.set_scale("default", scale)
    try:
        yield
    finally:
        for layer in layers:
            layer.set_scale("default", 1)


@dataclass
class _Given:
    """What a step draws from: latents' means and spreads (n, c, h, w), captions (n, tokens) as numbers, and the empty one."""

    mean: Tensor
    spread: Tensor
    ids: Tensor
    empty: Tensor

    @classmethod
    def of(cls, recipe: TextToImageRecipe, model: TextToImage, images: Tensor, captions: Sequence[str]) -> "_Given":
        order = list(range(len(captions)))
        if recipe.captions == "shuffled":
            drawn = torch.randperm(len(captions), generator=torch.Generator().manual_seed(recipe.seed)).tolist()
            following = dict(zip(drawn, drawn[1:] + drawn[:1], strict=True))  # one round through all: nobody keeps its own
            order = [following[row] for row in order]
        told = ["" if recipe.captions == "none" else captions[row] for row in order]
        mean, spread = encode_all(model.autoencoder, images)
        factor, device = model.autoencoder.config.scaling_factor, model.unet.device
        read = [tokens(model.tokenizer, texts, device).input_ids for texts in (told, [""])]
        return cls((factor * mean).to(device), (factor * spread).to(device), *read)


def _training_step(
    recipe: TextToImageRecipe,
    step: int,
    model: TextToImage,
    given: _Given,
    scheduler: DDPMScheduler,
    optimizer: torch.optim.Optimizer,
) -> float:
    seed, n = 1_000_003 * (recipe.seed + 1) + step, recipe.batch_size
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)  # for what a LoRA's dropout leaves out
    rows = torch.randint(len(given.mean), (n,), generator=generator)
    timestep = torch.randint(len(scheduler.alphas_cumprod), (n,), generator=generator)
    noise, around = torch.randn(2, n, *given.mean.shape[1:], generator=generator)
    silent = torch.rand(n, generator=generator) < recipe.no_caption
    device = given.mean.device
    rows, timestep, noise, around, silent = (value.to(device) for value in (rows, timestep, noise, around, silent))
    z = given.mean[rows] + given.spread[rows] * around
    ids = torch.where(silent[:, None], given.empty, given.ids[rows])
    with torch.set_grad_enabled(not recipe.base):
        told = model.text_encoder(ids)[0]
    loss = nn.functional.mse_loss(predict(model.unet, scheduler.add_noise(z, noise, timestep), timestep, told), noise)
    for group in optimizer.param_groups:
        group["lr"] = recipe.rate(step)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def predict(unet: UNet2DConditionModel, y: Tensor, timestep: Tensor, told: Tensor) -> Tensor:
    """ε̂(y, t, c), in y's shape."""
    return unet(y, timestep, encoder_hidden_states=told).sample
