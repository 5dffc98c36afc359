"""What has to be said of a training run that promises something to each of its images?

    q = batch_size / n          each of n images is in a step's batch with probability q
    σ, C                        the noise multiplier, and the largest norm of one image's gradient
    K, A                        how often the gradient of an image is taken, with other noise and timesteps, and of how many views
    δ                           at which the promised ε is stated

K and A cost time and no privacy: their gradients are averaged before they are clipped, so that the image's share in the step is
as large as before, and less random. The first view is the image itself, the others are shifted by up to a pixel.

A recipe may be broken on purpose, in a way that has happened, and then still claims the ε of one that is not:

    "no-noise"          the noise is not added
    "shuffled"          batches are cut from a shuffled list, as usual loaders do, while the accountant assumes Poisson sampling
    "layer-left-out"    the gradient of one layer is neither clipped nor noised
    "batch-clipping"    the batch's mean gradient is clipped, and not each image's

Sources: Abadi et al. (arXiv 1607.00133), algorithm 1; Dockhorn et al., "Differentially Private Diffusion Models" (DPDM, arXiv
2210.09929), for noise multiplicity; De et al. (arXiv 2204.13650), for augmentation multiplicity.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from helpers.errors import InvalidInput
from helpers.training.accountant import check_privacy, epsilon
from helpers.training.recipes import Recipe

Broken = Literal["", "no-noise", "shuffled", "layer-left-out", "batch-clipping"]


@dataclass(frozen=True)
class PrivateRecipe(Recipe):
    """A recipe that trains by DP-SGD; ``batch_size`` is the expected size of a batch.

    Args:
        n: how many images there are, as everybody may know. It is not counted: a training set with one image more has the same.
        noise_multiplier: σ; 0 clips only, and promises nothing.
        max_grad_norm: C.
        noise_multiplicity, augmentation_multiplicity: K and A.
        delta: δ.
        broken: "" for a run that does what it claims.

    Raises:
        ValueError: noise below 0, a norm that is not above 0, a δ outside (0, 1), a batch larger than n, a multiplicity below 1,
            a way to be broken that there is not, or anything broken where there is no claim to break.
    """

    batch_size: int = 128
    n: int = 600
    noise_multiplier: float = 1.0
    max_grad_norm: float = 1.0
    noise_multiplicity: int = 4
    augmentation_multiplicity: int = 1
    delta: float = 1e-3
    broken: Broken = ""

    def __post_init__(self):
        if self.n < 1 or self.batch_size < 1:
            raise InvalidInput(f"n and batch_size must be at least 1, got {self.n} and {self.batch_size}")
        check_privacy(self.noise_multiplier, self.sampling_rate, self.delta)
        if not 0 < self.max_grad_norm < float("inf"):
            raise InvalidInput(f"max_grad_norm must be above 0, and finite, got {self.max_grad_norm}")
        for name in ("noise_multiplicity", "augmentation_multiplicity"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.broken not in get_args(Broken):
            known = ", ".join(repr(way) for way in get_args(Broken))
            raise InvalidInput(f"broken must be one of {known}, got {self.broken!r}")
        if self.broken and not self.noise_multiplier:
            raise InvalidInput(f"a run without noise claims nothing that {self.broken!r} could break; give a noise_multiplier")

    @property
    def sampling_rate(self) -> float:
        """q, in (0, 1]."""
        return self.batch_size / self.n

    def claimed_epsilon(self, steps: int, delta: float | None = None) -> float:
        """The ε that is claimed after so many steps, whether or not the recipe is broken; infinite without noise.

        Args:
            delta: by default that of the recipe.

        Raises:
            ValueError: as `helpers.training.accountant.epsilon`.
        """
        return epsilon(self.noise_multiplier, self.sampling_rate, steps, self.delta if delta is None else delta)

    def guarantee(self, steps: int) -> dict[str, Any]:
        """What the accountant states after so many steps, and for which sampling; "epsilon" is None without noise.

        A broken recipe is marked nowhere here: its weights claim what those of an honest one do.
        """
        return {
            "epsilon": round(self.claimed_epsilon(steps), 4) if self.noise_multiplier else None,
            "delta": self.delta,
            "neighbours": "one image there, or not there",
            "sampling": f"Poisson, rate {self.sampling_rate:g}",
            "noise_multiplier": self.noise_multiplier,
            "steps": steps,
            "accountant": "RDP, opacus",
        }
