"""What does a reader of a report have to know beside the figures?"""

from collections import Counter
from collections.abc import Mapping

from helpers.audit.control import Control
from helpers.audit.questions import GROUPS
from helpers.data.folders import ImageFolder
from helpers.files import folded
from helpers.models.pretrained import LoadedModel


def about_sizes(folders: dict[str, ImageFolder], loaded: LoadedModel) -> list[str]:
    """Whether the images have the size that the model's config says: a fine-tune at another one often keeps its base's."""
    _, height, width = loaded.image_shape
    sizes = Counter((facts.height, facts.width) for folder in folders.values() for facts in folder.files)
    (most_height, most_width), count = sizes.most_common(1)[0]
    if sizes[height, width] >= count or count < sizes.total() / 2:
        return []
    return [
        f"{count} of the {sizes.total()} images have {most_height} x {most_width} pixels; they were brought to {height} x "
        f"{width}, as the model's config says. If it was trained at another size than that, name it: "
        f"--size {most_height}x{most_width}."
    ]


def about_run(control: Control, tried: int) -> list[str]:
    """Whether the model denoises the images at all, and how many audits this is one of."""
    found = []
    losses = ", ".join(f"{loss:.2g} at timestep {t}" for t, loss in control.losses.items())
    if not control.denoises:
        found.append(
            "The model does not denoise these images: wrong scaling, size, or weights. "
            f"Its loss is {losses}; predicting nothing has 1."
        )
    elif not control.knows_images:
        found.append(
            f"The model denoises these images no better than shrinking the noisy image does: its loss is {losses}. "
            "Look at the scaling, the size and the weights before you trust that it does not remember."
        )
    if tried > 1:
        found.append(
            f"This is one of {tried} audits of this model with these images in this output folder. Its p-value is multiplied by "
            f"{tried}; audits with another output folder are not known."
        )
    return found


def about_model(loaded: LoadedModel) -> list[str]:
    """How it was read, where that is not a matter of course, and what lies beside it and was not read."""
    found = [f"About the model: {note}." for note in loaded.notes]
    if loaded.unread:
        found.append(f"Not read, though it lies with the model: {folded(loaded.unread)}.")
    return found


def about_images(folders: dict[str, ImageFolder], copies: Mapping[str, int]) -> list[str]:
    """How the folders were read, and how many of their images are near copies of others in the same folder."""
    found = []
    for name in GROUPS:
        images = f"{name.replace('_', '-')} images"
        found += [f"About the {images}: {note}" for note in folders[name].notes]
        if name in copies:
            several = "is a near copy" if copies[name] == 1 else "are near copies"
            found.append(
                f"{copies[name]} of the {images} {several} of others in the same folder. Each group of copies counts once."
            )
    return found
