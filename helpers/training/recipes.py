"""What decides the weights of a denoiser, before the first image is seen: a recipe, and the network that it names."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from diffusers import UNet2DModel


@dataclass(frozen=True)
class TrainingOptions:
    """How a recipe trains apart from plain AdamW at one learning rate; by default not at all. See `PaperRecipe`."""

    dropout: float = 0.0
    warm_up: int = 0
    flips: bool = False
    clip: float | None = None
    weight_decay: float = 0.01


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

    @property
    def options(self) -> TrainingOptions:
        return TrainingOptions()

    @property
    def attention(self) -> int:
        """At which entry of `channels` the network attends to itself."""
        return len(self.channels) - 1

    def guarantee(self, steps: int) -> dict[str, Any]:
        """What a run of so many steps promises to each of its images: nothing. See `helpers.training.private_recipe`."""
        return {}

    def rate(self, step: int) -> float:
        """The learning rate of a step."""
        return self.learning_rate * min(1.0, (step + 1) / max(self.options.warm_up, 1))

    def trajectory(self) -> str:
        """What decides the weights at step k of the run: all but where it ends. See `zoo.continue_shorter`."""
        return json.dumps({k: v for k, v in asdict(self).items() if k not in ("name", "steps", "checkpoint_every")})


@dataclass(frozen=True)
class PaperRecipe(Recipe):
    """A recipe with what training at paper scale needs on top.

    Args:
        members, held_out: how many images of each.
        image_size: side, in pixels.
        dropout: in each residual block.
        warm_up: steps over which the learning rate rises from 0.
        flips: mirror each image with probability one half, anew in each step.
        clip: the largest norm of a step's gradient.
        weight_decay: of AdamW.
        attends: the entry of `channels` at which the network attends to itself.
    """

    members: int = 25_000
    held_out: int = 25_000
    image_size: int = 32
    dropout: float = 0.1
    warm_up: int = 5000
    flips: bool = True
    clip: float | None = 1.0
    weight_decay: float = 0.0
    attends: int = 1

    @property
    def options(self) -> TrainingOptions:
        return TrainingOptions(**{field.name: getattr(self, field.name) for field in fields(TrainingOptions)})

    @property
    def attention(self) -> int:
        return self.attends


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
            dropout=recipe.options.dropout,
            down_block_types=["AttnDownBlock2D" if a else "DownBlock2D" for a in attends],
            up_block_types=["AttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attends)],
        )
