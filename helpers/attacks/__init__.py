"""What is an attack?

Anything that turns a denoiser and images into one number per image, **higher meaning "more likely a member"**.
An attack is a frozen dataclass of its hyperparameters, with ``score(denoiser, images) -> (n,)`` and ``queries``, the
number of calls to the denoiser per image.
"""

from helpers.attacks.base import Attack, score_over_timesteps, score_part
from helpers.attacks.sima import SimA, SimAMonteCarlo

__all__ = ["Attack", "SimA", "SimAMonteCarlo", "score_over_timesteps", "score_part"]
