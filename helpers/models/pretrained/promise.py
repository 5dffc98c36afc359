"""What does the trainer of this model promise to each of its images?

A file privacy.json beside the model states (ε, δ), and what they mean nothing without: which training sets count as neighbours,
and how batches were drawn. `helpers.training.private_recipe.PrivateRecipe.guarantee` makes one; anybody else may write it by
hand. It is a claim. Nothing in the weights shows whether the training kept it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.errors import InvalidInput
from helpers.files import replacing
from helpers.models.pretrained.safe_files import read_json

PROMISE = "privacy.json"


@dataclass(frozen=True)
class Promise:
    """What is claimed.

    Args:
        epsilon: ε, 0 or more; None where training kept a record and promises nothing.
        delta: δ, in (0, 1).
        neighbours: how two training sets differ that the promise compares, such as "one image there, or not there".
        sampling: how batches were drawn, such as "Poisson, rate 0.2".
        accountant: what computed ε, or "".

    Raises:
        ValueError: a number out of its range, or a text that is missing.
    """

    epsilon: float | None
    delta: float
    neighbours: str
    sampling: str
    accountant: str = ""

    def __post_init__(self):
        if self.epsilon is not None and not (_is_number(self.epsilon) and self.epsilon >= 0):
            raise InvalidInput(f"epsilon must be a number, 0 or more, or null for no promise, got {self.epsilon!r}")
        if not (_is_number(self.delta) and 0 < self.delta < 1):
            raise InvalidInput(f"delta must be in (0, 1), got {self.delta!r}")
        for name in ("neighbours", "sampling"):
            if not (isinstance(getattr(self, name), str) and getattr(self, name)):
                raise InvalidInput(f"{name} must be said in words, since ε means nothing without, got {getattr(self, name)!r}")


def write_promise(folder: Path, stated: Mapping[str, Any]) -> Path:
    """Put what a recipe's ``guarantee`` holds beside a model.

    Raises:
        ValueError: no promise as `Promise` says.
    """
    _promise_of(stated)
    path = folder / PROMISE
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(dict(stated), indent=2), encoding="utf-8")
    return path


def read_promise(folder: Path) -> Promise | None:
    """What lies beside a model; None where nothing is claimed.

    Raises:
        ValueError: a privacy.json that cannot be understood; what to do about it is in the message.
    """
    path = folder / PROMISE
    if not path.exists():
        return None
    try:
        return _promise_of(read_json(path))
    except InvalidInput as error:
        raise InvalidInput(f"{path} cannot be understood: {error}; correct it, or take it away") from error


def _promise_of(stated: Mapping[str, Any]) -> Promise:
    missing = [name for name in ("epsilon", "delta", "neighbours", "sampling") if name not in stated]
    if missing:
        raise InvalidInput(f"a promise must state {', '.join(missing)}")
    return Promise(
        stated["epsilon"], stated["delta"], stated["neighbours"], stated["sampling"], str(stated.get("accountant", ""))
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
