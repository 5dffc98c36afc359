"""Which families of models have an adapter?"""

from helpers.models.pretrained.class_transformers import CLASS_TRANSFORMERS
from helpers.models.pretrained.flux import FLUX
from helpers.models.pretrained.latents import LATENTS
from helpers.models.pretrained.lumina import LUMINA
from helpers.models.pretrained.pixart import PIXART
from helpers.models.pretrained.pixels import PIXELS
from helpers.models.pretrained.sana import SANA
from helpers.models.pretrained.stable_diffusion import STABLE_DIFFUSION
from helpers.models.pretrained.stable_diffusion_3 import STABLE_DIFFUSION_3
from helpers.models.pretrained.stable_diffusion_xl import STABLE_DIFFUSION_XL

FAMILIES = (
    PIXELS, LATENTS, CLASS_TRANSFORMERS,
    STABLE_DIFFUSION, STABLE_DIFFUSION_XL, PIXART, SANA, STABLE_DIFFUSION_3, FLUX, LUMINA,
)  # fmt: skip
