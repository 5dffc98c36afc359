"""What does a prompt become before a network is told it?

Text encoders can be larger than the network itself, and are asked once a prompt. So what they said is kept, and they themselves
can go; a prompt that is new afterwards brings them back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from helpers.models.kept import Kept

Encode = Callable[[list[str]], dict[str, Tensor]]
AT_ONCE = 16  # prompts


@dataclass
class Prompts:
    """Encoded prompts, each computed once.

    Args:
        read: reads the text encoders, and gives a function from n prompts to what the network is told: name -> (n, ...).
    """

    read: Callable[[], Encode]
    kept: Kept = field(default_factory=Kept)
    encode: Encode | None = None

    def __call__(self, prompts: Sequence[str]) -> dict[str, Tensor]:
        """What the network is told: name -> (n, ...), in main memory."""
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self.kept]
        fresh: dict[str, dict[str, Tensor]] = {}
        for start in range(0, len(new), AT_ONCE):
            part = new[start : start + AT_ONCE]
            for prompt, told in zip(part, self._encoded(part), strict=True):
                if not self.kept.keep(prompt, told):
                    fresh[prompt] = told
        rows = [self.kept[prompt] if prompt in self.kept else fresh[prompt] for prompt in prompts]
        return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}

    @torch.inference_mode()
    def _encoded(self, prompts: list[str]) -> list[dict[str, Tensor]]:
        self.encode = self.encode or self.read()
        told = {name: values.cpu() for name, values in self.encode(prompts).items()}
        return [{name: values[row] for name, values in told.items()} for row in range(len(prompts))]

    def prepare(self, prompts: Sequence[str]) -> None:
        """Encode all prompts there will be, and free the encoders, if there is room for all that they said."""
        for start in range(0, len(prompts), AT_ONCE):
            self(prompts[start : start + AT_ONCE])
        if all(prompt in self.kept for prompt in prompts):
            self.free()

    def free(self) -> None:
        """Let the text encoders go."""
        self.encode = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def tokens(tokenizer: Any, prompts: list[str], device: torch.device, length: int | None = None) -> Any:
    """``input_ids`` and ``attention_mask``, (n, length) each, of prompts that are cut or filled to a length.

    Args:
        length: by default the most that the tokenizer's model takes.
    """
    filled = {"padding": "max_length", "max_length": length or tokenizer.model_max_length, "truncation": True}
    return tokenizer(prompts, return_tensors="pt", **filled).to(device)
