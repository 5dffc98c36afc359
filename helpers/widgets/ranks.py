"""Which place does a score take among all scores of its attack? A scale on which attacks can be compared."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from helpers.errors import InvalidInput
from helpers.evaluation.metrics import check_scores

MOST = 32_767  # images, so that twice a rank fits into 16 bits


def doubled_ranks(member_scores: ArrayLike, held_out_scores: ArrayLike) -> np.ndarray:
    """Twice the rank of each score among all, members first: uint16 (n + m,), 2 for the lowest; ties share their mean rank.

    Any figure that only asks which of two scores is higher, like the ROC, is the same for ranks. Doubled, since a mean
    rank may end in .5.

    Raises:
        ValueError: scores that `helpers.evaluation.metrics.evaluate` would refuse, or more than 32,767 of them.
    """
    members, held_out = check_scores(member_scores, "member_scores"), check_scores(held_out_scores, "held_out_scores")
    if len(members) + len(held_out) > MOST:
        raise InvalidInput(f"at most {MOST} images can be drawn, got {len(members) + len(held_out)}; give a part of them")
    return (2 * rankdata(np.concatenate([members, held_out]))).astype(np.uint16)
