"""How many images does the memory hold at once?

Nobody knows before it has run over. Networks of this package treat the images of a batch one by one, so that half a batch gives
the same as the whole.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from helpers.errors import InvalidInput

LOG = logging.getLogger(__name__)


@dataclass
class Fitting:
    """Asks in parts that fit. What did not fit is not tried again.

    Args:
        most: how many images go at once; 0 until something has not fitted.
    """

    most: int = 0

    def __call__(self, ask: Callable[[slice], Tensor], n: int) -> Tensor:
        """ask(slice(0, n)), or its parts one after the other, (n, ...).

        Args:
            ask: rows of a batch -> (rows, ...).

        Raises:
            ValueError: not even one image fits.
        """
        while True:
            size = min(n, self.most or n)
            try:
                if size == n:
                    return ask(slice(0, n))
                return torch.cat([ask(slice(start, min(start + size, n))) for start in range(0, n, size)])
            except torch.OutOfMemoryError as error:
                if size == 1:
                    raise InvalidInput(
                        "not even one image fits into memory; try dtype= (--dtype bfloat16), a smaller size, or another device"
                    ) from error
                self.most = (size + 1) // 2
                LOG.warning("a batch of %d images does not fit into memory; going on with %d at once", size, self.most)
            # Only when the error is gone does what it held of the failed attempt go, too.
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
