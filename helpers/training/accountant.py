"""How much privacy is left after so many noisy steps?

A mechanism M is (ε, δ)-differentially private where for all training sets D, D' that differ in one image, there or not there,

    P(M(D) in S) <= e^ε P(M(D') in S) + δ          for all sets S of outcomes

One step of DP-SGD draws each image into its batch by a coin of its own, with probability q (Poisson sampling), and adds normal
noise of σ times what one image can move at most. Its Rényi divergences of order α add up over the T steps, and give

    ε = min_α  T RDP(α) + log((α - 1) / α) - (log δ + log α) / (α - 1)

The account is right for this sampling and this noise, and says nothing of what a program does instead. Batches cut from a list
that was shuffled have no such coin, and no such account.
Sources: Abadi et al., "Deep Learning with Differential Privacy" (arXiv 1607.00133); Mironov, Talwar and Zhang, "Rényi
Differential Privacy of the Sampled Gaussian Mechanism" (arXiv 1908.10530), section 3.3, for RDP(α); Balle et al. (arXiv
1905.09982), theorem 21, for the conversion. Both are computed by opacus.
"""

import warnings
from functools import lru_cache

import numpy as np
from opacus.accountants.analysis.rdp import compute_rdp, get_privacy_spent

from helpers.errors import InvalidInput

# Those of opacus, with finer ones near 1, for little noise, and further ones, for much of it.
ORDERS = (*(1 + i / 50 for i in range(1, 10)), *(1 + i / 10 for i in range(2, 100)), *range(11, 64), 80, 100, 128, 180, 256)


def epsilon(noise_multiplier: float, sampling_rate: float, steps: int, delta: float) -> float:
    """The ε of T steps of DP-SGD with Poisson sampling: at least 0, and infinite without noise.

    Args:
        noise_multiplier: σ, the noise's standard deviation over the largest norm of one image's gradient; 0 or more.
        sampling_rate: q, in (0, 1].
        steps: T, 0 or more.
        delta: in (0, 1); well below 1 over the number of images, for else all of one image may be published.

    Raises:
        ValueError: one of them is outside its range.
    """
    check_privacy(noise_multiplier, sampling_rate, delta)
    if steps < 0:
        raise InvalidInput(f"steps must be at least 0, got {steps}")
    if steps == 0:
        return 0.0
    if noise_multiplier == 0:
        return np.inf
    with warnings.catch_warnings():
        # Where the best order is the first or the last, another one would give less; what is found still holds.
        warnings.filterwarnings("ignore", "Optimal order is the")
        found, _ = get_privacy_spent(orders=list(ORDERS), rdp=steps * _of_one_step(noise_multiplier, sampling_rate), delta=delta)
    return max(0.0, float(found))


@lru_cache(maxsize=64)
def _of_one_step(noise_multiplier: float, sampling_rate: float) -> np.ndarray:
    """RDP(α) at each of `ORDERS`."""
    return compute_rdp(q=sampling_rate, noise_multiplier=noise_multiplier, steps=1, orders=ORDERS)


def check_privacy(noise_multiplier: float, sampling_rate: float, delta: float) -> None:
    """Are these the numbers of a DP-SGD? A ValueError says which is not; ranges as of `epsilon`."""
    if not 0 <= noise_multiplier < np.inf:
        raise InvalidInput(f"noise_multiplier must be 0 or more, and finite, got {noise_multiplier}")
    if not 0 < sampling_rate <= 1:
        raise InvalidInput(f"the sampling rate, batch_size / n, must be in (0, 1], got {sampling_rate:g}")
    if not 0 < delta < 1:
        raise InvalidInput(f"delta must be in (0, 1), got {delta}")
