"""Which images does a model train on, and which does it never see? Data sets, splits, folders, near copies.

Nothing here imports `helpers.data.public`, which is slow to import.
"""

from helpers.data.catalogue import DATASETS, DataSet, auxiliary_labels, load_digits, load_fashion, load_split
from helpers.data.emoji import CaptionedSplit, load_emoji, load_other_hand
from helpers.data.folders import ImageFolder, read_folder, save_images
from helpers.data.near_copies import nearest, suspects
from helpers.data.splits import LabelledPart, MembershipSplit, check_images, check_latents

__all__ = [
    "DATASETS",
    "CaptionedSplit",
    "DataSet",
    "ImageFolder",
    "LabelledPart",
    "MembershipSplit",
    "auxiliary_labels",
    "check_images",
    "check_latents",
    "load_digits",
    "load_emoji",
    "load_fashion",
    "load_other_hand",
    "load_split",
    "nearest",
    "read_folder",
    "save_images",
    "suspects",
]
