"""What must be known of a family of models for its members on disk to become denoisers?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from helpers.models.pretrained.loaded import LoadedModel

if TYPE_CHECKING:
    from helpers.models.pretrained.parts import Parts


@dataclass(frozen=True)
class Family:
    """Pipelines that consist of the same kinds of components.

    Args:
        pipelines: classes, as model_index.json names them.
        components: name -> classes that may stand there, as "diffusers.UNet2DModel". No other class is ever imported.
        build: from a folder's parts to a model. Whatever it takes from the parts is read, and named; nothing else is.
        unneeded: components that take no part in denoising, of any class: they are not looked at.
        optional: components that may be missing.
        settings: other keys of model_index.json that `build` heeds, or that say nothing about denoising.
    """

    pipelines: tuple[str, ...]
    components: dict[str, tuple[str, ...]]
    build: "Callable[[Parts], LoadedModel]"
    unneeded: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    settings: tuple[str, ...] = field(default_factory=tuple)
