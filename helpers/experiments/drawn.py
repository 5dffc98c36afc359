"""How good are the pictures that a model draws when it is told something, and are they pictures of its members?

Two groups are drawn: one under the captions of held-out images, which is compared with those images by the features of
classifiers that learned the categories of public pictures; and one under the members' own captions, in which near copies of
members are counted.
"""

from functools import cache

import torch
from torch import Tensor

from helpers.data.emoji import CaptionedSplit
from helpers.data.near_copies import near_copies
from helpers.evaluation.feature_network import Classifier, train_classifier
from helpers.evaluation.quality import judge_samples
from helpers.models.text_to_image import TextToImage
from helpers.training.emoji_recipes import CATEGORIES, public_pictures

DRAWING_STEPS = 25
CLASSIFIERS = 2


def draw(model: TextToImage, captions: tuple[str, ...], seed: int = 0, steps: int = DRAWING_STEPS) -> Tensor:
    """One picture for each caption, (n, 3, h, w) in [-1, 1]; captions that are drawn with the same seed share their noise."""
    return model.told(captions).sample(len(captions), torch.Generator().manual_seed(seed), steps)


def judge_drawn(
    model: TextToImage, split: CaptionedSplit, classifiers: list[Classifier], seed: int = 0, steps: int = DRAWING_STEPS
) -> dict[str, float]:
    """`SampleQuality` of pictures for held-out captions; and "copied", the share of near copies among those for members' own."""
    quality = judge_samples(classifiers, draw(model, split.captions.held_out, seed, steps), split.held_out, split.members)
    own = draw(model, split.captions.members, seed, steps)
    return quality.to_dict() | {"copied": near_copies(own, split.members)[0].float().mean().item()}


@cache
def emoji_classifiers(steps: int = 400, count: int = CLASSIFIERS, size: int = 32) -> list[Classifier]:
    """Classifiers of the categories of public pictures of `size` x `size` pixels, which differ in their seed."""
    images, _, categories = public_pictures(size)
    labels = torch.tensor([CATEGORIES.index(category) for category in categories])
    return [train_classifier(images, labels, seed, steps, progress=False) for seed in range(count)]
