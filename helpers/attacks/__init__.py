"""What is an attack?

Anything that turns a denoiser and images into one number per image, **higher meaning "more likely a member"**.
An attack is a frozen dataclass of its hyperparameters, with ``score(denoiser, images) -> (n,)`` and ``queries``, the
number of calls to the denoiser per image. One with a classifier also has ``fit(denoiser, part)``, which returns it fitted.
"""

from helpers.attacks.base import Attack, LearnedAttack, score_over_timesteps, score_part
from helpers.attacks.data_only import DataOnly
from helpers.attacks.gsa import GSA
from helpers.attacks.influential import Influential
from helpers.attacks.inverted import InvertedSimA
from helpers.attacks.lira import LiRA, ShadowModels
from helpers.attacks.loss import Loss
from helpers.attacks.pfami import PFAMI
from helpers.attacks.pia import PIA, PIAN
from helpers.attacks.pixel import PixelSimA
from helpers.attacks.rediffuse import ReDiffuse
from helpers.attacks.secmi import SecMI, SecMINN
from helpers.attacks.sima import SimA, SimAMonteCarlo

__all__ = [
    "GSA",
    "PFAMI",
    "PIA",
    "PIAN",
    "Attack",
    "DataOnly",
    "Influential",
    "InvertedSimA",
    "LearnedAttack",
    "LiRA",
    "Loss",
    "PixelSimA",
    "ReDiffuse",
    "SecMI",
    "SecMINN",
    "ShadowModels",
    "SimA",
    "SimAMonteCarlo",
    "score_over_timesteps",
    "score_part",
]
