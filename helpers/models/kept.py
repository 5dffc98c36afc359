"""What was computed once for an image or a prompt need not be computed again, as long as there is room for it.

Latents are asked for at every timestep, encoded prompts in every batch. Nothing is thrown out for what comes later: who goes
through more than there is room for, again and again, would otherwise find nothing of it.
"""

from dataclasses import dataclass, field

from torch import Tensor

ROOM = 2**30  # bytes


@dataclass
class Kept:
    """Tensors by a key, in main memory, until they fill the room.

    Args:
        room: bytes.
    """

    room: int = ROOM
    known: dict[bytes | str, dict[str, Tensor]] = field(default_factory=dict)

    def keep(self, key: bytes | str, tensors: dict[str, Tensor]) -> bool:
        """Keep these if there is room: True; or if not: False."""
        size = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
        if size > self.room:
            return False
        if key not in self.known:
            self.room -= size
            self.known[key] = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
        return True

    def __contains__(self, key: bytes | str) -> bool:
        return key in self.known

    def __getitem__(self, key: bytes | str) -> dict[str, Tensor]:
        return self.known[key]
