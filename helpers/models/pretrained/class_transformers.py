"""Transformers that denoise latents and are told a class: ``DiTPipeline``."""

from helpers.errors import InvalidInput
from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.family import Family
from helpers.models.pretrained.latents import AUTOENCODERS, latent_size, load_autoencoder, of_classes
from helpers.models.pretrained.loaded import LoadedModel
from helpers.models.pretrained.parts import Parts
from helpers.models.pretrained.schedulers import SCHEDULERS, path_of
from helpers.models.pretrained.sizes import network_size


def _build(parts: Parts) -> LoadedModel:
    autoencoder, transformer = load_autoencoder(parts), parts.network("transformer")
    if type(transformer).__name__ != "DiTTransformer2DModel":  # of one older class diffusers makes several
        raise InvalidInput(f"transformer: it is a {type(transformer).__name__}, and a DiTPipeline has a DiTTransformer2DModel")
    config = transformer.config
    height, width = network_size(transformer, "transformer", latent_size(parts.size, autoencoder), config.patch_size)
    if height != width:
        raise InvalidInput(f"transformer: a DiTTransformer2DModel works on squares, got {height} x {width} latents")
    inner = PathDenoiser(transformer, path_of(parts.scheduler()), (config.in_channels, height, width))
    # One more than there are classes: what it was told in training when the class was left out.
    classes = null_class = config.num_embeds_ada_norm
    return of_classes(parts, autoencoder, inner, classes, null_class, class_names(parts))


def class_names(parts: Parts) -> dict[str, int]:
    """Name -> number, as model_index.json has it: number -> names with commas between them.

    Raises:
        ValueError: something else.
    """
    try:
        named = {int(number): str(names) for number, names in (parts.index.get("id2label") or {}).items()}
    except (AttributeError, ValueError) as error:
        raise InvalidInput(f"{parts.where}: id2label must be an object of numbers and names") from error
    return {name.strip(): number for number, names in named.items() for name in names.split(",")}


CLASS_TRANSFORMERS = Family(
    pipelines=("DiTPipeline",),
    components={
        "vae": AUTOENCODERS,
        "transformer": ("diffusers.DiTTransformer2DModel", "diffusers.Transformer2DModel"),
        "scheduler": SCHEDULERS,
    },
    build=_build,
    settings=("id2label",),
)
