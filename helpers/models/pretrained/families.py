"""Which families of models have an adapter?"""

from helpers.models.pretrained.class_transformers import CLASS_TRANSFORMERS
from helpers.models.pretrained.latents import LATENTS
from helpers.models.pretrained.pixels import PIXELS
from helpers.models.pretrained.stable_diffusion import STABLE_DIFFUSION

FAMILIES = (PIXELS, LATENTS, CLASS_TRANSFORMERS, STABLE_DIFFUSION)
