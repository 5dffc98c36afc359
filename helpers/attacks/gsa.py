"""GSA: how hard does the image pull at the weights?

    L(x) = mean over timesteps t of ||ε - ε̂(x_t, t)||² / d,      g_l(x) = ||∂L(x) / ∂θ_l||   for each weight tensor θ_l
    score(x) = w · standardised log g(x) + b,   (w, b) a logistic regression on labelled images

A member was fitted: it pulls less. White-box: it needs the weights, one forward pass per timestep and one backward pass.
Source: Pang et al., "White-box Membership Inference Attacks against Diffusion Models" (arXiv 2308.06405), GSA_1; their
classifier is gradient-boosted trees on a shadow model's gradients.
"""

import warnings
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from helpers.attacks.base import BatchedAttack, Noise
from helpers.data.splits import LabelledPart, check_images
from helpers.errors import InvalidInput
from helpers.models.denoisers import Denoiser
from helpers.models.schedule import add_noise

FLOOR = 1e-6  # below it a gradient is rounding: that of an attention's key bias, for one, is zero


def network_of(denoiser: Denoiser) -> nn.Module:
    """The network whose gradients are taken: that of a compiled one before it was compiled."""
    network = getattr(denoiser, "unet", None)
    if not isinstance(network, nn.Module):
        raise InvalidInput(f"GSA needs a network's gradients, and {type(denoiser).__name__} has no network; use another attack")
    return getattr(network, "_orig_mod", network)


class Asked(nn.Module):
    """A denoiser, whatever its network predicts, as a module: its weights can be given from outside."""

    def __init__(self, denoiser: Denoiser):
        super().__init__()
        self.network, self.ask = network_of(denoiser), denoiser.predict_noise

    def forward(self, x_t: Tensor, timesteps: Tensor) -> Tensor:
        return self.ask(x_t, timesteps)


@dataclass(frozen=True)
class GSA(BatchedAttack):
    """Norms of the loss's gradients, read by a classifier that ``fit`` trains on labelled images.

    Args:
        timesteps: each in [0, T).

    Raises:
        ValueError: no timestep; from ``score``, a denoiser without a network (``unet``), or before ``fit``.
    """

    timesteps: tuple[int, ...] = (50, 150)
    batch_size: int = field(default=32, kw_only=True)
    classifier: Pipeline | None = None

    def __post_init__(self):
        if not self.timesteps:
            raise InvalidInput("timesteps must hold at least one timestep, got none")

    @property
    def queries(self) -> int:
        return len(self.timesteps)

    def asked_timesteps(self) -> tuple[int, ...]:
        return self.timesteps

    def check(self, denoiser: Denoiser) -> None:
        super().check(denoiser)
        network_of(denoiser)

    def fit(self, denoiser: Denoiser, part: LabelledPart) -> "GSA":
        """Train the classifier on the part's members against its held-out images."""
        features = [self.features(denoiser, images) for images in (part.members, part.held_out)]
        labels = [1] * len(features[0]) + [0] * len(features[1])
        classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        return replace(self, classifier=classifier.fit([*features[0], *features[1]], labels))

    def features(self, denoiser: Denoiser, images: Tensor) -> np.ndarray:
        """log g, (n, number of weight tensors)."""
        return self.gradient_norms(denoiser, images).clamp_min(FLOOR).log().numpy()

    def gradient_norms(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        """g of the module's equation: (n, number of weight tensors), float64."""
        check_images(images)
        self.check(denoiser)
        noise = Noise(self.seed)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "There is a performance drop")  # attention has no batching rule for gradients
            rows = [self._norms(denoiser, x.detach(), noise) for x in self.batches(denoiser, images)]
        return torch.cat(rows).cpu().double()

    def _norms(self, denoiser: Denoiser, x: Tensor, noise: Noise) -> Tensor:
        asked = Asked(denoiser)
        device = next(asked.parameters()).device
        weights = {name: value.detach() for name, value in asked.named_parameters()}
        timesteps = torch.tensor(self.timesteps, device=device)
        x = x.to(device)
        epsilon = torch.stack([noise(k, x) for k in range(len(timesteps))], 1)
        x_t = torch.stack([add_noise(x, epsilon[:, k], t, denoiser.alphas_cumprod) for k, t in enumerate(self.timesteps)], 1)

        def loss(weights: dict[str, Tensor], x_t: Tensor, epsilon: Tensor) -> Tensor:
            return (epsilon - functional_call(asked, weights, (x_t, timesteps))).square().mean()

        gradients = vmap(grad(loss), in_dims=(None, 0, 0))(weights, x_t, epsilon)
        return torch.stack([g.flatten(1).norm(dim=1) for g in gradients.values()], 1)

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        if self.classifier is None:
            raise InvalidInput("GSA has to be fitted first: attack = attack.fit(denoiser, split.calibration)")
        return torch.as_tensor(self.classifier.decision_function(self.features(denoiser, images)))
