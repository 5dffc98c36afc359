"""What does a caption do inside of a network that draws?"""

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from torch import Tensor

from helpers.figures.plots import WIDTH, draw_image


def word_maps(image: Tensor, words: Sequence[str], weights: Tensor) -> Figure:
    """An image (3, h, w) in [-1, 1], and how much each of its places looks at each word.

    Args:
        weights: (words, h', w'), see `helpers.models.cross_attention.looked_at`; all words share one scale, darker is more.
    """
    columns = len(words) + 1
    figure, axes = plt.subplots(1, columns, figsize=(WIDTH, WIDTH / columns + 0.5), layout="constrained")
    draw_image(axes[0], image)
    axes[0].set_title("picture", fontsize=9)
    for axis, word, weight in zip(axes[1:], words, weights, strict=True):
        shown = axis.imshow(weight.cpu(), cmap="Blues", vmin=0, vmax=float(weights.max()))
        axis.set_title(word, fontsize=9)
    for axis in axes:
        axis.set(xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes[-1], shrink=0.8).ax.tick_params(labelsize=8)
    return figure
