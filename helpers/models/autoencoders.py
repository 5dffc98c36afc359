"""What does an image become in front of a latent diffusion model?

    z = s (μ(x) + σ(x) η),   η ~ N(0, I),        x̂ = D(z / s)

Three families of diffusers are behind one description: a variational autoencoder (``AutoencoderKL``), a vector-quantised
one (``VQModel``, whose decoder rounds each latent vector to a codebook) and plain ones (``AutoencoderTiny``,
``AutoencoderDC``); only the first has a σ. s is the scaling factor that brings latents to unit variance, as the denoiser expects.
Source: Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models" (2022), section 3.1 and appendix G.
"""

import json
from dataclasses import asdict, dataclass
from typing import TypeAlias

import torch
from diffusers import AutoencoderDC, AutoencoderKL, AutoencoderTiny, VQModel
from torch import Tensor

from helpers.errors import InvalidInput

FAMILIES = ("kl", "vq", "tiny")
DISCRIMINATORS = ("", "patch", "image")
SUBSETS = ("auxiliary", "members", "both")
Autoencoder: TypeAlias = AutoencoderKL | VQModel | AutoencoderTiny | AutoencoderDC


@dataclass(frozen=True)
class AutoencoderRecipe:
    """Everything that decides the weights of an autoencoder, apart from the images and the machine.

    Args:
        subset: the threat model: trained on public images only ("auxiliary"), on the denoiser's own ("members"), on "both".
        family: "kl", "vq" or "tiny".
        channels: one resolution per entry, each half of the one before.
        latent_channels: of z, which is (latent_channels, h / 2^k, w / 2^k) for k + 1 entries of `channels`.
        beta: weight of the KL divergence, at least 0; without effect on the other families.
        discriminator: "" for none, or an architecture of `helpers.training.discriminator`, with its weight in the loss.
        warm_up: steps before the discriminator joins.

    Raises:
        ValueError: a negative weight, or an unknown family, discriminator or subset.
    """

    name: str
    dataset: str = "fashion"
    subset: str = "auxiliary"
    split_seed: int = 0
    seed: int = 0
    family: str = "kl"
    channels: tuple[int, ...] = (16, 32)
    latent_channels: int = 4
    norm_groups: int = 8
    beta: float = 1e-2
    discriminator: str = ""
    discriminator_weight: float = 0.0
    warm_up: int = 0
    steps: int = 1200
    batch_size: int = 64
    learning_rate: float = 2e-3
    checkpoint_every: int = 300

    def __post_init__(self):
        if not (self.beta >= 0 and self.discriminator_weight >= 0):
            raise InvalidInput(
                f"beta and discriminator_weight must be at least 0, got {self.beta:g} and {self.discriminator_weight:g}"
            )
        if self.family not in FAMILIES or self.discriminator not in DISCRIMINATORS or self.subset not in SUBSETS:
            raise InvalidInput(
                f"family must be one of {FAMILIES}, discriminator of {DISCRIMINATORS}, subset of {SUBSETS}; "
                f"got {self.family!r}, {self.discriminator!r}, {self.subset!r}"
            )

    def to_json(self) -> str:
        """The canonical text that is compared, byte for byte, with the one stored beside trained weights."""
        return json.dumps(asdict(self), sort_keys=True)

    def trajectory(self) -> str:
        """What decides the weights at step k of the run. The learning rate falls to 0 at the last step, so `steps` does."""
        return json.dumps({k: v for k, v in asdict(self).items() if k not in ("name", "checkpoint_every")}, sort_keys=True)

    def latent_shape(self, size: int) -> tuple[int, int, int]:
        """Shape of z for square images of `size` pixels."""
        side = size // 2 ** (len(self.channels) - 1)
        return self.latent_channels, side, side


def build_autoencoder(recipe: AutoencoderRecipe, image_shape: tuple[int, int, int]) -> Autoencoder:
    """The recipe's autoencoder for images (c, h, w), untrained."""
    levels, (channels, size, _) = len(recipe.channels), image_shape
    ends = {"in_channels": channels, "out_channels": channels, "latent_channels": recipe.latent_channels}
    blocks = {
        "block_out_channels": recipe.channels,
        "down_block_types": ("DownEncoderBlock2D",) * levels,
        "up_block_types": ("UpDecoderBlock2D",) * levels,
        "norm_num_groups": recipe.norm_groups,
        "sample_size": size,
        "mid_block_add_attention": False,
        "scaling_factor": 1.0,
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        if recipe.family == "kl":
            return AutoencoderKL(**ends, **blocks)
        if recipe.family == "vq":
            return VQModel(**ends, **blocks, num_vq_embeddings=256)
        width = (recipe.channels[-1],) * levels  # this class wants one width throughout
        return AutoencoderTiny(
            **ends,
            encoder_block_out_channels=width,
            decoder_block_out_channels=width,
            num_encoder_blocks=(1,) + (2,) * (levels - 1),
            num_decoder_blocks=(2,) * (levels - 1) + (1,),
        )


def posterior(autoencoder: Autoencoder, images: Tensor) -> tuple[Tensor, Tensor]:
    """μ(x) and σ(x) of images (n, c, h, w), each (n, latent channels, h', w'), not scaled; σ = 0 where the family has none."""
    encoded = autoencoder.encode(images)
    if hasattr(encoded, "latent_dist"):
        return encoded.latent_dist.mean, encoded.latent_dist.std
    latents = encoded.latent if hasattr(encoded, "latent") else encoded.latents
    return latents, torch.zeros_like(latents)


def decode(autoencoder: Autoencoder, latents: Tensor) -> Tensor:
    """D(z) of latents that are not scaled: (n, c, h, w), in about [-1, 1]."""
    return autoencoder.decode(latents).sample


@torch.inference_mode()
def encode_all(autoencoder: Autoencoder, images: Tensor, batch_size: int = 256) -> tuple[Tensor, Tensor]:
    """`posterior`, a batch after the other."""
    device = autoencoder.device
    parts = [[part.to(x.device) for part in posterior(autoencoder, x.to(device))] for x in images.split(batch_size)]
    return torch.cat([mean for mean, _ in parts]), torch.cat([spread for _, spread in parts])


def scaling_factor(mean: Tensor, spread: Tensor) -> float:
    """s = 1 / the standard deviation of the latents μ + σ η over all images and dimensions.

    Raises:
        ValueError: latents that do not vary: the autoencoder has collapsed.
    """
    deviation = (mean.var() + spread.square().mean()).sqrt().item()
    if not deviation > 1e-6 * (1e-2 + mean.abs().max().item()):  # below it is the rounding of constant latents
        raise InvalidInput(
            f"the latents do not vary (standard deviation {deviation:g}); train the autoencoder with a smaller beta"
        )
    return 1 / deviation
