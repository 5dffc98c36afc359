"""What is to be known about a model on disk, once it is a denoiser?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpers.errors import InvalidInput
from helpers.models.denoisers import UNetDenoiser
from helpers.models.latent import LatentDenoiser
from helpers.models.paths import PathDenoiser
from helpers.models.pretrained.promise import Promise

Label = int | str | None
AnyDenoiser = UNetDenoiser | PathDenoiser | LatentDenoiser


@dataclass
class LoadedModel:
    """A model on disk as a denoiser, and what is to be known about it.

    Args:
        kind: the pipeline's class.
        image_shape: (c, h, w) of the images it is asked about.
        tell_prompts: prompts, one for all images or one for each -> the denoiser under these; None for a model that takes none.
        prepare_prompts: encodes all prompts that there will be, and frees the text encoders.
        tell_labels: the same for numbers of classes.
        classes: how many classes it knows, apart from a null class; 0 for a model that takes no labels.
        null_class: the label that means "no class", if the model has learned one.
        class_names: name -> number, where the model says so.
        files: that were read, and decide every score.
        unread: files beside them that could decide what the model does, and were not read: relative names.
        notes: sentences for a report.
        settings: name -> what else decides a score, such as the precision.
        reference: the model that this one was fine-tuned from, where it is at hand.
        promise: what its trainer claims about privacy, where a file beside it says so.
    """

    denoiser: AnyDenoiser
    kind: str
    image_shape: tuple[int, int, int]
    tell_prompts: Callable[[list[str]], AnyDenoiser] | None = None
    prepare_prompts: Callable[[Sequence[str]], None] | None = None
    tell_labels: Callable[[list[int]], AnyDenoiser] | None = None
    classes: int = 0
    null_class: int | None = None
    class_names: dict[str, int] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    reference: "LoadedModel | None" = None
    promise: Promise | None = None

    @property
    def needs_labels(self) -> bool:
        """Can it not be asked without a label for each image?"""
        return self.tell_labels is not None and self.null_class is None

    def told(self, prompts: list[str]) -> AnyDenoiser:
        """The denoiser under these prompts, one for all images or one for each.

        Raises:
            ValueError: a model that takes no prompts.
        """
        if self.tell_prompts is None:
            raise InvalidInput(f"{self.kind} takes no prompts")
        return self.tell_prompts(prompts)

    def under(self, prompts: str, captions: Sequence[str]) -> AnyDenoiser:
        """The denoiser for a batch of images, under what somebody chose to tell it.

        Args:
            prompts: "empty"; "captions"; or a text, one prompt for all images. To a model that takes labels instead these
                are the names or numbers of classes.
            captions: of the images, one each; a model with a null class takes an empty one for that.

        Raises:
            ValueError: a model that takes none, or no such class.
        """
        if prompts == "empty":
            return self.denoiser
        told = list(captions) if prompts == "captions" else [prompts]
        return self.told(told) if self.tell_labels is None else self.told_labels([text or None for text in told])

    def prepare(self, prompts: str, captions: Sequence[str]) -> None:
        """Encode all prompts there will be, so that text encoders make room for images.

        Args:
            prompts, captions: of all images, as for `under`.
        """
        if self.prepare_prompts:
            self.prepare_prompts({"empty": [""], "captions": captions}.get(prompts, [prompts]))

    def told_labels(self, labels: Sequence[Label]) -> AnyDenoiser:
        """The denoiser under these classes, one for all images or one for each.

        Args:
            labels: numbers, names that the model knows (`class_names`), or None for the null class.

        Raises:
            ValueError: a model that takes no labels, no such class, or None for a model without a null class.
        """
        if self.tell_labels is None:
            raise InvalidInput(f"{self.kind} takes no labels")
        return self.tell_labels([self._number(label) for label in labels])

    def _number(self, label: Label) -> int:
        if label is None and self.null_class is not None:
            return self.null_class
        number = self.class_names.get(str(label), label)
        if isinstance(number, str) and number.isdigit():
            number = int(number)
        if not isinstance(number, int) or not 0 <= number < self.classes:
            names = f", or one of {', '.join(list(self.class_names)[:5])}, ..." if self.class_names else ""
            raise InvalidInput(f"a label must be a number in [0, {self.classes}){names}; got {label!r}")
        return number
