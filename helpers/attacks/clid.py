"""CLiD: how much does the right caption help the model?

    score(x, c) = E_ε [ ||ε - ε̂(x_t, t, none)||² - ||ε - ε̂(x_t, t, c)||² ]

A model learns which picture belongs to a caption before it learns the picture by heart, so that the caption helps more where the
pair was in the training set. Both terms are asked with the same noise.

Source: Zhai et al., "Membership Inference on Text-to-image Diffusion Models via Conditional Likelihood Discrepancy" (arXiv
2405.14800): its indicator, with no caption in the place of shortened ones. Its threshold attack adds the loss under the caption.
"""

from dataclasses import dataclass, field

from torch import Tensor

from helpers.attacks.loss import Loss
from helpers.models.denoisers import Denoiser


@dataclass(frozen=True)
class CLiD:
    """The denoising loss without a caption, less that with the caption that the attacked denoiser is told.

    Args:
        without: the same model, told no caption.
        loss: at which timestep, over how many draws of noise.
    """

    without: Denoiser
    loss: Loss = field(default_factory=lambda: Loss(draws=4))

    @property
    def queries(self) -> int:
        return 2 * self.loss.queries

    def score(self, denoiser: Denoiser, images: Tensor) -> Tensor:
        """One number per image (n, c, h, w) in [-1, 1]: (n,), higher = more likely a member.

        Raises:
            ValueError: as `Loss`.
        """
        told, untold = (self.loss.score(model, images) for model in (denoiser, self.without))
        return told - untold
