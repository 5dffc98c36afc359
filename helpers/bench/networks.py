"""Which networks are timed, on what, and how many operations do they cost?"""

from dataclasses import dataclass

import torch
from diffusers import UNet2DModel
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from helpers import zoo
from helpers.bench.results import Context, LeftOut
from helpers.data.catalogue import load_digits, load_fashion
from helpers.models.denoisers import UNetDenoiser, encoded
from helpers.models.latent import LatentDenoiser
from helpers.models.schedule import linear_scheduler
from helpers.training import paper_recipes
from helpers.training.recipes import Recipe, build_unet
from helpers.zoo import latent_models

TRAINED = 128  # images of a training step


@dataclass(frozen=True)
class Network:
    """A denoiser on the processor, images of its shape, and the recipe that trains it.

    Args:
        batch_size: images that are scored at once.
    """

    denoiser: UNetDenoiser | LatentDenoiser
    image: Tensor
    recipe: Recipe
    batch_size: int
    training_batch: int = TRAINED

    @property
    def unet(self) -> UNet2DModel:
        return self.denoiser.unet

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of what the network that predicts noise sees."""
        config = self.unet.config
        return config.in_channels, config.sample_size, config.sample_size

    def images(self, count: int) -> Tensor:
        """So many images, the same one but for a little noise in [-1, 1]."""
        noise = torch.rand(count, *self.image.shape[1:], generator=torch.Generator().manual_seed(0))
        return (0.9 * self.image + 0.2 * noise - 0.1).clamp(-1, 1)

    def scoring_flops(self) -> int:
        """Of one image: what encodes it, and one query."""
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            self.denoiser.predict_noise(encoded(self.denoiser, self.image), 50)
        return counter.get_total_flops()

    def training_flops(self) -> int:
        """Of one image in a step: a pass forward, and two for the gradients."""
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            self.unet(torch.zeros(1, *self.shape), torch.zeros(1, dtype=torch.long))
        return 3 * counter.get_total_flops()


def _digits(small: bool) -> Network:
    return Network(zoo.load("ddpm-digits"), load_digits().held_out[:1], zoo.recipe("ddpm-digits"), 64 if small else 2048)


def _latent(small: bool) -> Network:
    name = "beta-1e-1-seed-0"
    recipe = latent_models.experiment(name).denoiser
    return Network(latent_models.load(name), load_fashion().held_out[:1], recipe, 16 if small else 2048)


def _paper(small: bool) -> Network:
    """Untrained: what it predicts costs as much."""
    recipe = paper_recipes.PAPER_RECIPES["cifar10"]
    unet = build_unet(recipe, (3, 32, 32)).eval()
    sizes = (1, 2) if small else (512, TRAINED)
    return Network(UNetDenoiser(unet, linear_scheduler()), torch.zeros(1, 3, 32, 32), recipe, *sizes)


def _text_to_image(small: bool) -> Network:
    raise LeftOut("the project has no such model yet")


NETWORKS = {"ddpm-digits": _digits, "latent": _latent, "paper 32x32": _paper, "text to image": _text_to_image}


def network(name: str, context: Context) -> Network:
    """The network of that name; on a processor with small batches."""
    return NETWORKS[name](context.small)
