"""Along which path does a model learn, how often at which place of it, and with which network?

A DDPM and a rectified flow see the same mixtures of image and noise, up to a factor (`helpers.models.paths`). What differs is
what the network predicts, and how often training visits each amount of noise: a place is σ, the share of noise on the straight
path, whatever the path.

    times           density of σ
    "timesteps"     that of a DDPM's timesteps, all alike: half of them have σ > 0.77
    "uniform"       1, as in rectified flow
    "logit-normal"  σ = 1 / (1 + exp(-z)), z ~ N(0, 1): the middle most often
    "u-shaped"      proportional to exp(-10 min(σ, 1 - σ)): both ends most often

Sources: Esser et al., "Scaling Rectified Flow Transformers" (2024), section 3.1, for the logit-normal; Peebles and Xie, "Scalable
Diffusion Models with Transformers" (2023), for the DiT. Rao and Moyer (arXiv 2603.13421) propose a symmetric exponential; the
rate of ours is our own.
"""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from diffusers import DDPMScheduler, DiTTransformer2DModel, FlowMatchEulerDiscreteScheduler, SchedulerMixin
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from torch import Tensor, nn

from helpers.errors import InvalidInput
from helpers.models.flow import flow_denoiser, sigma_of, timesteps_of
from helpers.models.paths import PathDenoiser, variance_preserving
from helpers.models.schedule import linear_scheduler
from helpers.training.recipes import Recipe, build_unet

Path = Literal["ddpm", "flow"]
Times = Literal["timesteps", "uniform", "logit-normal", "u-shaped"]
Network = Literal["unet", "dit"]
U_RATE = 10.0
DIT = {"num_attention_heads": 4, "attention_head_dim": 24, "num_layers": 4, "patch_size": 2, "norm_num_groups": 8}


@dataclass(frozen=True)
class PathRecipe(Recipe):
    """A recipe that says along which path, at which times, and with which network.

    Raises:
        ValueError: a path, times or a network that there is not.
    """

    path: Path = "flow"
    times: Times = "uniform"
    network: Network = "unet"

    def __post_init__(self):
        for name, known in (("path", Path), ("times", Times), ("network", Network)):
            if getattr(self, name) not in get_args(known):
                raise InvalidInput(f"{name} must be one of {', '.join(get_args(known))}, got {getattr(self, name)!r}")


def draw_sigmas(times: Times, n: int, generator: torch.Generator, alphas_cumprod: Tensor) -> Tensor:
    """n places on the path, (n,) in (0, 1), float32, by the module's table."""
    if times == "timesteps":
        # A scheduler that has added noise on a card keeps its table there.
        return sigma_of(alphas_cumprod.cpu())[torch.randint(len(alphas_cumprod), (n,), generator=generator)].float()
    if times == "logit-normal":
        return torch.randn(n, generator=generator).sigmoid()
    drawn = torch.rand(n, generator=generator)
    if times == "u-shaped":
        # The lower half of the uniform numbers goes to the lower half of the path, by the inverse of its distribution.
        near = 1 - 2 * (drawn - 0.5).abs()  # uniform in (0, 1)
        near = -(1 - near * (1 - math.exp(-U_RATE / 2))).log() / U_RATE
        drawn = torch.where(drawn < 0.5, near, 1 - near)
    return drawn.clamp(1e-4, 1 - 1e-4)


def on_the_path(
    path: Path, clean: Tensor, noise: Tensor, sigma: Tensor, scheduler: DDPMScheduler
) -> tuple[Tensor, Tensor, Tensor]:
    """What the network is fed, (n, c, h, w); what it is told, (n,); and what it should predict.

    Args:
        sigma: (n,); a DDPM is asked at the timestep that is nearest.
    """
    if path == "ddpm":
        timestep = timesteps_of(sigma.cpu(), scheduler.alphas_cumprod.cpu()).to(sigma.device)
        return scheduler.add_noise(clean, noise, timestep), timestep, noise
    share = sigma[:, None, None, None]
    return (1 - share) * clean + share * noise, 1000 * sigma, noise - clean


def build_network(recipe: PathRecipe, image_shape: tuple[int, int, int]) -> nn.Module:
    """The recipe's network, untrained: `helpers.training.recipes.build_unet`, or a small DiT."""
    if recipe.network == "unet":
        return build_unet(recipe, image_shape)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return PlainDiT(image_shape)


class PlainDiT(nn.Module):
    """A diffusion transformer that is told no class; called as a UNet of diffusers is.

    Args:
        image_shape: (c, h, w), h = w, even.

    Raises:
        ValueError: images that are not square, or of an odd size.
    """

    def __init__(self, image_shape: tuple[int, int, int]):
        super().__init__()
        channels, height, width = image_shape
        if height != width or width % DIT["patch_size"]:
            raise InvalidInput(f"a DiT needs square images of an even size, got {height} x {width}")
        self.transformer = DiTTransformer2DModel(in_channels=channels, sample_size=width, num_embeds_ada_norm=1, **DIT)
        for module in self.transformer.modules():
            if hasattr(module, "dropout_prob"):
                module.dropout_prob = 0.0  # there is but one class, and nothing to leave out

    def forward(self, x: Tensor, timestep: Tensor) -> Transformer2DModelOutput:
        """The prediction as ``.sample``, in the shape of x (n, c, h, w), for a timestep (n,) or of one number."""
        nobody = torch.zeros(len(x), dtype=torch.long, device=x.device)
        return self.transformer(x, timestep=timestep.reshape(-1).expand(len(x)), class_labels=nobody)


def scheduler_of(recipe: Recipe) -> SchedulerMixin:
    """The scheduler of diffusers that belongs to the recipe's network on disk."""
    flows = isinstance(recipe, PathRecipe) and recipe.path == "flow"
    return FlowMatchEulerDiscreteScheduler() if flows else linear_scheduler()


def path_denoiser(recipe: PathRecipe, network: nn.Module, shape: tuple[int, int, int]) -> PathDenoiser:
    """The recipe's network as a denoiser; its timesteps are those of the linear schedule, whatever its path."""
    if recipe.path == "flow":
        return flow_denoiser(network, shape)
    return PathDenoiser(network, variance_preserving(linear_scheduler().alphas_cumprod), shape)
