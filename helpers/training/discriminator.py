"""Can a second network teach an autoencoder what reconstructions should look like?

    critic:       L_C = E[max(0, 1 - C(x))] + E[max(0, 1 + C(x̂))]          (hinge; 2 when it says nothing, 0 when it always knows)
    autoencoder:  its loss - w E[C(x̂)]

The paper's second remedy for leaky latents is to train the autoencoder this way. "patch" judges overlapping patches of
the image, each by itself; "image" judges the whole.
Source: Esser, Rombach and Ommer, "Taming Transformers" (2021), equation 6; Isola et al. (2017) for patches; Lim and Ye,
"Geometric GAN" (2017) for the hinge.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from helpers.errors import InvalidInput

WINDOW = 100  # steps over which a collapse is judged


def build_discriminator(architecture: str, image_shape: tuple[int, int, int], seed: int) -> nn.Module:
    """C of the module's equations for images (c, h, w), untrained: (n, 1, k, k) for "patch", (n, 1, 1, 1) for "image".

    Raises:
        ValueError: an unknown architecture.
    """
    channels, size, _ = image_shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        first = [nn.Conv2d(channels, 32, 4, 2, 1), nn.LeakyReLU(0.2)]
        if architecture == "patch":
            return nn.Sequential(*first, nn.Conv2d(32, 32, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(32, 1, 3, 1, 1))
        if architecture == "image":
            last = nn.Conv2d(64, 1, size // 4)
            return nn.Sequential(*first, nn.Conv2d(32, 64, 4, 2, 1), nn.LeakyReLU(0.2), last)
    raise InvalidInput(f'architecture must be "patch" or "image", got {architecture!r}')


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """L_C of the module's equations."""
    return (1 - real).clamp_min(0).mean() + (1 + fake).clamp_min(0).mean()


def collapse(losses: Sequence[float], gaps: Sequence[float], window: int = WINDOW) -> str:
    """Why the discriminator is of no use any more, or "" while it is.

    Args:
        losses: L_C of its steps so far.
        gaps: E[C(x)] - E[C(x̂)] of the same steps.
        window: how many of the last steps are judged; with fewer only a loss that is not finite is.
    """
    recent, apart = torch.tensor(losses[-window:]), torch.tensor(gaps[-window:])
    if not recent.isfinite().all():
        return "the discriminator's loss is not finite"
    if len(recent) < window:
        return ""
    if recent.mean() < 0.02:
        return f"the discriminator knows every image (mean hinge loss {recent.mean():.3g}): it has nothing left to learn"
    if apart.abs().max() < 1e-3:
        return f"the discriminator tells nothing apart (largest gap {apart.abs().max():.2g} in {window} steps)"
    return ""
