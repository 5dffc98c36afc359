"""What is an attack?

Anything that turns a denoiser and images into one number per image, **higher meaning "more likely a member"**.
An attack is a frozen dataclass of its hyperparameters, with ``score(denoiser, images) -> (n,)`` and ``queries``, the
number of calls to the denoiser per image. One with a classifier also has ``fit(denoiser, part)``, which returns it fitted.
Every attack that needs a model and images alone is listed in `helpers.attacks.registry`, and its class is passed on from there;
three need a second model, or captions, and two see nothing but images that the model drew.
"""

from helpers.attacks.base import Attack, LearnedAttack, score_over_timesteps, score_part  # noqa: F401
from helpers.attacks.clid import CLiD  # noqa: F401
from helpers.attacks.guessed_caption import guess_captions  # noqa: F401
from helpers.attacks.lira import ShadowModels  # noqa: F401
from helpers.attacks.nearest_sample import NearestSample  # noqa: F401
from helpers.attacks.registry import *  # noqa: F403
from helpers.attacks.relative_to_base import RelativeToBase, relative_scores  # noqa: F401
from helpers.attacks.sample_density import SampleDensity  # noqa: F401
