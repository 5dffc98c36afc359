"""How much better does a model know an image than the model that it was made from?

    relative = log |s_base| - log |s|    for scores s that are minus the size of an error

Some images are easy for any model. What fine-tuning changed is the ratio of both models' errors for the same image, in which the
difficulty of the image cancels. For scores of an attack that are all positive the sign is the other, and for scores of both signs
their difference is taken.
"""

import numpy as np

from helpers.errors import InvalidInput


def relative_scores(scores: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Scores of a model relative to those of its base, in the shape of both; higher: more likely a member.

    Raises:
        ValueError: another number of scores of the base.
    """
    if scores.shape != base.shape:
        raise InvalidInput(f"there must be as many scores of the base as of the model, got {base.shape} and {scores.shape}")
    both = np.stack([scores, base])
    if (both < 0).all():
        return np.log(-base) - np.log(-scores)
    if (both > 0).all():
        return np.log(scores) - np.log(base)
    return scores - base
