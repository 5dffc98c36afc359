"""What a model was asked once it need not be asked again: many questions compare the same scores.

A score relative to the base needs that of the base, which stays, and that of the model, which another question has asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

from torch import Tensor

from helpers.data.splits import image_keys


class Tellable(Protocol):
    """A model that is told something, such as `helpers.models.text_to_image.TextToImage`."""

    def told(self, captions: Sequence[str], /) -> Any:
        """The denoiser under one caption for all images, or under one for each; "" tells nothing."""
        ...


@dataclass
class Known:
    """Denoisers by model and captions, and scores by attack, denoiser and the pixels of the images."""

    denoisers: dict[tuple[int, tuple[str, ...]], Any] = field(default_factory=dict)
    scores: dict[tuple[Any, int, bytes], Tensor] = field(default_factory=dict)

    def told(self, model: Tellable, captions: Sequence[str]) -> Any:
        """The denoiser of `model.told`, the same one for the same captions."""
        key = id(model), tuple(captions)
        if key not in self.denoisers:
            self.denoisers[key] = model.told(captions)
        return self.denoisers[key]

    def forget(self, model: Tellable) -> None:
        """The model has changed: nothing holds any more that it has answered."""
        gone = {key: id(denoiser) for key, denoiser in self.denoisers.items() if key[0] == id(model)}
        self.scores = {key: score for key, score in self.scores.items() if key[1] not in gone.values()}
        self.denoisers = {key: denoiser for key, denoiser in self.denoisers.items() if key not in gone}


@dataclass(frozen=True)
class Once:
    """An attack that asks a denoiser of `known` about the same images once."""

    attack: Any
    known: Known

    @property
    def queries(self) -> int:
        return self.attack.queries

    def score(self, denoiser: Any, images: Tensor) -> Tensor:
        """As the attack's own."""
        if not any(denoiser is told for told in self.known.denoisers.values()):
            return self.attack.score(denoiser, images)
        key = self.attack, id(denoiser), blake2b(b"".join(image_keys(images))).digest()
        if key not in self.known.scores:
            self.known.scores[key] = self.attack.score(denoiser, images)
        return self.known.scores[key]
